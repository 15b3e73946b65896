#include "wire/contract_fast_path.h"

#include <bit>
#include <charconv>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace streamd {
namespace {

// No bounds are checked below, and none are needed: the text ends with a newline, nothing here steps over one but the
// last step, and comparing a fixed text or 16 bytes of a symbol reads less than kReadSlack beyond it.

std::uint64_t load_word(const char* p) {
  std::uint64_t word;
  std::memcpy(&word, p, sizeof(word));
  return word;
}

// Compares in words of eight, which overlap at the end: the fixed text's words are constants.
template <std::size_t N>
[[gnu::always_inline]] inline bool skip_text(const char*& p, const char (&text)[N]) {
  constexpr std::size_t kLength = N - 1;
  static_assert(kLength >= 7);
  std::uint64_t difference = 0;
  for (std::size_t i = 0; i + 8 <= kLength; i += 8) difference |= load_word(p + i) ^ load_word(text + i);
  if constexpr (kLength >= 8) {
    difference |= load_word(p + kLength - 8) ^ load_word(text + kLength - 8);
  } else {  // a string's closing zero is not compared
    std::uint32_t low, high, text_low, text_high;
    std::memcpy(&low, p, 4);
    std::memcpy(&high, p + kLength - 4, 4);
    std::memcpy(&text_low, text, 4);
    std::memcpy(&text_high, text + kLength - 4, 4);
    difference = (low ^ text_low) | (high ^ text_high);
  }
  if (difference != 0) return false;
  p += kLength;
  return true;
}

bool is_digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }

// Up to eight digits at `p`: how many there are, and their value.
struct Digits {
  unsigned count;
  std::uint64_t value;
};

// Eight bytes at once, the first digit in the lowest byte. A byte that was a digit is then 0 … 9.
constexpr std::uint64_t kZeros = 0x3030303030303030;

// The high bit of each byte that was no digit (of those above the first such byte it says nothing).
[[gnu::always_inline]] inline std::uint64_t others(std::uint64_t digits) {
  return (digits | (digits + 0x7676767676767676)) & 0x8080808080808080;
}

// The value of the first `count` digits, 1 to 8.
[[gnu::always_inline]] inline std::uint64_t digits_value(std::uint64_t digits, unsigned count) {
  digits <<= 64 - 8 * count;  // leading zeros instead of what follows
  digits = (digits * 10 + (digits >> 8)) & 0x00FF00FF00FF00FF;
  digits = (digits * 100 + (digits >> 16)) & 0x0000FFFF0000FFFF;
  return (digits * 10000 + (digits >> 32)) & 0xFFFFFFFF;
}

[[gnu::always_inline]] inline Digits read_digits(const char* p) {
  if constexpr (std::endian::native == std::endian::little) {
    const std::uint64_t digits = load_word(p) ^ kZeros;
    const std::uint64_t end = others(digits);
    const unsigned count = end == 0 ? 8 : static_cast<unsigned>(std::countr_zero(end)) / 8;
    if (count == 0) return {0, 0};
    return {count, digits_value(digits, count)};
  } else {
    Digits digits{0, 0};
    for (; digits.count < 8 && is_digit(p[digits.count]); ++digits.count) {
      digits.value = digits.value * 10 + static_cast<std::uint64_t>(p[digits.count] - '0');
    }
    return digits;
  }
}

constexpr std::uint64_t kWholePowersOfTen[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};

// All digits at `p`, which moves behind them; the value is right up to 19 of them. Returns how many.
[[gnu::always_inline]] inline std::ptrdiff_t append_digits(const char*& p, std::uint64_t& value) {
  std::ptrdiff_t count = 0;
  for (;;) {
    const Digits digits = read_digits(p);
    value = value * kWholePowersOfTen[digits.count] + digits.value;
    p += digits.count;
    count += digits.count;
    if (digits.count < 8) return count;
  }
}

// Length of the plain text before the closing quote, or 0: only printable ASCII without escapes, at most 64 bytes.
std::size_t plain_symbol_length(const char* p) {
#if defined(__SSE2__)
  for (std::size_t offset = 0; offset <= 48; offset += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + offset));
    const unsigned quotes = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'))));
    // Signed: below 0x20 are the control characters and all bytes from 0x80 on.
    const unsigned others = static_cast<unsigned>(
        _mm_movemask_epi8(_mm_or_si128(_mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)),
                                       _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')),
                                                    _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f))))));
    if (quotes != 0) {
      const unsigned at = static_cast<unsigned>(std::countr_zero(quotes));
      if ((others & ((1u << at) - 1)) != 0) return 0;
      return offset + at;
    }
    if (others != 0) return 0;
  }
  return 0;  // 64 bytes exactly take the general reader, too
#else
  for (std::size_t i = 0; i < 64; ++i) {
    const auto c = static_cast<unsigned char>(p[i]);
    if (c == '"') return i;
    if (c < 0x20 || c >= 0x7f || c == '\\') return 0;
  }
  return 0;
#endif
}

// A whole number without sign or leading zeros, up to 15 digits.
bool read_integer(const char*& p, std::int64_t& value) {
  const char first = *p;
  std::uint64_t result = 0;
  const std::ptrdiff_t digits = append_digits(p, result);
  if (digits == 0 || digits > 15 || (first == '0' && digits > 1)) return false;
  value = static_cast<std::int64_t>(result);
  return true;
}

constexpr double kPowersOfTen[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10,
                                   1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

// Milliseconds of these centuries have 13 digits. Guessing so, the next field is read before this one is.
[[gnu::always_inline]] inline bool read_time(const char*& p, std::int64_t& value) {
  if constexpr (std::endian::native == std::endian::little) {
    if (p[13] == ',') [[likely]] {
      const std::uint64_t first = load_word(p) ^ kZeros;
      const std::uint64_t last = load_word(p + 5) ^ kZeros;
      if ((others(first) | others(last)) == 0 && *p != '0') [[likely]] {
        value = static_cast<std::int64_t>(digits_value(first, 5) * 100'000'000 + digits_value(last, 8));
        p += 13;
        return true;
      }
    }
  }
  return read_integer(p, value);
}

#if defined(__SSE2__)
// A number of up to 15 characters with up to 8 digits on either side of its point, found in one look at 16 bytes: how
// far it goes is known before its value is, so reading the next field need not wait. False: not such a number.
[[gnu::always_inline]] inline bool read_short_decimal(const char*& p, double& value) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  // '0' … '9' become -128 … -119, all others are greater.
  const __m128i shifted = _mm_add_epi8(bytes, _mm_set1_epi8(0x80 - '0'));
  const auto ends = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpgt_epi8(shifted, _mm_set1_epi8(-119))));
  const unsigned further_ends = ends & (ends - 1);
  if (ends == 0 || further_ends == 0) return false;
  const auto whole = static_cast<unsigned>(std::countr_zero(ends));
  if (whole == 0 || whole > 8 || (*p == '0' && whole > 1)) return false;
  std::uint64_t mantissa = digits_value(load_word(p) ^ kZeros, whole);
  if (p[whole] != '.') {
    value = static_cast<double>(mantissa);
    p += whole;
    return true;
  }
  const unsigned fraction = static_cast<unsigned>(std::countr_zero(further_ends)) - whole - 1;
  if (fraction == 0 || fraction > 8 || whole + fraction > 15) return false;
  mantissa = mantissa * kWholePowersOfTen[fraction] + digits_value(load_word(p + whole + 1) ^ kZeros, fraction);
  value = static_cast<double>(mantissa) / kPowersOfTen[fraction];
  p += whole + 1 + fraction;
  return true;
}
#endif

// A JSON number without exponent, rounded correctly: when the digits fit a double's 53 bits and the power of ten is
// exact, one division is (Clinger 1990); else std::from_chars.
[[gnu::noinline]] bool read_any_decimal(const char*& p, double& value) {
  const char* start = p;
  const bool negative = *p == '-';
  if (negative) ++p;
  const char first = *p;
  std::uint64_t mantissa = 0;
  const std::ptrdiff_t whole_digits = append_digits(p, mantissa);
  if (whole_digits == 0 || (first == '0' && whole_digits > 1)) return false;
  std::ptrdiff_t fraction_digits = 0;
  if (*p == '.') {
    fraction_digits = append_digits(++p, mantissa);
    if (fraction_digits == 0) return false;
  }
#if defined(STREAMD_PLANTED_FAST_PATH_BUG)
  constexpr std::ptrdiff_t kExactDigits = 22;  // wrong: the mantissa has overflowed long before
#else
  constexpr std::ptrdiff_t kExactDigits = 19;
#endif
  if (whole_digits + fraction_digits <= kExactDigits && mantissa <= (std::uint64_t{1} << 53)) [[likely]] {
    const double magnitude = static_cast<double>(mantissa) / kPowersOfTen[fraction_digits];
    value = negative ? -magnitude : magnitude;
    return true;
  }
  const auto [stop, error] = std::from_chars(start, p, value);
  return error == std::errc() && stop == p;
}

[[gnu::always_inline]] inline bool read_decimal(const char*& p, double& value) {
#if defined(__SSE2__)
  if (read_short_decimal(p, value)) [[likely]] return true;
#endif
  return read_any_decimal(p, value);
}

// Up to 18 digits: no more are sure to be in range.
[[gnu::always_inline]] inline bool read_seq(const char*& p, ParsedLine& out) {
  if (!skip_text(p, ",\"seq\":")) return false;
  const char first = *p;
  std::uint64_t seq = 0;
  const std::ptrdiff_t digits = append_digits(p, seq);
  if (digits == 0 || digits > 18 || (first == '0' && digits > 1)) return false;
  out.seq = seq;
  out.seq_form = SeqForm::valid;
  return true;
}

// What may come before the closing brace, and the newline that must come right after it.
[[gnu::always_inline]] inline const char* finish_line(const char* line, const char* p, std::size_t max_line_bytes,
                                                      ParsedLine& out) {
  out.seq_form = SeqForm::absent;
  if (*p == ',' && !read_seq(p, out)) return nullptr;
  if (p[0] != '}' || p[1] != '\n') return nullptr;
  if (static_cast<std::size_t>(p + 1 - line) > max_line_bytes) return nullptr;
  return p + 2;
}

const char* read_trade(const char* line, const char* p, std::size_t max_line_bytes, ParsedLine& out) {
  if (!skip_text(p, ",\"price\":") || !read_decimal(p, out.price)) return nullptr;
  if (!skip_text(p, ",\"qty\":") || !read_decimal(p, out.quantity)) return nullptr;
  if (out.quantity < 0) return nullptr;
  out.kind = LineKind::trade;
  return finish_line(line, p, max_line_bytes, out);
}

const char* read_bar(const char* line, const char* p, std::size_t max_line_bytes, ParsedLine& out) {
  Ohlcv& bar = out.bar;
  if (!skip_text(p, ",\"open\":") || !read_decimal(p, bar.open)) return nullptr;
  if (!skip_text(p, ",\"high\":") || !read_decimal(p, bar.high)) return nullptr;
  if (!skip_text(p, ",\"low\":") || !read_decimal(p, bar.low)) return nullptr;
  if (!skip_text(p, ",\"close\":") || !read_decimal(p, bar.close)) return nullptr;
  if (!skip_text(p, ",\"volume\":") || !read_decimal(p, bar.volume)) return nullptr;
  bar.trades = 0;
  if (p[0] == ',' && p[2] == 't' && (!skip_text(p, ",\"trades\":") || !read_integer(p, bar.trades))) return nullptr;
  if (out.event_time_ms % 1000 != 0 || !bar_is_consistent(bar)) return nullptr;
  out.kind = LineKind::bar;
  return finish_line(line, p, max_line_bytes, out);
}

}  // namespace

const char* read_contract_line(const char* line, std::size_t max_line_bytes, ParsedLine& out) {
  const char* p = line;
  if (!skip_text(p, "{\"type\":\"")) return nullptr;
  const bool is_trade = *p == 't';
  if (is_trade ? !skip_text(p, "trade\",\"symbol\":\"") : !skip_text(p, "ohlc1s\",\"symbol\":\"")) return nullptr;
  const std::size_t length = plain_symbol_length(p);
  if (length == 0) return nullptr;
  out.symbol = {p, length};
  p += length;
  if (!skip_text(p, "\",\"ts_ms\":") || !read_time(p, out.event_time_ms)) return nullptr;
  if (out.event_time_ms > kMaxEventTimeMs) return nullptr;
  return is_trade ? read_trade(line, p, max_line_bytes, out) : read_bar(line, p, max_line_bytes, out);
}

}  // namespace streamd
