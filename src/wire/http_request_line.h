// Tells a browser or curl that has come to the wrong port. Looked at only where a line was refused anyway.
#pragma once

#include <algorithm>
#include <string_view>

namespace streamd {

// "GET / HTTP/1.1", with or without a carriage return.
inline bool is_http_request_line(std::string_view line) {
  constexpr std::size_t kMaxMethod = 16;
  if (line.ends_with('\r')) line.remove_suffix(1);
  const std::size_t method = line.find(' ');
  const std::size_t version = line.rfind(' ');
  if (method == std::string_view::npos || method == 0 || method > kMaxMethod || version == method) return false;
  const std::string_view name = line.substr(0, method);
  return std::all_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; }) &&
         line.substr(version + 1).starts_with("HTTP/");
}

}  // namespace streamd
