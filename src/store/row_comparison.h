// Whether the rows of a database are those that another one, made anew from the journal, says they should be.
// Done with a copy, so that the database is held no longer than copying takes. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "store/duckdb.h"
#include "store/store.h"

namespace streamd {

struct ComparedTable;

// Which seconds of a symbol the expected rows are whole for: those after `after` and up to `until`. Without `after`
// from the first expected one on, without `until` to the end.
struct Coverage {
  std::string symbol;
  std::optional<Second> after;
  std::optional<Second> until;
};

struct Comparison {
  std::uint64_t rows = 0;     // expected, in covered seconds
  std::uint64_t symbols = 0;  // of them
  Second first = 0;
  Second last = 0;
  // Stored rows that are not compared.
  std::uint64_t rows_before = 0;         // at or before their symbol's `after`
  std::uint64_t rows_behind = 0;         // after their symbol's `until`
  std::uint64_t rows_older = 0;          // older than the first expected one of their symbol
  std::uint64_t rows_of_others = 0;      // of symbols without expected rows
  std::uint64_t rows_that_differ = 0;    // keys that are missing, too much, stored twice, or of other values
  std::vector<std::string> differences;  // the first of them by time, one line each

  // Rows are there, and none of them could be compared.
  bool is_blind() const {
    return rows == 0 && rows_that_differ == 0 && rows_before + rows_behind + rows_older + rows_of_others > 0;
  }
};

// With its log. The daemon cannot write meanwhile. Error kinds as duck::Database::open (locked: try again).
Result<void> copy_database(const std::string& path, const std::string& copy);

class StoredRows {
 public:
  static constexpr int kShownDifferences = 10;

  // `path`: of the copy. `scratch_folder`: for what does not fit into memory. Error kinds as duck::Database::open;
  // refused also when it is none with a journal, or the daemon's tables are of another form. Tables that an older
  // daemon did not have are made there, empty.
  static Result<StoredRows> open(const std::string& path, const std::string& scratch_folder);

  // Nothing: the database does not say.
  Result<std::optional<Progress>> progress();
  Result<bool> has_rows();

  // `expected_path`: a database with the same tables, one row a key, that nobody has open.
  Result<Comparison> compare(const std::string& expected_path, const std::vector<Coverage>& coverage);

 private:
  StoredRows(duck::Database database, duck::Connection connection)
      : database_(std::move(database)), connection_(std::move(connection)) {}

  Result<void> write_coverage(const std::vector<Coverage>& coverage);
  Result<void> count_rows(Comparison& comparison);
  Result<void> find_differences(const ComparedTable& table);
  Result<void> show_differences(Comparison& comparison);

  duck::Database database_;
  duck::Connection connection_;
};

}  // namespace streamd
