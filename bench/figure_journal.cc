// What the journal costs: the tail benchmark with it and without, beside what the disk writes and syncs.
#include <fmt/format.h>

#include "bench/children.h"
#include "bench/data_files.h"
#include "bench/figures.h"

namespace streamd::bench {
namespace {

double tail_s(const Workspace& space, const std::string& file, std::uint64_t bars, std::vector<std::string> flags) {
  RunFolder folder(space, "ours");
  std::vector<std::string> command = space.tail_command(folder.path(), file);
  command.insert(command.end(), flags.begin(), flags.end());
  const Finished run = run_child(command);
  check_rows(space, folder.path(), bars);
  return run.wall_s();
}

}  // namespace

void measure_journal(const Workspace& space, Report& report) {
  const TradeShape shape = main_trades(space);
  const std::string file = trade_file(space, shape);
  const std::uint64_t bars = std::uint64_t{shape.symbols} * shape.seconds;
  Progress progress(space, "journal");
  std::vector<double> without_s, never_s, ack_s;
  for (int run = 1; run <= space.runs; ++run) {
    progress.run(run, "without");
    without_s.push_back(tail_s(space, file, bars, {"--no-journal"}));
    progress.run(run, "never synced");
    never_s.push_back(tail_s(space, file, bars, {"--journal-sync", "never"}));
    progress.run(run, "default");
    ack_s.push_back(tail_s(space, file, bars, {}));
    progress.result(run, fmt::format("without {:.3f} s; never synced {:.3f} s; default {:.3f} s", without_s.back(),
                                     never_s.back(), ack_s.back()));
  }
  RunFolder folder(space, "disk");
  std::string disk = run_child({space.peer("disk_peer"), folder.path(), "4096"}).output;
  for (char& c : disk) c = c == '\n' ? ';' : c;
  const auto trades = static_cast<double>(shape.trades);
  report.add_ratio("journal, never synced", rate_text(never_s, trades, "trades"),
                   rate_text(without_s, trades, "trades"), ratios(without_s, never_s), Bar{0.85, std::nullopt});
  report.add_ratio("journal, default", rate_text(ack_s, trades, "trades"), rate_text(without_s, trades, "trades"),
                   ratios(without_s, ack_s), std::nullopt);
  report.add_note("the disk: syncs of 4 KiB", disk);
}

}  // namespace streamd::bench
