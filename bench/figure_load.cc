// What stream_daemon_test can do by itself, into readers that are not the daemon: how fast it is, so that it limits no
// other figure, and how evenly it sends at a given rate.
#include <fmt/format.h>

#include <cmath>

#include "bench/children.h"
#include "bench/figures.h"
#include "bench/senders.h"

namespace streamd::bench {
namespace {

constexpr double kLeastPerSecond = 5e6;
constexpr double kMostOffRate = 1;    // percent
constexpr double kMostUneven = 5;     // percent of the lines of 100 ms
constexpr double kMostLateMs = 5;     // of any line, as much of 100 ms
constexpr double kRateOfWindows = 1000;  // below, lines are too few to be counted by 100 ms

struct Rate {
  double lines_per_s;
  double seconds;
};
constexpr Rate kRates[] = {{1, 5}, {100, 3}, {10'000, 3}, {1'000'000, 5}};

void measure_speed(const Workspace& space, Report& report) {
  const SentLoad load = main_load(space);
  const auto trades = static_cast<double>(load.lines);
  Progress progress(space, "load");
  std::vector<double> seconds, cpu_s;
  for (int run = 1; run <= space.runs; ++run) {
    progress.run(run, "full speed");
    Child reader({space.peer("socket_peer"), "discard"});
    const Finished sender = run_child(sender_command(space, load, port_of(reader.wait_for("listening on "))));
    reader.finish();
    seconds.push_back(trades / lines_per_s(sender));
    cpu_s.push_back(sender.cpu_s);
    progress.result(run, fmt::format("{:.3f} s, cpu {:.3f} s", seconds.back(), cpu_s.back()));
  }
  report.add_least("load, one connection", rate_text(seconds, trades, "trades"), trades / spread(seconds).median / 1e6,
                   kLeastPerSecond / 1e6, "M/s");
  const double core_s = spread(cpu_s).median;
  report.add_least("load, a second of processor time",
                   fmt::format("{:.2f} M trades, {:.0f} ms a million", trades / core_s / 1e6, core_s / trades * 1e9),
                   trades / core_s / 1e6, kLeastPerSecond / 1e6, "M");
}

void measure_evenness(const Workspace& space, const Rate& rate, Report& report) {
  SentLoad load;
  load.rate = rate.lines_per_s;
  load.seconds = space.small ? 2 : rate.seconds;
  Progress progress(space, "load");
  std::vector<double> off_percent, latest_ms, uneven_percent;
  for (int run = 1; run <= space.runs; ++run) {
    progress.run(run, fmt::format("{} lines/s", load.rate));
    Child reader({space.peer("socket_peer"), "arrivals", fmt::format("{}", load.rate)});
    run_child(sender_command(space, load, port_of(reader.wait_for("listening on "))));
    const std::string arrived = reader.finish().output;
    off_percent.push_back(std::abs(number_behind(arrived, "rate ") / load.rate - 1) * 100);
    latest_ms.push_back(number_behind(arrived, "latest "));
    uneven_percent.push_back(number_behind(arrived, "uneven "));
    progress.result(run, arrived.substr(arrived.find("lines "), arrived.rfind('\n') - arrived.find("lines ")));
  }
  const std::string what = fmt::format("load at {} lines/s", load.rate);
  report.add_limit(what + ", off its rate",
                   fmt::format("{:.3f} %, at most {:.3f} %", spread(off_percent).median, spread(off_percent).max),
                   spread(off_percent).median, kMostOffRate, "%");
  if (load.rate < kRateOfWindows) {
    report.add_limit(what + ", latest line",
                     fmt::format("{:.2f} ms, at most {:.2f} ms", spread(latest_ms).median, spread(latest_ms).max),
                     spread(latest_ms).median, kMostLateMs, "ms");
  } else {
    report.add_limit(
        what + ", most uneven 100 ms",
        fmt::format("{:.2f} %, at most {:.2f} %", spread(uneven_percent).median, spread(uneven_percent).max),
        spread(uneven_percent).median, kMostUneven, "%");
  }
}

}  // namespace

void measure_load(const Workspace& space, Report& report) {
  measure_speed(space, report);
  for (const Rate& rate : kRates) measure_evenness(space, rate, report);
}

}  // namespace streamd::bench
