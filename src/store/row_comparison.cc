#include "store/row_comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "store/compared_table.h"
#include "store/disk_room.h"
#include "store/progress_row.h"
#include "store/schema.h"
#include "store/sql_text.h"

namespace streamd {
namespace {

constexpr std::uint64_t kSpareBytes = 16 << 20;  // beside the copy

Second second_of_micros(std::int64_t micros) {
  return micros / kMicrosPerSecond;
}

}  // namespace

Result<void> copy_database(const std::string& path, const std::string& copy) {
  const auto held = duck::Database::open(path, duck::Access::read_only, {});
  if (!held) return held.error();
  // The file itself comes last: closing it gives up this process's lock on it.
  std::vector<std::string> endings;
  std::uint64_t needed = kSpareBytes;
  std::error_code failure;
  for (const char* ending : {".wal", ".wal.checkpoint", ".wal.recovery", ""}) {
    const auto bytes = std::filesystem::file_size(path + ending, failure);
    if (failure) continue;
    needed += bytes;
    endings.push_back(ending);
  }
  if (const auto free = free_bytes(copy); free && *free < needed) return disk_full_error(copy, *free, needed);
  for (const std::string& ending : endings) {
    std::filesystem::copy_file(path + ending, copy + ending, failure);
    if (failure) return Error{fmt::format("cannot copy {}{} to {}: {}", path, ending, copy, failure.message())};
  }
  return {};
}

Result<StoredRows> StoredRows::open(const std::string& path, const std::string& scratch_folder) {
  duck::Limits limits;
  limits.threads = static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1u, 4u));
  limits.temp_directory = scratch_folder;
  auto database = duck::Database::open(path, duck::Access::read_write, limits);
  if (!database) return database.error();
  auto connection = duck::Connection::open(*database);
  if (!connection) return connection.error();
  auto set = connection->run("PRAGMA disable_checkpoint_on_shutdown");
  if (!set) return set.error();
  auto known = has_tables(*connection, {"ohlc_1s", "stream_progress"});
  if (!known) return duck::read_error(known.error());
  if (!*known) {
    return Error{path + " has no tables of the daemon's with a journal; give the daemon's --db", ErrorKind::refused};
  }
  if (auto checked = check_schema(*connection); !checked) return checked.error();
  // Tables that an older daemon did not know: empty in the copy.
  if (auto created = create_schema(*connection); !created) return created.error();
  return StoredRows(std::move(database).value(), std::move(connection).value());
}

Result<std::optional<Progress>> StoredRows::progress() {
  return read_progress(connection_);
}

Result<bool> StoredRows::has_rows() {
  auto rows = connection_.query("SELECT 1 FROM ohlc_1s LIMIT 1");
  if (!rows) return duck::read_error(rows.error());
  return rows->next();
}

Result<Comparison> StoredRows::compare(const std::string& expected_path, const std::vector<Coverage>& coverage) {
  Comparison comparison;
  auto done = connection_.run("ATTACH " + sql_literal(expected_path) + " AS expected (READ_ONLY)");
  if (done) done = write_coverage(coverage);
  if (done) done = count_rows(comparison);
  if (done) {
    done = connection_.run(
        "CREATE TEMP TABLE differences(symbol VARCHAR, timestamp TIMESTAMP, length VARCHAR, kind INTEGER, "
        "what VARCHAR)");
  }
  for (const ComparedTable& table : compared_tables()) {
    if (done) done = find_differences(table);
  }
  if (done) done = show_differences(comparison);
  if (!done) return duck::read_error(done.error());
  return comparison;
}

Result<void> StoredRows::write_coverage(const std::vector<Coverage>& coverage) {
  auto made = connection_.run("CREATE TEMP TABLE known(symbol VARCHAR, after TIMESTAMP, until TIMESTAMP)");
  if (!made) return made;
  auto known = duck::Appender::create(
      connection_, "known", {duck::ColumnType::text, duck::ColumnType::timestamp, duck::ColumnType::timestamp});
  if (!known) return known.error();
  const auto set = [&known](std::size_t column, const std::optional<Second>& second) {
    if (second) {
      known->set_timestamp(column, *second * kMicrosPerSecond);
    } else {
      known->set_null(column);
    }
  };
  for (const Coverage& one : coverage) {
    known->set_text(0, one.symbol);
    set(1, one.after);
    set(2, one.until);
    if (auto ended = known->end_row(); !ended) return ended;
  }
  if (auto finished = known->finish(); !finished) return finished;
  return connection_.run(
      "CREATE TEMP TABLE coverage AS SELECT k.symbol, k.after IS NOT NULL AS begins_between, "
      "coalesce(k.after, f.first - INTERVAL 1 SECOND, TIMESTAMP 'infinity') AS after, "
      "coalesce(k.until, TIMESTAMP 'infinity') AS until "
      "FROM known k LEFT JOIN (SELECT symbol, min(timestamp) AS first FROM expected.ohlc_1s GROUP BY symbol) f "
      "USING (symbol)");
}

Result<void> StoredRows::count_rows(Comparison& comparison) {
  auto expected = connection_.query("SELECT count(*), count(DISTINCT symbol), min(timestamp), max(timestamp) FROM " +
                                    compared_tables().front().expected_rows());
  if (!expected) return expected.error();
  if (expected->next() && expected->int64(0) > 0) {
    comparison.rows = static_cast<std::uint64_t>(expected->int64(0));
    comparison.symbols = static_cast<std::uint64_t>(expected->int64(1));
    comparison.first = second_of_micros(expected->int64(2));
    comparison.last = second_of_micros(expected->int64(3));
  }
  auto stored = connection_.query(
      "SELECT count(*) FILTER (t.timestamp <= c.after AND c.begins_between), "
      "count(*) FILTER (t.timestamp > c.after AND t.timestamp > c.until), "
      "count(*) FILTER (t.timestamp <= c.after AND NOT c.begins_between AND isfinite(c.after)), "
      "count(*) FILTER (c.symbol IS NULL OR NOT isfinite(c.after)) "
      "FROM ohlc_1s t LEFT JOIN coverage c USING (symbol)");
  if (!stored) return stored.error();
  if (!stored->next()) return {};
  std::uint64_t* counts[] = {&comparison.rows_before, &comparison.rows_behind, &comparison.rows_older,
                             &comparison.rows_of_others};
  for (std::size_t i = 0; i < std::size(counts); ++i) *counts[i] = static_cast<std::uint64_t>(stored->int64(i));
  return {};
}

// kinds: 0 missing, 1 too much, 2 other values, 3 stored more than once.
Result<void> StoredRows::find_differences(const ComparedTable& table) {
  const std::string& title = table.title;
  const std::string expected = table.expected_rows();
  const std::string stored = table.stored_rows();
  auto done = connection_.run(
      fmt::format("CREATE OR REPLACE TEMP TABLE found AS SELECT coalesce(e.symbol, s.symbol) AS symbol, "
                  "coalesce({7}, {8}) AS timestamp, coalesce({9}, {10}) AS length, "
                  "CASE WHEN s.symbol IS NULL THEN 0 WHEN e.symbol IS NULL THEN 1 ELSE 2 END AS kind, "
                  "CASE WHEN s.symbol IS NULL THEN '{0} missing, expected ' || {1} "
                  "WHEN e.symbol IS NULL THEN '{0} not from this journal, stored ' || {2} ELSE {3} END AS what "
                  "FROM {4} e FULL JOIN {5} s ON {11} "
                  "WHERE e.symbol IS NULL OR s.symbol IS NULL OR {6}",
                  title, table.values_of("e"), table.values_of("s"), table.differing_values(), expected, stored,
                  table.any_differs(), table.time_of("e"), table.time_of("s"), table.length_of("e"),
                  table.length_of("s"), table.same_key()));
  if (!done) return done;
  // Expected keys are unique, so the counts show whether a stored one is not; only then it is worth finding.
  auto counts = connection_.query(fmt::format(
      "SELECT (SELECT count(*) FROM {}), (SELECT count(*) FROM {}), (SELECT count(*) FROM found WHERE kind = 0), "
      "(SELECT count(DISTINCT (symbol, timestamp, length)) FROM found WHERE kind = 1)",
      stored, expected));
  if (!counts) return counts.error();
  if (counts->next() && counts->int64(0) != counts->int64(1) - counts->int64(2) + counts->int64(3)) {
    done = connection_.run(
        fmt::format("INSERT INTO differences SELECT any_value(t.symbol), any_value({2}), any_value({3}), 3, "
                    "'{0} stored ' || count(*) || ' times' FROM {1} t GROUP BY {4} HAVING count(*) > 1",
                    title, stored, table.time_of("t"), table.length_of("t"), table.key_of("t")));
  }
  if (done) done = connection_.run("INSERT INTO differences SELECT DISTINCT * FROM found");
  return done;
}

Result<void> StoredRows::show_differences(Comparison& comparison) {
  auto count = connection_.query("SELECT count(DISTINCT (symbol, timestamp, length)) FROM differences");
  if (!count) return count.error();
  if (count->next()) comparison.rows_that_differ = static_cast<std::uint64_t>(count->int64(0));
  if (comparison.rows_that_differ == 0) return {};
  auto rows = connection_.query(fmt::format(
      "SELECT symbol || ' ' || timestamp::VARCHAR || length || ': ' || string_agg(what, ', ' ORDER BY kind DESC) "
      "FROM differences GROUP BY symbol, timestamp, length ORDER BY timestamp, symbol, length LIMIT {}",
      kShownDifferences));
  if (!rows) return rows.error();
  while (rows->next()) comparison.differences.emplace_back(rows->text(0));
  return {};
}

}  // namespace streamd
