#include "feed/excerpt.h"

#include "wire/json_text.h"

namespace streamd::feed {
namespace {

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// Valid UTF-8 without C0, but DEL and C1 (0xC2 0x80 … 0x9F) may be in it.
void blank_control_characters(std::string& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x7f') text[i] = '?';
    const bool is_c1 = text[i] == '\xc2' && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (is_c1) text.replace(i, 2, "?");
  }
}

}  // namespace

std::string excerpt(std::string_view text, std::size_t max_bytes) {
  std::size_t size = text.size();
  if (size > max_bytes) {
    size = max_bytes;
    while (size > 0 && continues_character(text[size])) --size;
  }
  std::string quoted;
  append_json_string(quoted, text.substr(0, size));
  blank_control_characters(quoted);
  if (size < text.size()) quoted += "…";
  return quoted;
}

}  // namespace streamd::feed
