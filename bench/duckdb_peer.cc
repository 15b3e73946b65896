// DuckDB without the daemon: the baselines, and what the benchmarks need to make and check databases.
//   duckdb_peer read-ndjson FILE DB               trades → ohlc_1s in a new file, by DuckDB's reader and GROUP BY
//   duckdb_peer read-ndjson-in-order FILE DB      the same, trades of one millisecond in their order
//   duckdb_peer append-bars DB ROWS SYMBOLS FILE  the rows that FILE was made of → ohlc_1s in a new file
//   duckdb_peer fill DB ROWS SYMBOLS              bars into an existing ohlc_1s by SQL
//   duckdb_peer fill-summaries DB WINDOWS SYMBOLS  minutes of all symbols into an existing quotient_summaries by SQL
//   duckdb_peer check-rows DB TABLE ROWS          fails unless the table has so many
//   duckdb_peer open-each-second DB SECONDS       opens it READ_ONLY and closes it, each second; tries again while it
//                                                 is locked. Prints how long that took
//   duckdb_peer compare DB DB                     fails unless both ohlc_1s hold the same rows
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bench/bare_appender.h"
#include "bench/children.h"
#include "bench/duckdb_session.h"
#include "bench/failure.h"
#include "bench/symbol_names.h"

namespace {

using namespace streamd::bench;

constexpr int kThreads = 2;

// By event time alone (the benchmark's files have no two trades of a symbol in one millisecond), or, as the contract has
// it on every input, by the order of arrival among trades of one millisecond.
enum class Ties { any, in_order };

void read_ndjson(const std::string& file, const std::string& path, Ties ties) {
  DuckdbSession session(path, kThreads);
  session.run(kCreateTable);
  const std::string lines = fmt::format(
      "read_ndjson('{}', format = 'newline_delimited', "
      "columns = {{type: 'VARCHAR', symbol: 'VARCHAR', ts_ms: 'BIGINT', price: 'DOUBLE', qty: 'DOUBLE'}})",
      file);
  const bool in_order = ties == Ties::in_order;
  const std::string trades =
      in_order ? fmt::format("(SELECT *, row_number() OVER () AS place FROM {})", lines) : lines;
  session.run(fmt::format(
      "INSERT INTO ohlc_1s SELECT symbol, make_timestamp(ts_ms // 1000 * 1000000), arg_min(price, {0}), max(price), "
      "min(price), arg_max(price, {0}), sum(qty), count(*), '{1}' FROM {2} GROUP BY symbol, ts_ms // 1000",
      in_order ? "(ts_ms, place)" : "ts_ms", label_of(file), trades));
}

// Ends with the second before kFirstSecond.
void fill(const std::string& path, std::uint64_t count, std::uint32_t symbols) {
  std::string names;
  for (const std::string& name : symbol_names(symbols)) names += (names.empty() ? "'" : ", '") + name + "'";
  const std::uint64_t seconds = count / symbols;
  DuckdbSession session(path, kThreads);
  session.run(fmt::format(
      "INSERT INTO ohlc_1s SELECT symbol, timestamp, open, open + up, open - down, open + up - down, volume, trades, "
      "'live:' || symbol FROM (SELECT ([{}])[i % {} + 1] AS symbol, make_timestamp(({} + i // {}) * 1000000) AS "
      "timestamp, (hash(i) % 5000000) / 100.0::DOUBLE AS open, (hash(i + 1) % 100) / 100.0::DOUBLE AS up, "
      "(hash(i + 2) % 100) / 100.0::DOUBLE AS down, (hash(i + 3) % 1000000) / 1000.0::DOUBLE AS volume, "
      "(hash(i + 4) % 60)::BIGINT AS trades FROM range({}) t(i))",
      names, symbols, kFirstSecond - static_cast<std::int64_t>(seconds), symbols, count));
  session.run("CHECKPOINT");
}

// From the minute of kFirstSecond on, in time order. Random values: those of real windows do not compress either.
void fill_summaries(const std::string& path, std::uint64_t windows, std::uint32_t symbols) {
  constexpr int kFeatures = 6;
  constexpr int kQuantiles = 2 * 4;
  std::string names;
  for (const std::string& name : symbol_names(symbols)) names += (names.empty() ? "'" : ", '") + name + "'";
  std::string statistics;
  int salt = 0;
  const auto random = [&] { return fmt::format("hash(i + {})", ++salt * 10'000'000); };
  const auto add_share = [&] { statistics += fmt::format(", ({} % 1000000007) / 1000000007.0::DOUBLE", random()); };
  for (int feature = 0; feature < kFeatures; ++feature) {
    for (int number = 0; number < 3; ++number) add_share();
    for (int run = 0; run < 2; ++run) statistics += fmt::format(", ({} % 60)::BIGINT", random());
  }
  for (int quantile = 0; quantile < kQuantiles; ++quantile) add_share();
  const std::int64_t first = kFirstSecond / 60 * 60;
  DuckdbSession session(path, kThreads);
  session.run(fmt::format(
      "INSERT INTO quotient_summaries SELECT ([{0}])[i % {1} + 1], make_timestamp(({2} + i // {1} * 60) * 1000000), "
      "make_timestamp(({2} + i // {1} * 60 + 60) * 1000000), 60, 60, (hash(i) % 61) / 60.0::DOUBLE, 0, "
      "hash(i + 1) % 50 = 0 {3}, make_timestamp(({2} + i // {1} * 60 + 62) * 1000000 + 125000) FROM range({4}) t(i)",
      names, symbols, first, statistics, windows * symbols));
  session.run("CHECKPOINT");
}

void check_rows(const std::string& path, const std::string& table, std::int64_t expected) {
  DuckdbSession session("", kThreads);
  session.run(fmt::format("ATTACH '{}' AS d (READ_ONLY)", path));
  const std::int64_t rows = session.value("SELECT count(*) FROM d." + table);
  if (rows != expected) fail("{}: {} has {} rows, not {}", path, table, rows, expected);
}

void compare(const std::string& path, const std::string& other_path) {
  DuckdbSession session("", kThreads);
  session.run(fmt::format("ATTACH '{}' AS a (READ_ONLY)", path));
  session.run(fmt::format("ATTACH '{}' AS b (READ_ONLY)", other_path));
  const std::int64_t rows = session.value("SELECT count(*) FROM a.ohlc_1s");
  const std::int64_t other_rows = session.value("SELECT count(*) FROM b.ohlc_1s");
  const std::int64_t keys = session.value("SELECT count(*) FROM (SELECT DISTINCT symbol, timestamp FROM a.ohlc_1s)");
  const std::int64_t same = session.value(
      "SELECT count(*) FROM a.ohlc_1s a JOIN b.ohlc_1s b USING (symbol, timestamp, open, high, low, close, trades, "
      "source_file) WHERE abs(a.volume - b.volume) <= 1e-9 * b.volume");
  if (rows != other_rows || rows != keys || rows != same) {
    fail("{} and {} differ: {} and {} rows, {} keys, {} the same", path, other_path, rows, other_rows, keys, same);
  }
}

bool opens(const std::string& path) {
  duckdb_config config = nullptr;
  duckdb_create_config(&config);
  duckdb_set_config(config, "access_mode", "READ_ONLY");
  duckdb_set_config(config, "threads", "1");
  duckdb_database database = nullptr;
  char* error = nullptr;
  const bool is_open = duckdb_open_ext(path.c_str(), &database, config, &error) == DuckDBSuccess;
  duckdb_destroy_config(&config);
  if (!is_open && std::string_view(error).find("lock") == std::string_view::npos) fail("{}", error);
  duckdb_free(error);
  duckdb_close(&database);
  return is_open;
}

void open_each_second(const std::string& path, std::uint64_t seconds) {
  double longest_s = 0;
  std::uint64_t late = 0;
  for (std::uint64_t second = 0; second < seconds; ++second) {
    const double start_s = now_s();
    while (!opens(path)) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    const double took_s = now_s() - start_s;
    longest_s = std::max(longest_s, took_s);
    late += took_s >= 1 ? 1 : 0;
    std::this_thread::sleep_for(std::chrono::duration<double>(std::max(0.0, 1 - took_s)));
  }
  fmt::print("opened {} times, longest {:.1f} ms, late {}\n", seconds, longest_s * 1e3, late);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const auto is = [&](const char* name, std::size_t count) {
    return arguments.size() == count + 1 && arguments[0] == name;
  };
  const auto number = [&](std::size_t place) { return std::strtoull(arguments[place].c_str(), nullptr, 10); };
  if (is("read-ndjson", 2)) {
    read_ndjson(arguments[1], arguments[2], Ties::any);
  } else if (is("read-ndjson-in-order", 2)) {
    read_ndjson(arguments[1], arguments[2], Ties::in_order);
  } else if (is("append-bars", 4)) {
    append_bars(arguments[1], number(2), static_cast<std::uint32_t>(number(3)), label_of(arguments[4]));
  } else if (is("fill", 3)) {
    fill(arguments[1], number(2), static_cast<std::uint32_t>(number(3)));
  } else if (is("fill-summaries", 3)) {
    fill_summaries(arguments[1], number(2), static_cast<std::uint32_t>(number(3)));
  } else if (is("check-rows", 3)) {
    check_rows(arguments[1], arguments[2], static_cast<std::int64_t>(number(3)));
  } else if (is("open-each-second", 2)) {
    open_each_second(arguments[1], number(2));
  } else if (is("compare", 2)) {
    compare(arguments[1], arguments[2]);
  } else {
    fail("duckdb_peer read-ndjson | read-ndjson-in-order | append-bars | fill | fill-summaries | check-rows | "
         "open-each-second | compare; see bench/duckdb_peer.cc");
  }
  return 0;
}
