#include "plot/follow_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <optional>
#include <thread>
#include <utility>

#include "base/log.h"
#include "http/dashboard_page.h"
#include "http/http_server.h"
#include "io/random_id.h"
#include "plot/file_follower.h"
#include "plot/fresh_pictures.h"
#include "plot/stop_signal.h"

namespace streamd::plot {
namespace {

constexpr const char* kHost = "127.0.0.1";
constexpr ElapsedMillis kHealthEach = 1'000;
constexpr ElapsedMillis kFailuresEach = 10'000;
constexpr ElapsedMillis kLooksEach = 50;  // at least: of files that are rotated between two looks one is not seen

void route_page(HttpServer& server, const FileFollower& follower, EventFeed& feed) {
  server.route("/", [](const HttpRequest&) { return dashboard_answer(); });
  route_dashboard_files(server);
  const auto history = [&](const HttpRequest& request, const std::function<bool()>&) {
    return follower.history(request);
  };
  server.route_slow("/history", history, HttpMethods::get);
  server.route_stream("/stream", [&](const HttpRequest& request, std::shared_ptr<HttpStream> stream) {
    return feed.open(request, std::move(stream));
  });
}

// Looks often enough that what comes is shown within the interval.
void follow(const PlotOptions& options, FileFollower& follower, EventFeed& feed, const Clock& clock,
            const std::atomic<bool>& stopped) {
  const ElapsedMillis look_each = std::clamp<ElapsedMillis>(options.interval_ms / 4, 5, kLooksEach);
  RateLimit failures{kFailuresEach};
  bool has_waited = false;
  ElapsedMillis next_look_ms = 0, next_health_ms = 0;
  while (!stopped.load()) {
    const ElapsedMillis now_ms = clock.elapsed_ms();
    if (now_ms >= next_look_ms) {
      const auto has_more = follower.look();
      if (!has_more && failures.allow(now_ms)) log_error("{}; trying again", has_more.error().message);
      if (has_more && !follower.is_there() && !std::exchange(has_waited, true)) {
        log_info("waiting for {}", options.ndjson);
      }
      next_look_ms = has_more && has_more.value() ? now_ms : now_ms + look_each;
    }
    if (now_ms >= next_health_ms) {
      feed.health(follower.health_json());
      next_health_ms = now_ms + kHealthEach;
    }
    const ElapsedMillis due_ms = std::min(next_look_ms, next_health_ms);
    const auto wait = std::clamp<ElapsedMillis>(due_ms - clock.elapsed_ms(), 0, kLooksEach);
    if (wait > 0) std::this_thread::sleep_for(std::chrono::milliseconds(wait));
  }
}

}  // namespace

int follow_file(const PlotOptions& options, const std::string& gnuplot) {
  const auto& stopped = watch_stop_signals();
  const SystemClock clock;
  EventFeed feed(random_id(), clock);
  FileFollower follower(options, feed, clock);
  HttpServer server({}, "");
  route_page(server, follower, feed);
  if (auto listening = server.listen_tcp(kHost, options.port); !listening) {
    std::fprintf(stderr, "plot_stream_decisions: --port %d cannot be listened on at %s; choose another one, or 0\n",
                 options.port, kHost);
    return 3;
  }
  server.start();
  fmt::print("http://{}:{}/ shows {} as it grows; Ctrl-C ends it\n", kHost, server.port(), options.ndjson);
  std::fflush(stdout);
  {
    std::optional<FreshPictures> pictures;
    if (!gnuplot.empty()) pictures.emplace(options, gnuplot, follower, stopped);
    follow(options, follower, feed, clock, stopped);
  }
  server.stop();
  if (const std::string complaint = follower.complaint(); !complaint.empty()) {
    std::fprintf(stderr, "plot_stream_decisions: %s: %s\n", options.ndjson.c_str(), complaint.c_str());
  }
  return 0;
}

}  // namespace streamd::plot
