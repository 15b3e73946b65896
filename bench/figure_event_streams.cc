// What pages cost those who send: the trades of `tcp` with ten event streams and a client that reads what the page
// reads, against the same without. The baseline is run twice a round, so that its own spread is known.
#include <fmt/format.h>

#include <cmath>
#include <memory>

#include "bench/children.h"
#include "bench/figures.h"
#include "bench/senders.h"

namespace streamd::bench {
namespace {

constexpr int kStreams = 10;
constexpr double kMostLoss = 0.05;  // beyond the baseline's own spread

double ingest_s(const Workspace& space, const SentLoad& load, int streams) {
  RunFolder folder(space, "ours");
  Child daemon(space.serving_command(folder.path()));
  const std::string port = wait_for_daemon(daemon);
  std::unique_ptr<Child> pages;
  if (streams > 0) {
    pages = std::make_unique<Child>(
        std::vector{space.peer("page_peer"), std::string("pages"), http_port_of(daemon), std::to_string(streams)});
    pages->wait_for("all streams are open");
  }
  const double begun_s = send_load(space, load, port);
  daemon.terminate();
  const double seconds = daemon.finish().end_s - begun_s;
  pages.reset();
  check_rows(space, folder.path(), bars_of(load));
  return seconds;
}

}  // namespace

void measure_event_streams(const Workspace& space, Report& report) {
  const SentLoad load = main_load(space);
  Progress progress(space, "event-streams");
  std::vector<double> watched_s, alone_s, again_s, spreads;
  for (int run = 1; run <= space.runs; ++run) {
    progress.run(run, "without");
    alone_s.push_back(ingest_s(space, load, 0));
    progress.run(run, "ten streams and a page");
    watched_s.push_back(ingest_s(space, load, kStreams));
    progress.run(run, "without, again");
    again_s.push_back(ingest_s(space, load, 0));
    spreads.push_back(std::abs(1 - again_s.back() / alone_s.back()));
    progress.result(run, fmt::format("streams {:.3f} s; without {:.3f} s and {:.3f} s", watched_s.back(),
                                     alone_s.back(), again_s.back()));
  }
  const auto trades = static_cast<double>(load.lines);
  const double own = spread(spreads).median;
  report.add_ratio("tcp with ten event streams and a page, to without", rate_text(watched_s, trades, "trades"),
                   rate_text(alone_s, trades, "trades"), ratios(alone_s, watched_s),
                   Bar{1 - kMostLoss - own, std::nullopt});
  report.add_note("the baseline's own spread", fmt::format("{:.1f} %", own * 100));
}

}  // namespace streamd::bench
