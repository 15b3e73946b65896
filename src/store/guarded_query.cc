#include "store/guarded_query.h"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <array>
#include <utility>

#include "store/sql_text.h"

namespace streamd {
namespace {

constexpr const char* kWhatIsRun =
    "only one statement that reads is run: SELECT, WITH, FROM, VALUES, TABLE, DESCRIBE, SHOW, SUMMARIZE, or EXPLAIN";

// Rows from nothing, from a value, or from the catalogue.
constexpr std::array<std::string_view, 36> kTableFunctions = {
    "duckdb_columns",       "duckdb_constraints", "duckdb_databases",  "duckdb_dependencies", "duckdb_functions",
    "duckdb_indexes",       "duckdb_keywords",    "duckdb_memory",     "duckdb_optimizers",   "duckdb_schemas",
    "duckdb_sequences",     "duckdb_settings",    "duckdb_tables",     "duckdb_types",        "duckdb_views",
    "generate_series",      "generate_subscripts", "histogram",        "histogram_values",    "icu_calendar_names",
    "json_each",            "json_tree",          "pg_timezone_names", "pragma_collations",   "pragma_database_size",
    "pragma_platform",      "pragma_show",        "pragma_storage_info", "pragma_table_info", "pragma_user_agent",
    "pragma_version",       "range",              "regexp_split_to_table", "repeat",          "repeat_row",
    "unnest",
};

// They change something, or plan SQL that nobody has looked at.
constexpr std::array<std::string_view, 4> kRefusedFunctions = {"currval", "json_serialize_plan", "nextval",
                                                               "write_log"};

Error refused(std::string message) { return Error{std::move(message), ErrorKind::refused}; }

std::string_view skip_blanks(std::string_view sql) {
  const std::size_t first = sql.find_first_not_of(" \t\r\n");
  return first == std::string_view::npos ? std::string_view() : sql.substr(first);
}

// Takes `word` off the beginning of `sql`, in any case, when it is there.
bool take_word(std::string_view& sql, std::string_view word) {
  const std::string_view rest = skip_blanks(sql);
  if (rest.size() <= word.size() || ::strncasecmp(rest.data(), word.data(), word.size()) != 0) return false;
  if (std::string_view(" \t\r\n").find(rest[word.size()]) == std::string_view::npos) return false;
  sql = rest.substr(word.size());
  return true;
}

struct ParsedQuery {
  std::string explain;  // "EXPLAIN ", with ANALYZE or without; empty when it is to be run
  std::string sql;
};

ParsedQuery take_explain(std::string_view sql) {
  ParsedQuery parsed;
  if (take_word(sql, "EXPLAIN")) parsed.explain = take_word(sql, "ANALYZE") ? "EXPLAIN ANALYZE " : "EXPLAIN ";
  parsed.sql = sql;
  return parsed;
}

// By what DuckDB's own parser makes of it; nothing is bound or run yet.
Result<void> check_parsed(duck::Connection& connection, const std::string& sql) {
  const std::string parsed = "(SELECT json_serialize_sql(" + sql_literal(sql) + ") AS parsed)";
  auto found = connection.query(
      "SELECT parsed->>'error_type', parsed->>'error_message', json_array_length(parsed, '$.statements')::BIGINT "
      "FROM " + parsed);
  if (!found) return found.error();
  if (!found->next()) return refused(kWhatIsRun);
  if (!found->is_null(0)) {
    if (found->text(0) == "not implemented" || found->is_null(1)) return refused(kWhatIsRun);
    return refused(fmt::format("Parser Error: {}", found->text(1)));
  }
  if (found->is_null(2) || found->int64(2) != 1) return refused(kWhatIsRun);
  auto names = connection.query(
      "SELECT false, lower(unnest(json_extract(parsed, '$..function_name'))->>'$') FROM " + parsed +
      " UNION ALL SELECT true, lower(unnest(json_extract(parsed, '$..function'))->>'$.function_name') FROM " + parsed);
  if (!names) return names.error();
  while (names->next()) {
    if (names->is_null(1)) continue;
    const std::string_view name = names->text(1);
    const bool of_a_table = names->boolean(0);
    if (of_a_table ? std::find(kTableFunctions.begin(), kTableFunctions.end(), name) == kTableFunctions.end()
                   : std::find(kRefusedFunctions.begin(), kRefusedFunctions.end(), name) != kRefusedFunctions.end()) {
      return refused(fmt::format("the function {} is not allowed here", name));
    }
  }
  return names->ended();
}

Result<QueryText> read_rows(duck::QueryResult& rows, std::vector<ResultColumn> columns, ResultFormat format,
                            const QueryLimits& limits) {
  QueryText done;
  TextRow values(columns.size());
  ResultText text(format, std::move(columns), limits.bytes);
  for (std::size_t count = 0; rows.next(); ++count) {
    if (count == limits.rows) {
      done.truncation = Truncation::rows;
      break;
    }
    for (std::size_t column = 0; column < values.size(); ++column) {
      values[column] = rows.is_null(column) ? std::nullopt : std::optional(rows.text(column));
    }
    if (!text.add(values)) {
      done.truncation = Truncation::bytes;
      break;
    }
  }
  if (done.truncation == Truncation::none) {
    if (auto ended = rows.ended(); !ended) return ended.error();
  }
  done.text = text.finish(done.truncation != Truncation::none);
  return done;
}

}  // namespace

Result<QueryText> run_own_query(duck::Connection& connection, const std::string& sql, const QueryLimits& limits) {
  auto rows = connection.query(sql);
  if (!rows) return rows.error();
  QueryText value;
  if (!rows->next() || rows->is_null(0)) return value;
  value.text = rows->text(0);
  if (value.text.size() > limits.bytes) return QueryText{"", Truncation::bytes};
  return value;
}

Result<QueryText> run_guarded_query(duck::Connection& connection, const std::string& sql, ResultFormat format,
                                    const QueryLimits& limits) {
  if (sql.size() > limits.sql_bytes) {
    return refused(fmt::format("the statement has {} bytes, at most {} are taken", sql.size(), limits.sql_bytes));
  }
  if (sql.find('\0') != std::string::npos) return refused("the statement has a NUL byte");
  const ParsedQuery query = take_explain(sql);
  if (auto checked = check_parsed(connection, query.sql); !checked) return checked.error();
  auto statement = duck::Statement::prepare(connection, query.sql);
  if (!statement) return statement.error();
  if (statement->kind() != duck::Statement::Kind::select) return refused(kWhatIsRun);
  if (query.explain.empty()) {
    std::vector<ResultColumn> columns;
    for (std::size_t column = 0; column < statement->columns(); ++column) {
      columns.push_back({statement->column_name(column), statement->column_type(column)});
    }
    // The newlines keep a trailing comment from swallowing the rest.
    auto as_texts = duck::Statement::prepare(
        connection, "SELECT COLUMNS(*)::VARCHAR FROM (\n" + without_semicolon(query.sql) + "\n)");
    if (!as_texts) return as_texts.error();
    if (as_texts->kind() != duck::Statement::Kind::select || as_texts->columns() != columns.size()) {
      return refused(kWhatIsRun);
    }
    auto rows = as_texts->stream();
    if (!rows) return rows.error();
    return read_rows(*rows, std::move(columns), format, limits);
  }
  auto explained = duck::Statement::prepare(connection, query.explain + query.sql);
  if (!explained) return explained.error();
  if (explained->kind() != duck::Statement::Kind::explain) return refused(kWhatIsRun);
  auto rows = explained->stream();
  if (!rows) return rows.error();
  std::vector<ResultColumn> columns;
  for (std::size_t column = 0; column < rows->columns(); ++column) {
    columns.push_back({rows->column_name(column), "VARCHAR"});
  }
  return read_rows(*rows, std::move(columns), format, limits);
}

}  // namespace streamd
