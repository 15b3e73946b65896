// Trades of a file → bars in the table: the daemon against DuckDB's own read_ndjson and GROUP BY.
#include <algorithm>

#include "bench/children.h"
#include "bench/data_files.h"
#include "bench/figures.h"

#include <fmt/format.h>

namespace streamd::bench {

void measure_tail(const Workspace& space, Report& report) {
  constexpr double kPeakLimitMib = 300;
  const TradeShape shape = main_trades(space);
  const std::string file = trade_file(space, shape);
  const std::uint64_t bars = std::uint64_t{shape.symbols} * shape.seconds;
  Progress progress(space, "tail");
  std::vector<double> ours_s, ours_cpu_s, ours_mib, peer_s, peer_mib, ordered_s;
  for (int run = 1; run <= space.runs; ++run) {
    RunFolder ours_folder(space, "ours"), peer_folder(space, "peer"), ordered_folder(space, "ordered");
    progress.run(run, "daemon");
    const Finished ours = run_child(space.tail_command(ours_folder.path(), file));
    progress.run(run, "read_ndjson");
    const Finished peer = run_child({space.peer("duckdb_peer"), "read-ndjson", file, database_in(peer_folder.path())});
    progress.run(run, "read_ndjson in order");
    const Finished ordered =
        run_child({space.peer("duckdb_peer"), "read-ndjson-in-order", file, database_in(ordered_folder.path())});
    check_rows(space, ours_folder.path(), bars);
    if (run == 1) check_same_rows(space, ours_folder.path(), peer_folder.path());
    if (run == 1) check_same_rows(space, ours_folder.path(), ordered_folder.path());
    progress.result(
        run, fmt::format("daemon {:.3f} s, cpu {:.3f} s, {:.0f} MiB; read_ndjson {:.3f} s, cpu {:.3f} s, {:.0f} MiB",
                         ours.wall_s(), ours.cpu_s, ours.peak_mib, peer.wall_s(), peer.cpu_s, peer.peak_mib));
    ours_s.push_back(ours.wall_s());
    ours_cpu_s.push_back(ours.cpu_s);
    ours_mib.push_back(ours.peak_mib);
    peer_s.push_back(peer.wall_s());
    peer_mib.push_back(peer.peak_mib);
    ordered_s.push_back(ordered.wall_s());
  }
  const auto trades = static_cast<double>(shape.trades);
  report.add_ratio("tail", rate_text(ours_s, trades, "trades"), rate_text(peer_s, trades, "trades"),
                   ratios(peer_s, ours_s), Bar{5.0, 9.0});
  report.add_ratio("tail, ties in order", rate_text(ours_s, trades, "trades"), rate_text(ordered_s, trades, "trades"),
                   ratios(ordered_s, ours_s), std::nullopt);
  const double peak_mib = *std::max_element(ours_mib.begin(), ours_mib.end());
  report.add_limit("tail, peak memory", fmt::format("{:.0f} MiB", peak_mib), peak_mib, kPeakLimitMib, "MiB");
}

}  // namespace streamd::bench
