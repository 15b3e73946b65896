#include "system/summary_oracle.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "system/stored_bars.h"

namespace streamd {
namespace {

const std::vector<std::string> kFeatures = {"vol_ratio", "curvature", "drawdown", "burstiness", "acorr_1", "var_ratio"};

// A row a bar: q is NULL where there are less than three closes.
constexpr const char* kBarFeatures = R"sql(
CREATE TEMP TABLE bar_features AS
WITH logs AS (
  SELECT symbol, timestamp, list(ln(greatest(close::FLOAT::DOUBLE, 1e-6))) OVER (
    PARTITION BY symbol ORDER BY timestamp ROWS BETWEEN 256 PRECEDING AND CURRENT ROW) AS p
  FROM ohlc_1s),
returns AS (
  SELECT symbol, timestamp, list_transform(range(1, len(p)), lambda i: p[i + 1] - p[i]) AS r FROM logs),
parts AS (
  SELECT symbol, timestamp, r, len(r) AS w, list_avg(r) AS m,
    list_transform(range(2, len(r)), lambda i: r[i + 1] - 2 * r[i] + r[i - 1]) AS d,
    list_transform(range(1, len(r) + 1), lambda i: list_sum(r[1:i])) AS s
  FROM returns),
more AS (
  SELECT *, list_transform(range(1, w + 1), lambda i: list_max(s[1:i]) - s[i]) AS below_peak,
    list_transform(range(1, w), lambda i: (r[i] - m) * (r[i + 1] - m)) AS ab,
    list_transform(r[1:w - 1], lambda x: (x - m) * (x - m)) AS aa,
    list_transform(r[2:w], lambda x: (x - m) * (x - m)) AS bb
  FROM parts)
SELECT symbol, timestamp, w >= 2 AS has_q, w >= 2 AND sqrt(list_var_pop(r)) >= 1e-12 AS legitimate,
  sqrt(list_var_pop(r) + 1e-6) / (list_max(r) - list_min(r) + 1e-6) AS vol_ratio,
  CASE WHEN w < 3 THEN 0 ELSE ln(1 + sqrt(list_var_pop(d) + 1e-6)) END AS curvature,
  list_max(below_peak) / (abs(s[w] - r[1]) + 1e-6) AS drawdown,
  list_sum(list_transform(r, lambda x: abs(x))) / (sqrt(list_sum(list_transform(r, lambda x: x * x))) + 1e-6)
    AS burstiness,
  CASE WHEN list_sum(aa) * list_sum(bb) > 0
    THEN greatest(-1, least(1, list_sum(ab) / sqrt(list_sum(aa) * list_sum(bb)))) ELSE 0 END AS acorr_1,
  sqrt(list_var_pop(r[-least(64, w):]) + 1e-6) / (sqrt(list_var_pop(r) + 1e-6) + 1e-6) AS var_ratio
FROM more
)sql";

// The longest run of bars, in order, for which `condition` holds.
std::string longest_run(const std::string& feature, const std::string& sign, const std::string& condition) {
  return fmt::format(R"sql(
CREATE TEMP TABLE run_{0}_{1} AS
WITH marked AS (SELECT symbol, k, timestamp, {2} AS holds FROM windowed WHERE has_q),
     islands AS (SELECT symbol, k, holds, row_number() OVER (PARTITION BY symbol, k ORDER BY timestamp)
                   - row_number() OVER (PARTITION BY symbol, k, holds ORDER BY timestamp) AS island FROM marked),
     runs AS (SELECT symbol, k, count(*) FILTER (holds) AS n FROM islands GROUP BY symbol, k, holds, island)
SELECT symbol, k, max(n) AS n FROM runs GROUP BY symbol, k)sql",
                     feature, sign, condition);
}

// 1e-4 relative plus 1e-6 absolute; a drawdown over a return of nearly nothing is large, and its error with it.
std::string agrees(const std::string& column, bool is_drawdown) {
  const std::string tolerance = is_drawdown ? fmt::format("CASE WHEN abs(e.{0}) > 1000 THEN 5e-3 ELSE 1e-4 END", column)
                                            : "1e-4";
  // Deviations of such values are differences of large numbers.
  const char* more = column == "mad_drawdown" ? " + 1e-6 * abs(e.median_drawdown)" : "";
  return fmt::format("coalesce(abs(e.{0} - q.{0}) <= {1} * abs(e.{0}) + 1e-6{2}, e.{0} IS NULL AND q.{0} IS NULL)",
                     column, tolerance, more);
}

}  // namespace

std::int64_t expect_summaries_as_computed(const std::string& db, int window_s) {
  OpenDatabase database(":memory:", duck::Access::read_write);
  database.run("ATTACH '" + db + "' AS stored (READ_ONLY)");
  database.run("CREATE TEMP TABLE ohlc_1s AS FROM stored.ohlc_1s");
  database.run("CREATE TEMP TABLE q AS FROM stored.quotient_summaries");
  database.run(kBarFeatures);
  database.run(fmt::format("CREATE TEMP TABLE windowed AS SELECT *, epoch(timestamp)::BIGINT // {} AS k FROM bar_features",
                           window_s));
  std::string sql = fmt::format(
      "CREATE TEMP TABLE e AS SELECT symbol, make_timestamp(k * {0} * 1000000) AS window_start, "
      "make_timestamp((k + 1) * {0} * 1000000) AS window_end, {0} AS window_seconds, count(*) FILTER (has_q) AS count, "
      "avg(legitimate::INT) AS legitimacy_density, 1 - count(*) FILTER (has_q) / {0} AS unknown_frac, "
      "coalesce(bool_or(has_q AND (abs(curvature) >= 1 OR abs(drawdown) >= 1)), false) AS event_marker",
      window_s);
  std::string joins;
  for (const std::string& feature : kFeatures) {
    sql += fmt::format(", avg({0}) FILTER (has_q) AS mean_{0}, median({0}) FILTER (has_q) AS median_{0}, "
                       "mad({0}) FILTER (has_q) AS mad_{0}, any_value(p_{0}.n) AS run_length_pos_{0}, "
                       "any_value(n_{0}.n) AS run_length_neg_{0}",
                       feature);
    joins += fmt::format(" LEFT JOIN run_{0}_pos p_{0} USING (symbol, k) LEFT JOIN run_{0}_neg n_{0} USING (symbol, k)",
                         feature);
    database.run(longest_run(feature, "pos", feature + " >= 0"));
    database.run(longest_run(feature, "neg", feature + " <= 0"));
  }
  for (const char* feature : {"vol_ratio", "curvature"}) {
    for (const char* share : {"01", "05", "95", "99"}) {
      sql += fmt::format(", quantile_cont({0}, 0.{1}) FILTER (has_q) AS quant_{0}_p{1}", feature, share);
    }
  }
  database.run(sql + " FROM windowed" + joins + " GROUP BY symbol, k");

  std::string wrong = "e.symbol IS NULL OR q.symbol IS NULL";
  const TextTable columns = read_table(database.connection(), "SELECT column_name FROM (DESCRIBE e)");
  for (const std::vector<std::string>& row : columns) {
    const std::string& column = row[0];
    if (column == "symbol" || column == "window_start" || column == "window_seconds") continue;
    const bool is_number = column.starts_with("m") || column.starts_with("q") || column == "unknown_frac" ||
                           column == "legitimacy_density";
    wrong += is_number ? " OR NOT " + agrees(column, column.ends_with("drawdown"))
                       : fmt::format(" OR e.{0} IS DISTINCT FROM q.{0}", column);
  }
  const TextTable differing = read_table(
      database.connection(),
      "SELECT coalesce(e.symbol, q.symbol), coalesce(e.window_start, q.window_start), "
      "'computed ' || e::VARCHAR, 'stored ' || q::VARCHAR FROM e FULL JOIN q ON e.symbol = q.symbol AND "
      "e.window_start = q.window_start AND e.window_seconds = q.window_seconds WHERE " + wrong + " ORDER BY 2, 1");
  std::string shown;
  for (std::size_t i = 0; i < differing.size() && i < 5; ++i) {
    for (const std::string& text : differing[i]) shown += text + "\n";
  }
  EXPECT_TRUE(differing.empty()) << differing.size() << " windows of " << window_s << " s differ:\n" << shown;
  return std::stoll(read_table(database.connection(), "SELECT count(*) FROM q")[0][0]);
}

}  // namespace streamd
