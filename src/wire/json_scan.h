// One value of a JSON document, walked and validated whole: what ndjson_reader and json_object_reader share.
// For .cc files in this folder.
#pragma once

#include <simdjson.h>

#include <string_view>
#include <utility>

#include "wire/field_value.h"

namespace streamd {

inline constexpr int kMaxJsonDepth = 512;

inline std::string_view trim_json_token(std::string_view token) {
  while (!token.empty() && (token.back() == ' ' || token.back() == '\t' || token.back() == '\r')) {
    token.remove_suffix(1);
  }
  return token;
}

// RFC 8259, section 6.
inline bool is_json_number(std::string_view text) {
  std::size_t i = 0;
  const auto digits = [&] {
    const std::size_t start = i;
    while (i < text.size() && text[i] >= '0' && text[i] <= '9') ++i;
    return i - start;
  };
  if (i < text.size() && text[i] == '-') ++i;
  const std::size_t whole_start = i;
  const std::size_t whole = digits();
  if (whole == 0 || (whole > 1 && text[whole_start] == '0')) return false;
  if (i < text.size() && text[i] == '.') {
    ++i;
    if (digits() == 0) return false;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (digits() == 0) return false;
  }
  return i == text.size();
}

// Walks `value`, `depth` levels down; false when any part of it is not JSON. What it is goes to `keep`, if given.
inline bool scan_json_value(simdjson::ondemand::value value, int depth, FieldValue* keep) {
  if (depth > kMaxJsonDepth) return false;
  const std::string_view raw = value.raw_json_token();
  if (raw.empty()) return false;
  switch (raw.front()) {
    case '{': {
      simdjson::ondemand::object object;
      if (value.get_object().get(object)) return false;
      for (auto member : object) {
        simdjson::ondemand::field field;
        std::string_view key;
        if (std::move(member).get(field) || field.unescaped_key().get(key)) return false;
        if (!scan_json_value(field.value(), depth + 1, nullptr)) return false;
      }
      if (keep != nullptr) *keep = {FieldValue::container, {}};
      return true;
    }
    case '[': {
      simdjson::ondemand::array array;
      if (value.get_array().get(array)) return false;
      for (auto element : array) {
        simdjson::ondemand::value item;
        if (std::move(element).get(item) || !scan_json_value(item, depth + 1, nullptr)) return false;
      }
      if (keep != nullptr) *keep = {FieldValue::container, {}};
      return true;
    }
    case '"': {
      std::string_view text;
      if (value.get_string().get(text)) return false;
      if (keep != nullptr) *keep = {FieldValue::string, text};
      return true;
    }
    default: {
      const std::string_view token = trim_json_token(raw);
      const bool literal = token == "true" || token == "false" || token == "null";
      if (!literal && !is_json_number(token)) return false;
      if (keep != nullptr) *keep = {literal ? FieldValue::literal : FieldValue::number, token};
      return true;
    }
  }
}

}  // namespace streamd
