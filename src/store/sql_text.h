// Values as SQL text.
#pragma once

#include <string>
#include <string_view>

namespace streamd {

// A string literal.
inline std::string sql_literal(std::string_view text) {
  std::string literal = "'";
  for (char c : text) {
    if (c == '\'') literal.push_back('\'');
    literal.push_back(c);
  }
  literal.push_back('\'');
  return literal;
}

}  // namespace streamd
