#include "store/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "store/summary_rows.h"
#include "store/summary_views.h"

namespace streamd {
namespace {

using TableColumns = std::map<std::string, std::vector<Column>>;

Result<std::set<std::string>> read_views(duck::Connection& connection) {
  auto rows = connection.query(
      "SELECT view_name FROM duckdb_views() WHERE database_name = current_database() AND schema_name = 'main'");
  if (!rows) return rows.error();
  std::set<std::string> views;
  while (rows->next()) views.insert(std::string(rows->text(0)));
  return views;
}

// What has a name of ours and is of the other sort.
Result<void> refuse_other_sort(const std::set<std::string>& views, const TableColumns& tables) {
  for (const Table& table : schema_tables()) {
    if (!views.contains(table.name)) continue;
    return Error{fmt::format("{0} is a view, expected a table; rename it with: ALTER VIEW {0} RENAME TO {0}_view;",
                             table.name),
                 ErrorKind::refused};
  }
  for (const View& view : schema_views()) {
    if (!tables.contains(view.name) || views.contains(view.name)) continue;
    return Error{fmt::format("{0} is a table, expected a view; rename it with: ALTER TABLE {0} RENAME TO {0}_table;",
                             view.name),
                 ErrorKind::refused};
  }
  return {};
}

Result<TableColumns> read_columns(duck::Connection& connection) {
  auto rows = connection.query(
      "SELECT table_name, column_name, data_type FROM duckdb_columns() "
      "WHERE database_name = current_database() AND schema_name = 'main' AND NOT internal "
      "ORDER BY table_name, column_index");
  if (!rows) return rows.error();
  TableColumns tables;
  while (rows->next()) {
    tables[std::string(rows->text(0))].push_back({std::string(rows->text(1)), std::string(rows->text(2))});
  }
  return tables;
}

// Older databases have the posture as a number. Only two were ever stored, and the gate tells them apart.
constexpr const char* kPostureOfGate = "CASE WHEN gate_open THEN 'TRADE_NORMAL' ELSE 'OBSERVE' END";

// Keeps every expected column that is there, in the expected order and type; the others become NULL or go.
std::string migration(const Table& table, const std::vector<Column>& found) {
  std::string selected;
  for (const Column& column : table.columns) {
    const auto has = [&](const std::string& name, const std::string& type) {
      return std::any_of(found.begin(), found.end(), [&](const Column& other) {
        return other.name == name && (type.empty() || other.type == type);
      });
    };
    const bool is_numbered_posture = column.name == "posture" && has("posture", "INTEGER") && has("gate_open", "BOOLEAN");
    const std::string value = is_numbered_posture ? kPostureOfGate : has(column.name, "") ? column.name : "NULL";
    selected += fmt::format("{}CAST({} AS {}) AS {}", selected.empty() ? "" : ", ", value, column.type, column.name);
  }
  return fmt::format("CREATE OR REPLACE TABLE {0} AS SELECT {1} FROM {0};", table.name, selected);
}

Result<void> check_table(const Table& table, const std::vector<Column>& found) {
  const auto refuse = [&](const std::string& what) {
    return Error{fmt::format("table {}: {}; migrate it with: {}", table.name, what, migration(table, found)),
                 ErrorKind::refused};
  };
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const Column& expected = table.columns[i];
    const auto same_name = std::find_if(found.begin(), found.end(),
                                        [&](const Column& column) { return column.name == expected.name; });
    if (same_name == found.end()) {
      return refuse(fmt::format("column {} is missing, expected {}", expected.name, expected.type));
    }
    if (same_name->type != expected.type) {
      return refuse(fmt::format("column {} is {}, expected {}", expected.name, same_name->type, expected.type));
    }
    if (found[i].name != expected.name) {
      return refuse(fmt::format("column {} is {}, expected {} there", i + 1, found[i].name, expected.name));
    }
  }
  if (found.size() > table.columns.size()) {
    return refuse(fmt::format("column {} ({}) is unknown and would go", found[table.columns.size()].name,
                              found[table.columns.size()].type));
  }
  return {};
}

}  // namespace

const std::vector<Table>& schema_tables() {
  static const std::vector<Table> tables = {
      {"ohlc_1s",
       {{"symbol", "VARCHAR"},
        {"timestamp", "TIMESTAMP"},
        {"open", "DOUBLE"},
        {"high", "DOUBLE"},
        {"low", "DOUBLE"},
        {"close", "DOUBLE"},
        {"volume", "DOUBLE"},
        {"trades", "BIGINT"},
        {"source_file", "VARCHAR"}}},
      {"ohlc_1s_spans",
       {{"symbol", "VARCHAR"}, {"timestamp", "TIMESTAMP"}, {"open_ts_ms", "BIGINT"}, {"close_ts_ms", "BIGINT"}}},
      {"stream_state",
       {{"timestamp", "TIMESTAMP"},
        {"symbol", "VARCHAR"},
        {"close", "DOUBLE"},
        {"state", "INTEGER"},
        {"gate_open", "BOOLEAN"},
        {"posture", "VARCHAR"},
        {"source_file", "VARCHAR"}}},
      {"stream_actions",
       {{"timestamp", "TIMESTAMP"},
        {"symbol", "VARCHAR"},
        {"state", "INTEGER"},
        {"direction", "INTEGER"},
        {"target_exposure", "DOUBLE"},
        {"urgency", "DOUBLE"},
        {"hold", "BOOLEAN"},
        {"actionability", "DOUBLE"},
        {"reason", "VARCHAR"},
        {"gate_open", "BOOLEAN"},
        {"posture", "VARCHAR"},
        {"source_file", "VARCHAR"}}},
      summary_table(),
      {"stream_progress", {{"journal_id", "VARCHAR"}, {"position", "BIGINT"}}},
  };
  return tables;
}

const std::vector<View>& schema_views() {
  static const std::vector<View> views = [] {
    std::vector<View> all = summary_views();
    all.push_back({"stream_actions_latest",
                   "SELECT a.* FROM stream_actions a "
                   "JOIN (SELECT symbol, max(timestamp) AS timestamp FROM stream_actions GROUP BY symbol) newest "
                   "USING (symbol, timestamp)"});
    return all;
  }();
  return views;
}

Result<void> check_schema(duck::Connection& connection) {
  auto views = read_views(connection);
  if (!views) return views.error();
  auto columns = read_columns(connection);
  if (!columns) return columns.error();
  if (auto checked = refuse_other_sort(*views, *columns); !checked) return checked;
  for (const Table& table : schema_tables()) {
    const auto found = columns->find(table.name);
    if (found == columns->end()) continue;
    if (auto checked = check_table(table, found->second); !checked) return checked;
  }
  return {};
}

Result<bool> has_tables(duck::Connection& connection, const std::vector<std::string>& names) {
  auto columns = read_columns(connection);
  if (!columns) return columns.error();
  return std::all_of(names.begin(), names.end(), [&](const std::string& name) { return columns->contains(name); });
}

Result<bool> schema_is_complete(duck::Connection& connection) {
  auto columns = read_columns(connection);
  if (!columns) return columns.error();
  auto views = read_views(connection);
  if (!views) return views.error();
  return std::all_of(schema_tables().begin(), schema_tables().end(),
                     [&](const Table& table) { return columns->contains(table.name); }) &&
         std::all_of(schema_views().begin(), schema_views().end(),
                     [&](const View& view) { return views->contains(view.name); });
}

Result<void> create_schema(duck::Connection& connection) {
  auto done = connection.run("BEGIN");
  for (const Table& table : schema_tables()) {
    std::string columns;
    for (const Column& column : table.columns) {
      columns += fmt::format("{}{} {}", columns.empty() ? "" : ", ", column.name, column.type);
    }
    if (done) done = connection.run(fmt::format("CREATE TABLE IF NOT EXISTS {} ({})", table.name, columns));
  }
  for (const View& view : schema_views()) {
    if (done) done = connection.run(fmt::format("CREATE VIEW IF NOT EXISTS {} AS {}", view.name, view.select));
  }
  if (done) done = connection.run("COMMIT");
  return done;
}

Result<void> read_all_tables(duck::Connection& connection) {
  for (const Table& table : schema_tables()) {
    auto done = connection.run(fmt::format("SELECT bit_xor(hash(row_read)) FROM {} row_read", table.name));
    if (!done) return done;
  }
  return {};
}

}  // namespace streamd
