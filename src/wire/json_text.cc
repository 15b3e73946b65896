#include "wire/json_text.h"

#include <simdjson.h>

#include <cstdint>

namespace streamd {
namespace {

// Length of the valid UTF-8 sequence at the start of `text`, 0 when there is none.
std::size_t sequence_length(std::string_view text) {
  for (std::size_t length = 1; length <= 4 && length <= text.size(); ++length) {
    if (simdjson::validate_utf8(text.data(), length)) return length;
  }
  return 0;
}

void append_escaped(std::string& out, char c) {
  constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '"': out.append("\\\""); break;
    case '\\': out.append("\\\\"); break;
    case '\n': out.append("\\n"); break;
    case '\r': out.append("\\r"); break;
    case '\t': out.append("\\t"); break;
    default:
      if (static_cast<unsigned char>(c) < 0x20) {
        out.append("\\u00").push_back(kHex[(c >> 4) & 15]);
        out.push_back(kHex[c & 15]);
      } else {
        out.push_back(c);
      }
  }
}

}  // namespace

bool is_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  if (is_utf8(text)) {
    for (char c : text) append_escaped(out, c);
  } else {
    while (!text.empty()) {
      const std::size_t length = sequence_length(text);
      if (length == 0) {
        out.append("\xEF\xBF\xBD");
        text.remove_prefix(1);
      } else {
        for (char c : text.substr(0, length)) append_escaped(out, c);
        text.remove_prefix(length);
      }
    }
  }
  out.push_back('"');
}

void append_base64(std::string& out, std::string_view bytes) {
  constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t word = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      word = word << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out.push_back(k <= count ? kAlphabet[(word >> (18 - 6 * k)) & 63] : '=');
    }
  }
}

}  // namespace streamd
