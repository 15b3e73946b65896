// What another process sees in the daemon's database: READ_ONLY openings, tried again while the daemon writes.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "store/duckdb.h"
#include "system/process.h"

namespace streamd {

// A row of ohlc_1s.
struct StoredBar {
  std::string symbol;
  std::int64_t timestamp_us = 0;
  double open = 0;
  double high = 0;
  double low = 0;
  double close = 0;
  double volume = 0;
  std::int64_t trades = 0;
  std::string source_file;

  friend bool operator==(const StoredBar&, const StoredBar&) = default;
};
std::ostream& operator<<(std::ostream& out, const StoredBar& bar);

// Of the file's ohlc_1s, by symbol and time.
std::vector<StoredBar> read_bars(const std::string& path);
// The same of any SELECT with those columns in that order.
std::vector<StoredBar> read_bars(duck::Connection& connection, const std::string& sql);

// Every column exactly, the volume relatively. Adds one failure that shows the first differences.
void expect_same_bars(const std::vector<StoredBar>& expected, const std::vector<StoredBar>& stored,
                      double volume_tolerance = 1e-9);

// Every value as text, NULL as "NULL".
using TextTable = std::vector<std::vector<std::string>>;
TextTable read_table(const std::string& path, const std::string& sql);
TextTable read_table(duck::Connection& connection, const std::string& sql);

// Rows of ohlc_1s with this condition; 0 when there is no file or no table yet.
std::int64_t count_bars(const std::string& path, const std::string& condition = "true");
// Waits until there are so many; false when there never are.
bool wait_for_bars(const std::string& path, std::int64_t count, const std::string& condition = "true",
                   milliseconds limit = kPatience);

// An open database. Two of the same file must not exist in one process: closing one gives up the other's file lock.
class OpenDatabase {
 public:
  OpenDatabase(const std::string& path, duck::Access access);  // waits while it is locked
  static OpenDatabase in_memory() { return {":memory:", duck::Access::read_write}; }

  duck::Connection& connection() { return connection_; }
  void run(const std::string& sql);

 private:
  OpenDatabase(duck::Database database, duck::Connection connection)
      : database_(std::move(database)), connection_(std::move(connection)) {}
  static OpenDatabase open(const std::string& path, duck::Access access);

  duck::Database database_;
  duck::Connection connection_;
};

}  // namespace streamd
