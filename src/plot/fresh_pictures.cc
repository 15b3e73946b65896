#include "plot/fresh_pictures.h"

#include <algorithm>
#include <chrono>

#include "base/clock.h"
#include "base/log.h"
#include "plot/still_pictures.h"

namespace streamd::plot {
namespace {

constexpr std::chrono::milliseconds kLook{10};
constexpr ElapsedMillis kFailuresEach = 60'000;

}  // namespace

FreshPictures::FreshPictures(const PlotOptions& options, std::string gnuplot, const FileFollower& follower,
                             const std::atomic<bool>& stopped)
    : options_(options),
      gnuplot_(std::move(gnuplot)),
      follower_(follower),
      stopped_(stopped),
      thread_([this](const std::stop_token& gone) { run(gone); }) {}

void FreshPictures::run(const std::stop_token& gone) {
  const SystemClock clock;
  RateLimit failures{kFailuresEach};
  std::uint64_t drawn_version = 0;
  for (ElapsedMillis next_ms = 0; !stopped_.load() && !gone.stop_requested(); std::this_thread::sleep_for(kLook)) {
    const ElapsedMillis begin_ms = clock.elapsed_ms();
    const std::uint64_t version = follower_.version();
    if (begin_ms < next_ms || version == drawn_version) continue;
    const auto series = follower_.series();
    if (series.empty()) continue;
    const auto drawn = draw_pictures(options_, gnuplot_, series, stopped_);
    const ElapsedMillis end_ms = clock.elapsed_ms();
    next_ms = std::max(begin_ms + options_.interval_ms, end_ms + (end_ms - begin_ms));
    if (drawn) {
      drawn_version = version;
      failures.reset();
    } else if (!stopped_.load() && failures.allow(end_ms)) {
      log_error("{}; trying again", drawn.error().message);
    }
  }
}

}  // namespace streamd::plot
