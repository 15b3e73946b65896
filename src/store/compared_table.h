// What of a table's rows must be the same as in another database, which is attached as `expected`: as SQL for
// row_comparison, beside whose temporary table `coverage` it is to run. In it, e is an expected row and s a stored one.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

namespace streamd {

struct ComparedTable {
  // A bar's second, or a window of several: the key's columns.
  enum class Key { second, window };
  std::string name;
  std::string title;  // of a row, in what is told
  Key key = Key::second;
  std::vector<std::string> ignored = {};                        // columns
  std::size_t shown = std::numeric_limits<std::size_t>::max();  // so many values of a row that only one side has

  // Relations: the rows that are compared. Of seconds, those in the coverage. A window's summary is made once, of a
  // state that a snapshot holds whole: so each one that the replay made is compared, wherever its window began. A
  // stored one that the replay did not make is compared, too (it is too much), where it would have made it: when all
  // bars of the window are behind `after`, and one that ends it is at or before `until`.
  std::string expected_rows() const;
  std::string stored_rows() const;

  // Of a row under any alias: its key; its time; what else tells it from rows of the same symbol and time, as text.
  std::string key_of(const std::string& row) const;
  std::string time_of(const std::string& row) const;
  std::string length_of(const std::string& row) const;
  // "open 1 high 2 …".
  std::string values_of(const std::string& row) const;

  std::string same_key() const;
  std::string any_differs() const;
  // "close expected 1 stored 2, …" of the columns that differ.
  std::string differing_values() const;

 private:
  std::vector<std::string> value_columns() const;
};

const std::vector<ComparedTable>& compared_tables();

}  // namespace streamd
