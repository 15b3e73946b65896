// Reads a line that may be any JSON object: what stands under given names, the rest only validated.
// One thread; never throws for input.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "wire/field_value.h"

namespace streamd {

class JsonObjectReader {
 public:
  explicit JsonObjectReader(std::vector<std::string_view> names);
  ~JsonObjectReader();

  // `line` without its newline; readable kReadSlack bytes beyond its end. False when it is not wholly UTF-8 and one
  // JSON object. Of a repeated name the last one counts.
  bool read(std::string_view line);
  // Of the name at `index`; its text lives until the next read().
  const FieldValue& operator[](std::size_t index) const { return values_[index]; }

 private:
  struct Parser;
  const std::vector<std::string_view> names_;
  std::vector<FieldValue> values_;
  std::unique_ptr<Parser> parser_;
};

}  // namespace streamd
