// How long a start takes that replays the journal: 10 M trades since the last snapshot, against replaying them by tail;
// and what half a minute at 100,000 lines/s leaves behind.
#include <fmt/format.h>

#include <filesystem>

#include "bench/children.h"
#include "bench/data_files.h"
#include "bench/figures.h"
#include "bench/senders.h"

namespace streamd::bench {
namespace {

// From the process's start to its being ready; it ends afterwards.
double start_s(const Workspace& space, const std::string& folder) {
  const double before_s = now_s();
  Child daemon(space.daemon_command(folder, {"--host", "127.0.0.1", "--port", "0"}));
  double ready_s = 0;
  daemon.wait_for("storing in ", &ready_s);
  daemon.terminate();
  daemon.finish();
  return ready_s - before_s;
}

// A daemon that has read the file, was killed, and has kept no snapshot.
void make_journal(const Workspace& space, const std::string& folder, const std::string& file) {
  Child daemon(space.daemon_command(folder, {"--tail", file, "--no-listen", "--snapshot-interval", "86400"}));
  daemon.wait_for("all files are read");
  daemon.kill();
}

}  // namespace

void measure_recovery(const Workspace& space, Report& report) {
  constexpr double kRate = 100'000;
  constexpr double kLimitS = 3;
  const TradeShape shape = main_trades(space);
  const std::string file = trade_file(space, shape);
  const std::uint64_t bars = std::uint64_t{shape.symbols} * shape.seconds;
  Progress progress(space, "recovery");
  std::vector<double> ours_s, rebuild_s, tail_s;
  for (int run = 1; run <= space.runs; ++run) {
    RunFolder folder(space, "ours"), tail_folder(space, "tail");
    progress.run(run, "killed daemon");
    make_journal(space, folder.path(), file);
    progress.run(run, "recovery");
    ours_s.push_back(start_s(space, folder.path()));
    check_rows(space, folder.path(), bars);
    RunFolder rebuilt(space, "rebuilt");
    make_journal(space, rebuilt.path(), file);
    for (const char* ending : {"", ".wal"}) std::filesystem::remove(database_in(rebuilt.path()) + ending);
    progress.run(run, "recovery without the database");
    rebuild_s.push_back(start_s(space, rebuilt.path()));
    check_rows(space, rebuilt.path(), bars);
    progress.run(run, "tail");
    tail_s.push_back(run_child(space.tail_command(tail_folder.path(), file)).wall_s());
    progress.result(run, fmt::format("recovery {:.3f} s, without the database {:.3f} s; tail {:.3f} s", ours_s.back(),
                                     rebuild_s.back(), tail_s.back()));
  }
  const auto trades = static_cast<double>(shape.trades);
  report.add_ratio("recovery of 10 M trades", rate_text(ours_s, trades, "trades"), rate_text(tail_s, trades, "trades"),
                   ratios(tail_s, ours_s), Bar{1, std::nullopt});
  report.add_ratio("the same, database gone", rate_text(rebuild_s, trades, "trades"),
                   rate_text(tail_s, trades, "trades"), ratios(tail_s, rebuild_s), Bar{1, std::nullopt});

  RunFolder folder(space, "live");
  progress.run(1, "half a minute at 100,000 lines/s");
  Child daemon(space.daemon_command(folder.path(), {"--host", "127.0.0.1", "--port", "0"}));
  // The default interval is 30 s, so that nearly all of it has come since the last snapshot: the load begins at once.
  SentLoad load;
  load.rate = kRate;
  load.span_s = space.small ? 1 : 29;
  load.lines = static_cast<std::uint64_t>(kRate * load.span_s);
  load.form = SentLoad::Form::acked;
  send_load(space, load, wait_for_daemon(daemon));
  daemon.kill();
  const double seconds = start_s(space, folder.path());
  report.add_limit("recovery after 29 s at 100,000 lines/s", fmt::format("{:.2f} s", seconds), seconds, kLimitS, "s");
}

}  // namespace streamd::bench
