#include "store/compared_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/schema.h"

namespace streamd {
namespace {

// Sums of the same parts in another grouping.
constexpr const char* kSameVolume =
    "coalesce(abs(e.volume - s.volume) <= 1e-12 * greatest(abs(e.volume), abs(s.volume)), false)";

constexpr std::size_t kSummaryValuesShown = 5;  // of more than forty

std::vector<std::string> key_columns(ComparedTable::Key key) {
  if (key == ComparedTable::Key::second) return {"symbol", "timestamp"};
  return {"symbol", "window_start", "window_seconds"};
}

std::string differs(const std::string& column) {
  const std::string sql = fmt::format("e.{0} IS DISTINCT FROM s.{0}", column);
  return column == "volume" ? fmt::format("({} AND NOT {})", sql, kSameVolume) : sql;
}

// Rows of seconds in the coverage.
std::string covered(const std::string& table) {
  return fmt::format(
      "(SELECT t.* FROM {} t JOIN coverage c USING (symbol) WHERE t.timestamp > c.after AND t.timestamp <= c.until)",
      table);
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::string ComparedTable::expected_rows() const {
  return key == Key::second ? covered("expected." + name) : "expected." + name;
}

std::string ComparedTable::stored_rows() const {
  if (key == Key::second) return covered(name);
  return fmt::format(
      "(SELECT t.* FROM {0} t LEFT JOIN coverage c USING (symbol) "
      "WHERE (t.window_start > c.after AND t.window_end <= c.until) "
      "OR ({1}) IN (SELECT ({2}) FROM expected.{0} e))",
      name, key_of("t"), key_of("e"));
}

std::string ComparedTable::key_of(const std::string& row) const {
  std::string sql;
  for (const std::string& column : key_columns(key))
    sql += fmt::format("{}{}.{}", sql.empty() ? "" : ", ", row, column);
  return sql;
}

std::string ComparedTable::time_of(const std::string& row) const {
  return row + (key == Key::second ? ".timestamp" : ".window_start");
}

std::string ComparedTable::length_of(const std::string& row) const {
  return key == Key::second ? "''" : fmt::format("', ' || {}.window_seconds || ' s'", row);
}

std::string ComparedTable::values_of(const std::string& row) const {
  std::vector<std::string> columns = value_columns();
  columns.resize(std::min(columns.size(), shown));
  std::string sql;
  for (const std::string& column : columns) {
    sql += fmt::format("{}'{} ' || coalesce({}.{}::VARCHAR, 'NULL')", sql.empty() ? "" : " || ' ' || ", column, row,
                       column);
  }
  return sql;
}

std::string ComparedTable::same_key() const {
  std::string sql;
  for (const std::string& column : key_columns(key)) {
    sql += fmt::format("{0}e.{1} = s.{1}", sql.empty() ? "" : " AND ", column);
  }
  return sql;
}

std::string ComparedTable::any_differs() const {
  std::string sql;
  for (const std::string& column : value_columns()) sql += (sql.empty() ? "" : " OR ") + differs(column);
  return sql;
}

std::string ComparedTable::differing_values() const {
  std::string sql;
  for (const std::string& column : value_columns()) {
    sql += fmt::format(
        ", CASE WHEN {1} THEN '{0} expected ' || coalesce(e.{0}::VARCHAR, 'NULL') || ' stored ' || "
        "coalesce(s.{0}::VARCHAR, 'NULL') END",
        column, differs(column));
  }
  return "concat_ws(', '" + sql + ")";
}

std::vector<std::string> ComparedTable::value_columns() const {
  std::vector<std::string> names;
  for (const Table& table : schema_tables()) {
    if (table.name != name) continue;
    for (const Column& column : table.columns) names.push_back(column.name);
  }
  const std::vector<std::string> of_key = key_columns(key);
  std::erase_if(names,
                [&](const std::string& column) { return contains(of_key, column) || contains(ignored, column); });
  return names;
}

const std::vector<ComparedTable>& compared_tables() {
  using Key = ComparedTable::Key;
  static const std::vector<ComparedTable> tables = {
      {"ohlc_1s", "row"},
      {"ohlc_1s_spans", "span"},
      {"stream_state", "stream_state"},
      {"stream_actions", "stream_actions"},
      {"quotient_summaries", "quotient_summaries", Key::window, {"artifact_ts"}, kSummaryValuesShown},
  };
  return tables;
}

}  // namespace streamd
