// Rows of a query as JSON, CSV or NDJSON, up to a number of bytes. Values come as the text that DuckDB prints of them.
//
// JSON: {"columns":[{"name":…,"type":…}],"rows":[[…]],"truncated":true|false}; NDJSON: an object a row (a name that
// comes again gets a number: "a", "a_2"); in both
//   - numbers are numbers, but whole ones beyond ±2^53 and DECIMALs of more than 15 digits are strings, for most
//     readers would round them; NaN and infinities are null,
//   - BOOLEANs are true and false, NULL is null, and all else is a string: a TIMESTAMP "2023-11-14 22:13:20" (UTC), a
//     LIST "[1, 2]".
// CSV: RFC 4180 with a header line; NULL is an empty field, an empty text is "".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/query_reader.h"

namespace streamd {

enum class ResultFormat { json, csv, ndjson };
enum class Truncation { none, rows, bytes };  // what ran out

std::string_view to_text(ResultFormat format);
std::string_view to_text(Truncation truncation);
std::optional<ResultFormat> result_format(std::string_view text);
std::optional<Truncation> truncation(std::string_view text);

struct ResultColumn {
  std::string name;
  std::string type;  // as duck::Statement has it
};

class ResultText {
 public:
  ResultText(ResultFormat format, std::vector<ResultColumn> columns, std::size_t max_bytes);

  // False when there is no room for it: then it is left out.
  bool add(const TextRow& row);
  // The whole text; the last call.
  std::string finish(bool truncated);

 private:
  // What becomes of a column's text in JSON.
  enum class Writing { text, boolean, whole, decimal, floating };
  static Writing writing_of(const std::string& type);
  void begin();
  void write_row(const TextRow& row);
  void write_json_value(Writing writing, const std::optional<std::string_view>& value);

  const ResultFormat format_;
  const std::vector<ResultColumn> columns_;
  const std::size_t max_bytes_;
  std::vector<Writing> writings_;
  std::vector<std::string> keys_;  // `"name":`
  std::string text_;
  bool has_rows_ = false;
};

}  // namespace streamd
