// The tables, as the contract has them. Created once, at start; a database whose tables look different is refused.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "store/duckdb.h"

namespace streamd {

struct Column {
  std::string name;
  std::string type;  // as DuckDB prints it
};

struct Table {
  std::string name;
  std::vector<Column> columns;
};

struct View {
  std::string name;
  std::string select;
};

// In the contract's order of columns.
const std::vector<Table>& schema_tables();
const std::vector<View>& schema_views();

// Each table that exists must have exactly these columns in this order; else refused, with the SQL that migrates it.
Result<void> check_schema(duck::Connection& connection);
Result<bool> has_tables(duck::Connection& connection, const std::vector<std::string>& names);
// True when every table and view exists.
Result<bool> schema_is_complete(duck::Connection& connection);
Result<void> create_schema(duck::Connection& connection);
// Reads every value of every table: what is damaged fails.
Result<void> read_all_tables(duck::Connection& connection);

}  // namespace streamd
