// One-second bars of a file → the table: the daemon against a bare appender that makes the same rows from nothing.
#include <fmt/format.h>

#include "bench/children.h"
#include "bench/data_files.h"
#include "bench/figures.h"
#include "bench/symbol_names.h"

namespace streamd::bench {

void measure_bars(const Workspace& space, Report& report) {
  const BarShape shape{space.sized(4'000'000), 400, kFirstSecond};
  const std::string file = bar_file(space, shape);
  Progress progress(space, "bars");
  std::vector<double> ours_s, peer_s;
  for (int run = 1; run <= space.runs; ++run) {
    RunFolder ours_folder(space, "ours"), peer_folder(space, "peer");
    progress.run(run, "daemon");
    const Finished ours = run_child(space.tail_command(ours_folder.path(), file));
    progress.run(run, "bare appender");
    const Finished peer = run_child({space.peer("duckdb_peer"), "append-bars", database_in(peer_folder.path()),
                                     std::to_string(shape.rows), std::to_string(shape.symbols), file});
    check_rows(space, ours_folder.path(), shape.rows);
    if (run == 1) check_same_rows(space, ours_folder.path(), peer_folder.path());
    progress.result(
        run, fmt::format("daemon {:.3f} s, cpu {:.3f} s, {:.0f} MiB; appender {:.3f} s, cpu {:.3f} s, {:.0f} MiB",
                         ours.wall_s(), ours.cpu_s, ours.peak_mib, peer.wall_s(), peer.cpu_s, peer.peak_mib));
    ours_s.push_back(ours.wall_s());
    peer_s.push_back(peer.wall_s());
  }
  const auto rows = static_cast<double>(shape.rows);
  report.add_ratio("bars", rate_text(ours_s, rows, "rows"), rate_text(peer_s, rows, "rows"), ratios(peer_s, ours_s),
                   Bar{0.8, 1.0});
}

}  // namespace streamd::bench
