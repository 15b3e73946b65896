// What a JSON object says under one name.
#pragma once

#include <string_view>

namespace streamd {

struct FieldValue {
  enum Form { absent, number, string, literal, container } form = absent;
  std::string_view text;  // number and literal: the token; string: unescaped
};

}  // namespace streamd
