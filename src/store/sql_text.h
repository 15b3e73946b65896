// Values and statements as SQL text.
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

// A name.
inline std::string sql_name(std::string_view text) {
  std::string name = "\"";
  for (char c : text) {
    if (c == '"') name.push_back('"');
    name.push_back(c);
  }
  name.push_back('"');
  return name;
}

// What may then stand in brackets.
inline std::string without_semicolon(std::string sql) {
  while (!sql.empty() && (sql.back() == ';' || sql.back() == ' ' || sql.back() == '\n')) sql.pop_back();
  return sql;
}

}  // namespace streamd
