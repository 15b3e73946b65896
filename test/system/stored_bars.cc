#include "system/stored_bars.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <optional>
#include <ostream>
#include <sstream>
#include <stdexcept>

namespace streamd {
namespace {

duck::Limits one_thread() {
  duck::Limits limits;
  limits.threads = 1;  // rows keep the order of the file that they are read from
  limits.memory = "2GB";
  return limits;
}

struct NoDatabase : std::runtime_error {
  using std::runtime_error::runtime_error;
};

bool same_volume(double a, double b, double tolerance) {
  return a == b || std::abs(a - b) <= tolerance * std::max(std::abs(a), std::abs(b));
}

duck::QueryResult query(duck::Connection& connection, const std::string& sql) {
  auto rows = connection.query(sql);
  if (!rows) throw std::runtime_error(rows.error().message + "\nin: " + sql);
  return std::move(rows).value();
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const StoredBar& bar) {
  return out << std::setprecision(17) << bar.symbol << '@' << bar.timestamp_us / 1000 << " open " << bar.open
             << " high " << bar.high << " low " << bar.low << " close " << bar.close << " volume " << bar.volume
             << " trades " << bar.trades << " of " << bar.source_file;
}

OpenDatabase OpenDatabase::open(const std::string& path, duck::Access access) {
  std::optional<Result<duck::Database>> opened;
  eventually([&] {
    opened.emplace(duck::Database::open(path, access, one_thread()));
    return opened->ok() || opened->error().kind != ErrorKind::locked;
  });
  if (!opened->ok() && opened->error().kind == ErrorKind::not_found) throw NoDatabase(opened->error().message);
  if (!opened->ok()) throw std::runtime_error(opened->error().message);
  duck::Database database = std::move(*opened).value();
  auto connection = duck::Connection::open(database);
  if (!connection) throw std::runtime_error(connection.error().message);
  return {std::move(database), std::move(connection).value()};
}

OpenDatabase::OpenDatabase(const std::string& path, duck::Access access) : OpenDatabase(open(path, access)) {}

void OpenDatabase::run(const std::string& sql) {
  if (auto done = connection_.run(sql); !done) throw std::runtime_error(done.error().message + "\nin: " + sql);
}

std::vector<StoredBar> read_bars(duck::Connection& connection, const std::string& sql) {
  duck::QueryResult rows = query(connection, "SELECT * FROM (" + sql +
                                                 ") AS bars(symbol, timestamp, open, high, low, close, volume, trades, "
                                                 "source_file) ORDER BY symbol, timestamp");
  std::vector<StoredBar> bars;
  while (rows.next()) {
    for (std::size_t column = 0; column < 9; ++column) {
      if (rows.is_null(column)) throw std::runtime_error("a bar has a NULL in column " + std::to_string(column));
    }
    bars.push_back({std::string(rows.text(0)), rows.int64(1), rows.float64(2), rows.float64(3), rows.float64(4),
                    rows.float64(5), rows.float64(6), rows.int64(7), std::string(rows.text(8))});
  }
  return bars;
}

std::vector<StoredBar> read_bars(const std::string& path) {
  OpenDatabase database(path, duck::Access::read_only);
  return read_bars(database.connection(), "SELECT * FROM ohlc_1s");
}

void expect_same_bars(const std::vector<StoredBar>& expected, const std::vector<StoredBar>& stored,
                      double volume_tolerance) {
  std::ostringstream differences;
  int shown = 0;
  const auto key = [](const StoredBar& bar) { return std::pair(bar.symbol, bar.timestamp_us); };
  auto want = expected.begin();
  auto have = stored.begin();
  while (shown < 10 && (want != expected.end() || have != stored.end())) {
    if (have == stored.end() || (want != expected.end() && key(*want) < key(*have))) {
      differences << "missing:  " << *want++ << '\n';
      ++shown;
    } else if (want == expected.end() || key(*have) < key(*want)) {
      differences << "too much: " << *have++ << '\n';
      ++shown;
    } else {
      StoredBar same = *have;
      if (same_volume(same.volume, want->volume, volume_tolerance)) same.volume = want->volume;
      if (!(same == *want)) {
        differences << "expected: " << *want << "\n  stored: " << *have << '\n';
        ++shown;
      }
      ++want;
      ++have;
    }
  }
  EXPECT_EQ(shown, 0) << expected.size() << " bars expected, " << stored.size() << " stored\n" << differences.str();
}

TextTable read_table(duck::Connection& connection, const std::string& sql) {
  duck::QueryResult rows = query(connection, "SELECT COLUMNS(*)::VARCHAR FROM (" + sql + ")");
  TextTable table;
  while (rows.next()) {
    std::vector<std::string>& row = table.emplace_back();
    for (std::size_t column = 0; column < rows.columns(); ++column) {
      row.push_back(rows.is_null(column) ? "NULL" : std::string(rows.text(column)));
    }
  }
  return table;
}

TextTable read_table(const std::string& path, const std::string& sql) {
  OpenDatabase database(path, duck::Access::read_only);
  return read_table(database.connection(), sql);
}

std::int64_t count_bars(const std::string& path, const std::string& condition) {
  try {
    OpenDatabase database(path, duck::Access::read_only);
    const TextTable tables =
        read_table(database.connection(), "SELECT table_name FROM duckdb_tables() WHERE table_name = 'ohlc_1s'");
    if (tables.empty()) return 0;
    return std::stoll(read_table(database.connection(), "SELECT count(*) FROM ohlc_1s WHERE " + condition)[0][0]);
  } catch (const NoDatabase&) {
    return 0;
  }
}

bool wait_for_bars(const std::string& path, std::int64_t count, const std::string& condition, milliseconds limit) {
  const auto end = steady_clock::now() + limit;
  for (;;) {
    const auto start = steady_clock::now();
    if (count_bars(path, condition) >= count) return true;
    if (steady_clock::now() >= end) return false;
    // The daemon writes between the looks.
    std::this_thread::sleep_for(std::max<steady_clock::duration>(milliseconds(50), 2 * (steady_clock::now() - start)));
  }
}

}  // namespace streamd
