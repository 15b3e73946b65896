// Golden files for tests of decide/: one JSON object a line. Those of the project are in test/golden: written by a
// program of its own, in 60-digit arithmetic, and partly by hand. Others may stand beside the checkout.
#pragma once

#include <gtest/gtest.h>
#include <simdjson.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>

#include "support/paths.h"

namespace streamd {

inline std::string own_golden(const std::string& file) { return source_path("test/golden/" + file); }
inline std::string shared_golden(const std::string& file) { return source_path("../shared/golden/" + file); }

inline bool is_there(const std::string& path) { return std::filesystem::exists(path); }

// Calls `check(object)` for each line; returns their number.
template <typename Check>
int read_golden(const std::string& path, Check check) {
  std::ifstream in(path);
  simdjson::dom::parser parser;
  int lines = 0;
  for (std::string line; std::getline(in, line); ++lines) {
    const simdjson::dom::element object = parser.parse(line);
    SCOPED_TRACE(path + ", case " + simdjson::to_string(object["case"]));
    check(object);
  }
  return lines;
}

// One of the "rows", its values by the names in "columns".
class GoldenRow {
 public:
  GoldenRow(simdjson::dom::element object, simdjson::dom::array values) {
    auto value = values.begin();
    for (const std::string_view column : object["columns"]) {
      values_.emplace(column, *value);
      ++value;
    }
  }
  bool has(std::string_view column) const { return values_.contains(column); }
  double number(std::string_view column) const { return values_.at(column).get_double(); }
  int integer(std::string_view column) const { return static_cast<int>(values_.at(column).get_int64().value()); }
  std::int64_t big_integer(std::string_view column) const { return values_.at(column).get_int64(); }
  bool flag(std::string_view column) const { return values_.at(column).get_bool(); }
  std::string_view text(std::string_view column) const { return values_.at(column).get_string(); }

 private:
  std::map<std::string_view, simdjson::dom::element> values_;
};

// To 1e-12 relative.
inline bool agree(double value, double golden) { return std::abs(value - golden) <= 1e-12 * std::abs(golden); }

}  // namespace streamd
