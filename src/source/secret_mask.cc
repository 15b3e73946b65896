#include "source/secret_mask.h"

#include <charconv>
#include <cstdint>

namespace streamd {
namespace {

constexpr std::string_view kInstead = "(hidden)";

void append_utf8(std::string& out, std::uint32_t code) {
  const auto byte = [&out](std::uint32_t value) { out.push_back(static_cast<char>(value)); };
  if (code < 0x80) return byte(code);
  if (code < 0x800) {
    byte(0xC0 | code >> 6);
  } else if (code < 0x10000) {
    byte(0xE0 | code >> 12);
    byte(0x80 | (code >> 6 & 0x3F));
  } else {
    byte(0xF0 | code >> 18);
    byte(0x80 | (code >> 12 & 0x3F));
    byte(0x80 | (code >> 6 & 0x3F));
  }
  byte(0x80 | (code & 0x3F));
}

// "\uXXXX" at the beginning of `text`.
bool read_unit(std::string_view text, std::uint32_t& unit) {
  if (text.size() < 6 || text[0] != '\\' || text[1] != 'u') return false;
  const char* end = text.data() + 6;
  return std::from_chars(text.data() + 2, end, unit, 16).ptr == end;
}

// The escape at the beginning of `text`: appends what it means; its size, 0 when it is none.
std::size_t read_escape(std::string_view text, std::string& meaning) {
  if (text.size() < 2) return 0;
  constexpr std::string_view kLetters = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  if (const std::size_t i = kLetters.find(text[1]); i != std::string_view::npos) {
    meaning.push_back(kMeanings[i]);
    return 2;
  }
  std::uint32_t unit = 0;
  std::uint32_t second = 0;
  if (!read_unit(text, unit)) return 0;
  const bool is_pair = unit >> 10 == 0xD800 >> 10 && read_unit(text.substr(6), second) && second >> 10 == 0xDC00 >> 10;
  append_utf8(meaning, is_pair ? 0x10000 + ((unit & 0x3FF) << 10 | (second & 0x3FF)) : unit);
  return is_pair ? 12 : 6;
}

}  // namespace

std::size_t SecretMask::spelled(std::string_view text) const {
  std::string_view left = secret_;
  std::size_t size = 0;
  while (!left.empty()) {
    if (size == text.size()) return 0;
    std::string meaning;
    std::size_t taken = text[size] == '\\' ? read_escape(text.substr(size), meaning) : 0;
    if (taken == 0 || !left.starts_with(meaning)) {
      meaning.assign(1, text[size]);
      taken = 1;
    }
    if (!left.starts_with(meaning)) return 0;
    left.remove_prefix(meaning.size());
    size += taken;
  }
  return size;
}

std::string_view SecretMask::hide(std::string_view line, std::string& kept) const {
  if (secret_.empty()) return line;
  bool found = false;
  kept.clear();
  for (std::size_t at = 0; at < line.size();) {
    const bool may_begin = line[at] == secret_[0] || line[at] == '\\';
    if (const std::size_t size = may_begin ? spelled(line.substr(at)) : 0; size > 0) {
      kept += kInstead;
      at += size;
      found = true;
    } else {
      kept += line[at++];
    }
  }
  return found ? kept : line;
}

}  // namespace streamd
