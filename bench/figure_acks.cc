// What acknowledgements cost: one producer that has every line acked, against the same lines without, and how long an
// ack takes, against a bare sync.
#include <fmt/format.h>

#include "bench/children.h"
#include "bench/data_files.h"
#include "bench/figures.h"
#include "bench/senders.h"

namespace streamd::bench {
namespace {

constexpr double kRate = 100'000;

enum class Sender { plain, acked };

double send_s(const Workspace& space, const std::string& file, const TradeShape& shape, Sender sender) {
  RunFolder folder(space, "ours");
  Child daemon(space.daemon_command(folder.path(), {"--host", "127.0.0.1", "--port", "0"}));
  const std::string port = wait_for_daemon(daemon);
  const double first_byte_s =
      sender == Sender::acked ? send_acked(space, file, port, shape.trades) : send_file(space, file, port);
  daemon.terminate();
  const double seconds = daemon.finish().end_s - first_byte_s;
  check_rows(space, folder.path(), std::uint64_t{shape.symbols} * shape.seconds);
  return seconds;
}

}  // namespace

void measure_acks(const Workspace& space, Report& report) {
  const TradeShape shape = main_trades(space, TradeForm::numbered);
  const TradeShape contract = main_trades(space);
  const std::string file = trade_file(space, shape);
  const std::string contract_file = trade_file(space, contract);
  Progress progress(space, "acks");
  std::vector<double> acked_s, plain_s, contract_s;
  for (int run = 1; run <= space.runs; ++run) {
    progress.run(run, "acked");
    acked_s.push_back(send_s(space, file, shape, Sender::acked));
    progress.run(run, "not acked");
    plain_s.push_back(send_s(space, file, shape, Sender::plain));
    progress.run(run, "without numbers");
    contract_s.push_back(send_s(space, contract_file, contract, Sender::plain));
    progress.result(run, fmt::format("acked {:.3f} s; the same lines not acked {:.3f} s; without numbers {:.3f} s",
                                     acked_s.back(), plain_s.back(), contract_s.back()));
  }
  const auto trades = static_cast<double>(shape.trades);
  report.add_ratio("acked, one producer", rate_text(acked_s, trades, "trades"), rate_text(plain_s, trades, "trades"),
                   ratios(plain_s, acked_s), Bar{0.8, std::nullopt});
  report.add_ratio("acked, to lines without numbers", rate_text(acked_s, trades, "trades"),
                   rate_text(contract_s, trades, "trades"), ratios(contract_s, acked_s), std::nullopt);
}

void measure_ack_latency(const Workspace& space, Report& report) {
  Progress progress(space, "ack-latency");
  const double seconds = space.small ? 1 : 10;
  std::vector<double> p99_ms, sync_p99_ms;
  std::string ours, baseline;
  for (int run = 1; run <= space.runs; ++run) {
    RunFolder folder(space, "ours");
    progress.run(run, "sync");
    baseline = run_child({space.peer("producer_peer"), "sync", folder.path(), "4096"}).output;
    progress.run(run, "acks");
    Child daemon(space.daemon_command(folder.path(), {"--host", "127.0.0.1", "--port", "0"}));
    ours = run_child({space.peer("producer_peer"), "rate", wait_for_daemon(daemon), fmt::format("{}", kRate),
                      fmt::format("{}", seconds)})
               .output;
    daemon.terminate();
    daemon.finish();
    p99_ms.push_back(number_behind(ours, "p99 "));
    sync_p99_ms.push_back(number_behind(baseline, "p99 "));
    progress.result(run, "acks: " + ours.substr(0, ours.find('\n')) + "; syncs: " + baseline.substr(0, baseline.find('\n')));
  }
  const double limit_ms = 3 * spread(sync_p99_ms).median + 5;
  report.add_limit("ack latency, p99 at 100,000 lines/s", fmt::format("{:.2f} ms", spread(p99_ms).median),
                   spread(p99_ms).median, limit_ms, "ms");
  report.add_note("the last of these runs", ours.substr(0, ours.find('\n')));
  report.add_note("bare syncs of 4 KiB beside it", baseline.substr(0, baseline.find('\n')));
}

}  // namespace streamd::bench
