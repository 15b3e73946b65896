// Writes one JSON object, name by name, in the order in which they are added.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>

#include "wire/json_text.h"

namespace streamd {

class JsonObject {
 public:
  template <std::integral Integer>
    requires(!std::same_as<Integer, bool>)
  void add(std::string_view name, Integer value) {
    add_raw(name, fmt::format("{}", value));
  }
  void add(std::string_view name, bool value) { add_raw(name, value ? "true" : "false"); }
  // What JSON has no number for is null.
  void add(std::string_view name, double value) {
    add_raw(name, std::isfinite(value) ? fmt::format("{}", value) : "null");
  }
  void add(std::string_view name, std::string_view value) {
    begin(name);
    append_json_string(text_, value);
  }
  void add(std::string_view name, const char* value) { add(name, std::string_view(value)); }
  // Nothing is null.
  template <typename Value>
  void add(std::string_view name, const std::optional<Value>& value) {
    if (value) {
      add(name, *value);
    } else {
      add_raw(name, "null");
    }
  }
  // `json` stands as it is.
  void add_raw(std::string_view name, std::string_view json) {
    begin(name);
    text_ += json;
  }

  std::string text() const { return text_ + '}'; }

 private:
  void begin(std::string_view name) {
    if (text_.size() > 1) text_ += ',';
    append_json_string(text_, name);
    text_ += ':';
  }
  std::string text_ = "{";
};

}  // namespace streamd
