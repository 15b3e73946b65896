// Lines of the contract's own form, and lines that miss it by a little: what decides between the two readers.
// A function of the seed alone. For the differential tests and as the mutator of the fuzzers.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace streamd {

class ContractLines {
 public:
  explicit ContractLines(std::uint64_t seed) : random_(seed) {}

  // Canonical and in range: the fast path must take it. Without newline.
  std::string canonical();
  // Canonical with up to three changes; may still be canonical, valid in another form, or wrong. Without newline.
  std::string near_canonical();
  // Changes one thing of any line: a number, a byte, a piece. Never adds a newline.
  void change(std::string& line);
  // A JSON number without exponent; mostly where rounding is hard. Longer than 60 digits only when `any_size`.
  std::string number(bool any_size);

  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }

 private:
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  std::string digits(std::size_t count);
  std::string symbol();
  // A last member, or nothing.
  std::string seq_member();
  void replace_number(std::string& line);
  template <std::size_t N>
  std::string_view pick(const std::string_view (&choices)[N]) {
    return choices[below(N)];
  }

  std::mt19937_64 random_;
};

inline std::string decimal_text(unsigned __int128 value) {
  std::string text;
  do {
    text.insert(text.begin(), static_cast<char>('0' + static_cast<int>(value % 10)));
    value /= 10;
  } while (value != 0);
  return text;
}

inline bool is_decimal_digit(char c) { return c >= '0' && c <= '9'; }

inline std::string ContractLines::digits(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += static_cast<char>('0' + static_cast<int>(below(10)));
  return text;
}

inline std::string ContractLines::number(bool any_size) {
  constexpr unsigned __int128 kTwo53 = 1ull << 53;
  constexpr unsigned __int128 kTwo64 = kTwo53 << 11;
  std::string text;
  switch (below(any_size ? 9 : 8)) {
    case 0: text = "0"; break;
    case 1: text = digits(1 + below(8)); break;
    case 2: text = digits(14 + below(10)); break;
    // A mantissa at the edge of what a double holds exactly …
    case 3: text = decimal_text(kTwo53 - 4 + below(9)); break;
    case 4: text = decimal_text(kTwo53 * (1 + below(2048)) - 4 + below(9)); break;
    // … at the edge of 64 bits, and beyond it where a careless sum comes back as a small number.
    case 5: text = decimal_text(kTwo64 - 4 + below(9)); break;
    case 6: text = decimal_text(kTwo64 * (1 + below(600)) + below(1ull << 53)); break;
    // Halfway between two doubles, but for a digit far behind.
    case 7:
      text = decimal_text(kTwo53 + 1 + 2 * below(1000));
      text += std::string(below(30), '0');
      if (one_in(2)) text += '1';
      break;
    default: text = digits(1 + below(450)); break;
  }
  std::string fraction;
  if (one_in(4)) {
    fraction = std::string(below(12), '0');
    fraction += digits(1 + below(12));
  } else if (!one_in(3)) {
    const std::size_t moved = below(text.size() + 1);
    fraction = text.substr(text.size() - moved);
    text.resize(text.size() - moved);
  }
  if (any_size && one_in(20)) {
    fraction = std::string(below(400), '0');
    fraction += digits(1 + below(40));
  }
  text.erase(0, std::min(text.find_first_not_of('0'), text.size()));
  if (text.empty()) text = "0";
  if (!fraction.empty()) text += "." + fraction;
  return text;
}

inline std::string ContractLines::symbol() {
  static constexpr std::string_view kUsual[] = {"BTCUSDT", "ES", "A", "EUR/USD", "BRK.B", "1000SHIB-PERP", "x'{}[]:,"};
  if (!one_in(4)) return std::string(pick(kUsual));
  std::string text;
  const std::size_t length = 1 + below(63);
  while (text.size() < length) {
    const char c = static_cast<char>(0x20 + below(0x5f));
    if (c != '"' && c != '\\') text += c;
  }
  return text;
}

inline std::string ContractLines::seq_member() {
  constexpr std::uint64_t kEnd = 1'000'000'000'000'000'000;  // 19 digits are left to the general reader
  std::uint64_t seq = below(kEnd);
  if (one_in(2)) return "";
  if (one_in(2)) {
    for (std::uint64_t dropped = below(18); dropped > 0; --dropped) seq /= 10;
  } else if (one_in(4)) {
    seq = one_in(2) ? below(3) : kEnd - 1 - below(3);
  }
  return ",\"seq\":" + std::to_string(seq);
}

inline std::string ContractLines::canonical() {
  std::uint64_t ts_ms = 1700000000000 + below(100000000);
  if (one_in(10)) ts_ms = below(253402300800000);
  if (one_in(50)) ts_ms = below(1000000);
  const auto signed_number = [&] {
    std::string text = one_in(5) ? "-" : "";
    text += number(false);
    return text;
  };
  // Piece by piece: the order of evaluation is part of what the seed means.
  std::string line;
  if (!one_in(3)) {
    line = "{\"type\":\"trade\",\"symbol\":\"";
    line += symbol();
    line += "\",\"ts_ms\":" + std::to_string(ts_ms) + ",\"price\":";
    line += signed_number();
    line += ",\"qty\":";
    line += number(false);
    line += seq_member();
    return line + "}";
  }
  std::vector<std::string> prices(4);
  std::generate(prices.begin(), prices.end(), signed_number);
  std::sort(prices.begin(), prices.end(), [](const std::string& a, const std::string& b) {
    return std::strtod(a.c_str(), nullptr) < std::strtod(b.c_str(), nullptr);
  });
  if (one_in(2)) std::swap(prices[1], prices[2]);
  line = "{\"type\":\"ohlc1s\",\"symbol\":\"";
  line += symbol();
  line += "\",\"ts_ms\":" + std::to_string(ts_ms / 1000 * 1000) + ",\"open\":" + prices[1] + ",\"high\":" +
          prices[3] + ",\"low\":" + prices[0] + ",\"close\":" + prices[2] + ",\"volume\":";
  line += number(false);
  if (!one_in(3)) line += ",\"trades\":" + std::to_string(below(one_in(4) ? 1000000000000000 : 1000));
  line += seq_member();
  return line + "}";
}

inline void ContractLines::replace_number(std::string& line) {
  static constexpr std::string_view kOdd[] = {"01",  "00",    "-0",   "-",     ".5",   "1.",  "1e5", "1E-3",  "+1",
                                              "0x1", "1e400", "null", "true",  "[1]",  "{}",  "-0.0", "1e-400", "NaN",
                                              "1 ",  " 1",    "1_0",  "\"1\"", "\"\"", "--1", "1.2.3", "1e",    "-1"};
  static constexpr std::string_view kWhole[] = {
      "253402300799999",     "253402300800000",     "999999999999999", "0",             "-1",
      "9223372036854775807", "9223372036854775808", "1700000000001",   "1700000000000", "01700000000000",
      "999999999999999999",  "1000000000000000000"};
  std::vector<std::size_t> starts;
  for (std::size_t i = 1; i < line.size(); ++i) {
    if ((is_decimal_digit(line[i]) || line[i] == '-') && line[i - 1] == ':') starts.push_back(i);
  }
  if (starts.empty()) return;
  const std::size_t start = starts[below(starts.size())];
  std::size_t end = start;
  while (end < line.size() && (is_decimal_digit(line[end]) || line[end] == '.' || line[end] == '-')) ++end;
  std::string text = one_in(4) ? "-" : "";
  text += number(true);
  if (one_in(4)) text = pick(kOdd);
  if (one_in(8)) text = pick(kWhole);
  line.replace(start, end - start, text);
}

inline void ContractLines::change(std::string& line) {
  static constexpr std::string_view kPieces[] = {
      " ",     "\t",       "\r",         "\"",         "\\",          "\\\"",       ",",           ":",    "{",
      "}",     "[",        "]",          "0",          "9",           ".",          "-",           "e",    "\\u0041",
      "\x7f",  "\xc3\xa9", "\xc2\x80",   "\xff",       "\xed\xa0\x80", "\\ud83d\\ude00", "\\ud83d", "\x01", "trade",
      "\"x\":1,", "null",  ",\"x\":[1]", "\"trades\":3", "\"partial\":false", "\"type\":\"trade\",", "\"price\":1,",
      ",\"seq\":7", "\"seq\":8,", ",\"seq\":\"9\"",
      std::string_view("\0", 1)};
  const std::size_t at = below(line.size() + 1);
  switch (below(8)) {
    case 0:
    case 1:
    case 2: replace_number(line); break;
    case 3: line.insert(at, pick(kPieces)); break;
    case 4: line.erase(at, 1 + below(one_in(4) ? 20 : 2)); break;
    case 5:
      if (at < line.size()) line[at] = static_cast<char>(below(256));
      if (at < line.size() && line[at] == '\n') line[at] = ' ';
      break;
    case 6: {  // the symbol's length across its bounds
      const std::size_t quote = line.find("\",\"ts_ms\"");
      if (quote != std::string::npos) line.insert(quote, below(one_in(8) ? 200 : 70), 'S');
      break;
    }
    default: {  // a member twice, or elsewhere
      const std::size_t comma = line.find(',', at);
      if (comma == std::string::npos) break;
      const std::size_t next = std::min(line.find_first_of(",}", comma + 1), line.size());
      const std::string member = line.substr(comma, next - comma);
      if (one_in(2)) line.erase(comma, next - comma);
      const std::size_t place = line.find(',', below(line.size() + 1));
      line.insert(place == std::string::npos ? line.size() : place, member);
      break;
    }
  }
}

inline std::string ContractLines::near_canonical() {
  std::string line = canonical();
  for (std::uint64_t left = below(4); left > 0; --left) change(line);
  return line;
}

}  // namespace streamd
