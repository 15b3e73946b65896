// The general reader survives every line; what it accepts is in range; and it finds a line to be JSON exactly when
// simdjson's other parser (DOM) does.
#include <simdjson.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "line_mutator.h"
#include "wire/ndjson_reader.h"

namespace {

using namespace streamd;

void require(bool condition, const char* what, std::string_view line) {
  if (condition) return;
  std::fprintf(stderr, "the general reader is wrong: %s\n%.*s\n", what, static_cast<int>(line.size()), line.data());
  std::abort();
}

void require_in_range(const ParsedLine& parsed, std::string_view line) {
  require(!parsed.symbol.empty() && parsed.symbol.size() <= 64, "symbol length", line);
  require(simdjson::validate_utf8(parsed.symbol), "symbol is not UTF-8", line);
  for (char c : parsed.symbol) require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f, "control character", line);
  require(parsed.event_time_ms >= 0 && parsed.event_time_ms <= kMaxEventTimeMs, "ts_ms", line);
  if (parsed.kind == LineKind::trade) {
    require(std::isfinite(parsed.price), "price", line);
    require(std::isfinite(parsed.quantity) && parsed.quantity >= 0, "qty", line);
    return;
  }
  const Ohlcv& bar = parsed.bar;
  require(parsed.event_time_ms % 1000 == 0, "a bar within a second", line);
  for (double value : {bar.open, bar.high, bar.low, bar.close, bar.volume}) {
    require(std::isfinite(value), "not finite", line);
  }
  require(bar.low <= bar.open && bar.low <= bar.close && bar.open <= bar.high && bar.close <= bar.high, "prices", line);
  require(bar.volume >= 0 && bar.trades >= 0, "volume or trades", line);
}

// DOM refuses numbers that do not fit (as JSON they are right), and nests deeper than the reader does.
void require_same_verdict_as_dom(bool is_json, std::string_view line) {
  static simdjson::dom::parser parser;
  simdjson::dom::object object;
  const simdjson::error_code error = parser.parse(line.data(), line.size()).get(object);
  if (is_json) {
    require(!error || error == simdjson::NUMBER_ERROR, "taken for JSON", line);
    return;
  }
  std::size_t brackets = 0;
  for (char c : line) brackets += c == '[' || c == '{';
  require(error || brackets > 500, "JSON that is not taken for it", line);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static NdjsonReader reader;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  input = input.substr(0, input.find('\n'));
  if (is_blank_line(input)) return 0;

  // What lies behind the line must not matter. The memory ends where the readers may look no further.
  const auto memory = std::make_unique<char[]>(input.size() + kReadSlack);
  std::memcpy(memory.get(), input.data(), input.size());
  const std::string_view line(memory.get(), input.size());
  std::memset(memory.get() + line.size(), '7', kReadSlack);
  const ParsedLine first = reader.read(line);
  const std::string symbol(first.symbol);
  std::memset(memory.get() + line.size(), '"', kReadSlack);
  const ParsedLine parsed = reader.read(line);

  require(parsed.kind == first.kind && parsed.reject == first.reject && parsed.symbol == symbol &&
              parsed.event_time_ms == first.event_time_ms && parsed.price == first.price &&
              parsed.quantity == first.quantity && parsed.bar == first.bar,
          "what lies behind the line changed it", line);
  if (parsed.kind != LineKind::reject) require_in_range(parsed, line);
  require_same_verdict_as_dom(parsed.kind != LineKind::reject || parsed.reject != RejectReason::invalid_json, line);
  return 0;
}
