// Reads any line of the contract: whatever key order, white space, escapes and unknown keys JSON allows.
// Complete validation: the whole line must be UTF-8 and one JSON object (RFC 8259), unknown parts included.
// Of a repeated key the last one counts. One thread; never throws for input.
#pragma once

#include <memory>
#include <string_view>

#include "wire/parsed_line.h"

namespace streamd {

class NdjsonReader {
 public:
  NdjsonReader();
  ~NdjsonReader();

  // `line`: one line without its newline, not blank; readable kReadSlack bytes beyond its end.
  // Checks, in this order: JSON, type, then field by field in the contract's order (missing before bad), then what
  // fields say together: a bar's consistency, acks without a producer. The sequence number is read of every JSON object,
  // also of one that is refused; it refuses none. The result's texts live until the next call.
  ParsedLine read(std::string_view line);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Only JSON white space: such lines are skipped and not counted.
bool is_blank_line(std::string_view line);

// What the contract lets a symbol be; `text` is UTF-8.
bool is_symbol_name(std::string_view text);

// Wholly a JSON number (RFC 8259 grammar). Gives the nearest double; false when `text` is no number or overflows.
bool parse_decimal(std::string_view text, double& value);

}  // namespace streamd
