// What a large table costs: bars into one of 50 M rows against an empty one. The daemon's start (it reads each
// symbol's newest second) is measured apart from what follows, to its exit.
#include <fmt/format.h>

#include "bench/children.h"
#include "bench/data_files.h"
#include "bench/figures.h"
#include "bench/symbol_names.h"

namespace streamd::bench {
namespace {

struct Timed {
  double start_s;  // from the call to the first read
  double work_s;   // from there to the exit
};

Timed run_daemon(const Workspace& space, const std::string& file, const std::string& database,
                 std::uint64_t rows_after) {
  RunFolder folder(space, "ours");
  if (!database.empty()) copy_file(database, database_in(folder.path()));
  Child daemon(space.tail_command(folder.path(), file));
  double ready_s = 0;
  daemon.wait_for("storing in ", &ready_s);
  const Finished finished = daemon.finish();
  check_rows(space, folder.path(), rows_after);
  return {ready_s - finished.start_s, finished.end_s - ready_s};
}

struct Samples {
  std::vector<double> start_s, work_s, small_s;
};

void measure(const Workspace& space, const BarShape& rows, const BarShape& few_rows, const std::string& database,
             std::uint64_t rows_before, Samples& samples) {
  const Timed timed = run_daemon(space, bar_file(space, rows), database, rows_before + rows.rows);
  const Timed small = run_daemon(space, bar_file(space, few_rows), database, rows_before + few_rows.rows);
  samples.start_s.push_back(timed.start_s);
  samples.work_s.push_back(timed.work_s);
  samples.small_s.push_back(small.work_s);
}

}  // namespace

void measure_table_size(const Workspace& space, Report& report) {
  constexpr std::uint32_t kSymbols = 500;
  const std::uint64_t rows_before = space.sized(50'000'000);
  const BarShape rows{space.sized(500'000), kSymbols, kFirstSecond};
  const BarShape few_rows{kSymbols, kSymbols, kFirstSecond};
  const std::string database = filled_database(space, rows_before, kSymbols);
  Progress progress(space, "table size");
  Samples large, empty;
  for (int run = 1; run <= space.runs; ++run) {
    progress.run(run, "large table");
    measure(space, rows, few_rows, database, rows_before, large);
    progress.run(run, "empty table");
    measure(space, rows, few_rows, "", 0, empty);
    progress.result(run,
                    fmt::format("large: start {:.3f} s, work {:.3f} s, few {:.3f} s; empty: {:.3f}, {:.3f}, {:.3f}",
                                large.start_s.back(), large.work_s.back(), large.small_s.back(), empty.start_s.back(),
                                empty.work_s.back(), empty.small_s.back()));
  }
  const auto count = static_cast<double>(rows.rows);
  report.add_ratio(fmt::format("table size, rows into {:g} M", static_cast<double>(rows_before) / 1e6),
                   rate_text(large.work_s, count, "rows"), rate_text(empty.work_s, count, "rows"),
                   ratios(empty.work_s, large.work_s), {});
  report.add_ratio("table size, start", seconds_text(large.start_s), seconds_text(empty.start_s),
                   ratios(large.start_s, empty.start_s), {});
  report.add_ratio("table size, 500 rows to exit", seconds_text(large.small_s), seconds_text(empty.small_s),
                   ratios(large.small_s, empty.small_s), {});
}

}  // namespace streamd::bench
