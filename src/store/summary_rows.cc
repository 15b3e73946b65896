#include "store/summary_rows.h"

#include <fmt/format.h>

#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

namespace streamd {
namespace {

using duck::ColumnType;

constexpr std::int64_t kMicrosPerMilli = 1000;

constexpr Feature kFeaturesWithQuantiles[] = {Feature::vol_ratio, Feature::curvature};

ColumnType column_type(const Column& column) {
  if (column.type == "VARCHAR") return ColumnType::text;
  if (column.type == "TIMESTAMP") return ColumnType::timestamp;
  if (column.type == "BOOLEAN") return ColumnType::boolean;
  return column.type == "BIGINT" ? ColumnType::int64 : ColumnType::float64;
}

// One row, column by column in the table's order.
class RowWriter {
 public:
  explicit RowWriter(duck::Appender& appender) : appender_(appender) {}

  void text(std::string_view value) { appender_.set_text(column_++, value); }
  void time(std::int64_t micros) { appender_.set_timestamp(column_++, micros); }
  void integer(std::int64_t value) { appender_.set_int64(column_++, value); }
  void number(double value) { appender_.set_float64(column_++, value); }
  void boolean(bool value) { appender_.set_boolean(column_++, value); }
  // Up to and without the column `end`.
  void nulls_until(std::size_t end) {
    while (column_ < end) appender_.set_null(column_++);
  }
  std::size_t column() const { return column_; }

 private:
  duck::Appender& appender_;
  std::size_t column_ = 0;
};

void write_statistics(RowWriter& row, const WindowSummary& summary) {
  for (const FeatureStatistics& statistics : summary.features) {
    row.number(statistics.mean);
    row.number(statistics.median);
    row.number(statistics.mad);
    row.integer(statistics.run_length_pos);
    row.integer(statistics.run_length_neg);
  }
  for (const double quantile : summary.vol_ratio_quantiles) row.number(quantile);
  for (const double quantile : summary.curvature_quantiles) row.number(quantile);
}

}  // namespace

Table summary_table() {
  Table table{"quotient_summaries",
              {{"symbol", "VARCHAR"},
               {"window_start", "TIMESTAMP"},
               {"window_end", "TIMESTAMP"},
               {"window_seconds", "BIGINT"},
               {"count", "BIGINT"},
               {"legitimacy_density", "DOUBLE"},
               {"unknown_frac", "DOUBLE"},
               {"event_marker", "BOOLEAN"}}};
  for (const std::string_view feature : kFeatureNames) {
    for (const char* statistic : {"mean", "median", "mad"}) {
      table.columns.push_back({fmt::format("{}_{}", statistic, feature), "DOUBLE"});
    }
    for (const char* statistic : {"run_length_pos", "run_length_neg"}) {
      table.columns.push_back({fmt::format("{}_{}", statistic, feature), "BIGINT"});
    }
  }
  for (const Feature feature : kFeaturesWithQuantiles) {
    for (const double share : kQuantileShares) {
      table.columns.push_back(
          {fmt::format("quant_{}_p{:02}", kFeatureNames[static_cast<std::size_t>(feature)], std::lround(share * 100)),
           "DOUBLE"});
    }
  }
  table.columns.push_back({"artifact_ts", "TIMESTAMP"});
  return table;
}

Result<void> append_summaries(duck::Connection& connection, const Names& names,
                              const std::deque<WindowSummary>& summaries) {
  if (summaries.empty()) return {};
  const Table table = summary_table();
  std::vector<ColumnType> types;
  for (const Column& column : table.columns) types.push_back(column_type(column));
  const std::size_t last_column = types.size() - 1;
  auto rows = duck::Appender::create(connection, table.name, std::move(types));
  if (!rows) return rows.error();
  for (const WindowSummary& summary : summaries) {
    const bool has_statistics = summary.count > 0;
    RowWriter row(*rows);
    row.text(names.symbol(summary.symbol));
    row.time(summary.start * kMicrosPerSecond);
    row.time((summary.start + summary.window_s) * kMicrosPerSecond);
    row.integer(summary.window_s);
    row.integer(summary.count);
    row.number(summary.legitimacy_density);
    row.number(summary.unknown_frac);
    row.boolean(has_statistics && summary.event_marker);
    if (has_statistics) {
      write_statistics(row, summary);
    } else {
      row.nulls_until(last_column);
    }
    STREAMD_CHECK(row.column() == last_column);
    row.time(summary.artifact_ms * kMicrosPerMilli);
    if (auto ended = rows->end_row(); !ended) return ended;
  }
  return rows->finish();
}

}  // namespace streamd
