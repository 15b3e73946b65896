// One DuckDB file and one connection to it, for the programs beside the daemon. Every failure ends the program.
#pragma once

#include <duckdb.h>

#include <cstdint>
#include <string>

namespace streamd::bench {

// The contract's table.
inline constexpr const char* kCreateTable =
    "CREATE TABLE ohlc_1s(symbol VARCHAR, timestamp TIMESTAMP, open DOUBLE, high DOUBLE, low DOUBLE, close DOUBLE, "
    "volume DOUBLE, trades BIGINT, source_file VARCHAR)";

class DuckdbSession {
 public:
  // An empty path: in memory. All else as DuckDB has it by default.
  DuckdbSession(const std::string& path, int threads);
  DuckdbSession(const DuckdbSession&) = delete;
  DuckdbSession& operator=(const DuckdbSession&) = delete;
  ~DuckdbSession();

  void run(const std::string& sql) { value(sql); }
  // Of the first row's first column; 0 when there is none.
  std::int64_t value(const std::string& sql);
  duckdb_connection connection() { return connection_; }

 private:
  duckdb_database database_ = nullptr;
  duckdb_connection connection_ = nullptr;
};

// The source_file of rows that the daemon reads from `file`.
std::string label_of(const std::string& file);

}  // namespace streamd::bench
