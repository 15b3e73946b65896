// What acknowledgements cost: one producer that has every line numbered and acked, against the same lines without, and
// how long an ack takes, against a bare sync.
#include <fmt/format.h>

#include "bench/children.h"
#include "bench/figures.h"
#include "bench/senders.h"

namespace streamd::bench {
namespace {

constexpr double kRate = 100'000;

double send_s(const Workspace& space, const SentLoad& load) {
  RunFolder folder(space, "ours");
  Child daemon(space.daemon_command(folder.path(), {"--host", "127.0.0.1", "--port", "0"}));
  const double begun_s = send_load(space, load, wait_for_daemon(daemon));
  daemon.terminate();
  const double seconds = daemon.finish().end_s - begun_s;
  check_rows(space, folder.path(), bars_of(load));
  return seconds;
}

}  // namespace

void measure_acks(const Workspace& space, Report& report) {
  const SentLoad acked = main_load(space, SentLoad::Form::acked);
  const SentLoad numbered = main_load(space, SentLoad::Form::numbered);
  const SentLoad plain = main_load(space);
  Progress progress(space, "acks");
  std::vector<double> acked_s, numbered_s, plain_s;
  for (int run = 1; run <= space.runs; ++run) {
    progress.run(run, "acked");
    acked_s.push_back(send_s(space, acked));
    progress.run(run, "without acks");
    numbered_s.push_back(send_s(space, numbered));
    progress.run(run, "without numbers");
    plain_s.push_back(send_s(space, plain));
    progress.result(run, fmt::format("acked {:.3f} s; without acks {:.3f} s; without numbers {:.3f} s", acked_s.back(),
                                     numbered_s.back(), plain_s.back()));
  }
  const auto trades = static_cast<double>(acked.lines);
  const std::string ours = rate_text(acked_s, trades, "trades");
  report.add_ratio("acked, one producer", ours, rate_text(numbered_s, trades, "trades"), ratios(numbered_s, acked_s),
                   Bar{0.8, std::nullopt});
  report.add_ratio("acked, to lines without numbers", ours, rate_text(plain_s, trades, "trades"),
                   ratios(plain_s, acked_s), std::nullopt);
}

void measure_ack_latency(const Workspace& space, Report& report) {
  Progress progress(space, "ack-latency");
  SentLoad load;
  load.rate = kRate;
  load.seconds = space.small ? 1 : 10;
  load.form = SentLoad::Form::acked;
  std::vector<double> p99_ms, sync_p99_ms;
  std::string ours, baseline;
  for (int run = 1; run <= space.runs; ++run) {
    RunFolder folder(space, "ours");
    progress.run(run, "sync");
    baseline = run_child({space.peer("disk_peer"), folder.path(), "4096"}).output;
    baseline.resize(baseline.find('\n'));
    progress.run(run, "acks");
    Child daemon(space.daemon_command(folder.path(), {"--host", "127.0.0.1", "--port", "0"}));
    const Finished sender = run_child(sender_command(space, load, wait_for_daemon(daemon)));
    daemon.terminate();
    daemon.finish();
    p99_ms.push_back(ack_ms(sender, "p99"));
    sync_p99_ms.push_back(number_behind(baseline, "p99 "));
    ours = fmt::format("sent {:.0f} lines/s;", lines_per_s(sender));
    for (const char* percentile : {"p50", "p90", "p99", "p999", "max"}) {
      ours += fmt::format(" {} {:.2f}", percentile, ack_ms(sender, percentile));
    }
    ours += " ms";
    progress.result(run, fmt::format("acks: {}; syncs: {}", ours, baseline));
  }
  const double limit_ms = 3 * spread(sync_p99_ms).median + 5;
  report.add_limit("ack latency, p99 at 100,000 lines/s", fmt::format("{:.2f} ms", spread(p99_ms).median),
                   spread(p99_ms).median, limit_ms, "ms");
  report.add_note("the last of these runs", ours);
  report.add_note("bare syncs of 4 KiB beside it", baseline);
}

}  // namespace streamd::bench
