// How long the views over a day of windows' summaries take, through `stream_daemon query`: for one target symbol and
// one of its windows, and for one of its hours. Beside each the same command on rows of the table itself.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "bench/children.h"
#include "bench/failure.h"
#include "bench/figures.h"
#include "bench/symbol_names.h"

namespace streamd::bench {
namespace {

constexpr std::int64_t kWindowSeconds = 60;
constexpr std::int64_t kLags = 10;
constexpr double kMostMsOfAWindow = 100;
constexpr double kMostSecondsOfAnHour = 2;

struct Shape {
  std::int64_t symbols, windows, hour;  // a day of windows, an hour of them
  std::int64_t target;                  // the number of the window, or of the hour's first
};

// The tables and views are the daemon's own: an empty input leaves them.
void make_database(const Workspace& space, const std::string& folder, const Shape& shape) {
  const std::string nothing = folder + "/nothing.ndjson";
  std::ofstream(nothing).flush();
  run_child(space.tail_command(folder, nothing));
  run_child({space.peer("duckdb_peer"), "fill-summaries", database_in(folder), std::to_string(shape.windows),
             std::to_string(shape.symbols)});
}

std::string start_of(std::int64_t window) {
  return fmt::format("make_timestamp({}::BIGINT)",
                     (kFirstSecond / kWindowSeconds + window) * kWindowSeconds * 1'000'000);
}

struct Query {
  std::string name;
  std::string sql;
  std::string baseline;
  std::int64_t rows, baseline_rows;
  std::vector<double> ours_s = {}, baseline_s = {};
};

std::vector<Query> queries(const Shape& shape) {
  const std::string symbol = symbol_names(static_cast<std::uint32_t>(shape.symbols))[7];
  const std::string one = fmt::format("target_symbol = '{}' AND target_window = {}", symbol, start_of(shape.target));
  const std::string hour = fmt::format("target_symbol = '{}' AND target_window >= {} AND target_window < {}", symbol,
                                       start_of(shape.target), start_of(shape.target + shape.hour));
  const std::string target_row = fmt::format(
      "SELECT * FROM quotient_summaries WHERE symbol = '{}' AND window_start = {}", symbol, start_of(shape.target));
  const std::int64_t rows = shape.symbols * kLags;
  // As many columns of the same types.
  const std::string table_rows = fmt::format(" FROM quotient_summaries LIMIT {}", rows * shape.hour);
  const char* inputs =
      "SELECT symbol, symbol AS again, window_seconds, window_start, window_end, mean_vol_ratio, mean_curvature, "
      "mean_drawdown, mean_burstiness, mean_acorr_1, mean_var_ratio, median_vol_ratio, legitimacy_density, "
      "unknown_frac, "
      "median_curvature, artifact_ts";
  const char* feed =
      "SELECT symbol, symbol AS again, window_seconds, legitimacy_density, unknown_frac, artifact_ts, window_start, "
      "window_end";
  const std::string of_inputs = "SELECT * FROM quotient_cross_lag_inputs WHERE ";
  const std::string of_feed = "SELECT * FROM influence_gate_feed WHERE ";
  return {{"cross-lag inputs of a window", of_inputs + one, target_row, rows, 1},
          {"gate feed of a window", of_feed + one, target_row, rows, 1},
          {"cross-lag inputs of an hour", of_inputs + hour, inputs + table_rows, rows * shape.hour, rows * shape.hour},
          {"gate feed of an hour", of_feed + hour, feed + table_rows, rows * shape.hour, rows * shape.hour}};
}

double timed(const Workspace& space, const std::string& folder, const std::string& sql, std::int64_t rows) {
  const Finished finished = run_child({space.daemon, "query", "--db", database_in(folder), "--format", "csv", sql});
  const std::int64_t lines = std::count(finished.output.begin(), finished.output.end(), '\n');
  if (lines != rows + 1) fail("{} rows, not {}, of: {}", lines - 1, rows, sql);
  return finished.wall_s();
}

}  // namespace

void measure_summary_views(const Workspace& space, Report& report) {
  const Shape shape = space.small ? Shape{50, 120, 10, 60} : Shape{500, 24 * 60, 60, 12 * 60};
  Progress progress(space, "summary-views");
  RunFolder folder(space, "summaries");
  progress.run(0, "filling");
  make_database(space, folder.path(), shape);
  std::vector<Query> all = queries(shape);
  for (int run = 1; run <= space.runs; ++run) {
    for (Query& query : all) {
      progress.run(run, query.name);
      query.ours_s.push_back(timed(space, folder.path(), query.sql, query.rows));
      progress.run(run, query.name + ", the table");
      query.baseline_s.push_back(timed(space, folder.path(), query.baseline, query.baseline_rows));
      progress.result(run, fmt::format("{}: {:.3f} s; the table {:.3f} s", query.name, query.ours_s.back(),
                                       query.baseline_s.back()));
    }
  }
  for (const Query& query : all) {
    report.add_ratio(query.name, seconds_text(query.ours_s), seconds_text(query.baseline_s),
                     ratios(query.ours_s, query.baseline_s), std::nullopt);
  }
  const auto median = [&](std::size_t query) { return spread(all[query].ours_s).median; };
  const double window_ms = 1e3 * std::max(median(0), median(1));
  const double hour_s = std::max(median(2), median(3));
  report.add_limit("a view of a window", fmt::format("{:.0f} ms", window_ms), window_ms, kMostMsOfAWindow, "ms");
  report.add_limit("a view of an hour", fmt::format("{:.2f} s", hour_s), hour_s, kMostSecondsOfAnHour, "s");
}

}  // namespace streamd::bench
