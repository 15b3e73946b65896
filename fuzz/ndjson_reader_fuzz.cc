// The general reader survives every line; what it accepts is in range; and it finds a line to be JSON exactly when
// simdjson's other parser (DOM) does, with the sequence number that DOM finds.
#include <simdjson.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
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

void require_name(std::string_view name, std::size_t max_bytes, std::string_view line) {
  require(!name.empty() && name.size() <= max_bytes, "length of a name", line);
  require(simdjson::validate_utf8(name), "a name is not UTF-8", line);
  for (char c : name) require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f, "control character", line);
}

void require_in_range(const HelloLine& hello, std::string_view line) {
  for (const auto& name : {hello.label, hello.producer, hello.session}) {
    if (name) require_name(*name, 256, line);
  }
  if (hello.token) require(!hello.token->empty() && hello.token->size() <= 4096, "token length", line);
  require(!hello.ack || hello.producer, "acks without a producer", line);
}

void require_in_range(const ParsedLine& parsed, std::string_view line) {
  if (parsed.kind == LineKind::hello) return require_in_range(parsed.hello, line);
  if (parsed.kind == LineKind::sync) return require_name(parsed.sync_id, 256, line);
  if (parsed.kind == LineKind::ping) return;
  require_name(parsed.symbol, 64, line);
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

void require_same_seq_as_dom(const ParsedLine& parsed, const simdjson::dom::object& object, std::string_view line) {
  std::optional<simdjson::dom::element> last;
  for (const auto field : object) {
    if (field.key == "seq") last = field.value;
  }
  if (!last) return require(parsed.seq_form == SeqForm::absent, "a seq that is not there", line);
  const std::int64_t value = last->is<std::int64_t>() ? std::int64_t{*last} : -1;
  if (value == 0 && parsed.seq_form == SeqForm::bad) return;  // DOM does not keep the sign of -0
  require(parsed.seq_form == (value < 0 ? SeqForm::bad : SeqForm::valid), "the form of seq", line);
  require(value < 0 || parsed.seq == static_cast<std::uint64_t>(value), "seq", line);
}

// DOM refuses numbers that do not fit (as JSON they are right), and nests deeper than the reader does.
void require_same_as_dom(const ParsedLine& parsed, std::string_view line) {
  static simdjson::dom::parser parser;
  simdjson::dom::object object;
  const simdjson::error_code error = parser.parse(line.data(), line.size()).get(object);
  if (parsed.kind != LineKind::reject || parsed.reject != RejectReason::invalid_json) {
    require(!error || error == simdjson::NUMBER_ERROR, "taken for JSON", line);
    if (!error) require_same_seq_as_dom(parsed, object, line);
    return;
  }
  require(parsed.seq_form == SeqForm::absent, "a seq of what is no JSON", line);
  std::size_t brackets = 0;
  for (char c : line) brackets += c == '[' || c == '{';
  require(error || brackets > 500, "JSON that is not taken for it", line);
}

std::string control_texts(const ParsedLine& parsed) {
  std::string texts(parsed.sync_id);
  for (const auto& text : {parsed.hello.label, parsed.hello.producer, parsed.hello.session, parsed.hello.token}) {
    texts += text ? "+" : "-";
    texts += text.value_or("");
  }
  return texts + (parsed.hello.ack ? "ack" : "");
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
  const std::string texts = control_texts(first);
  std::memset(memory.get() + line.size(), '"', kReadSlack);
  const ParsedLine parsed = reader.read(line);

  require(parsed.kind == first.kind && parsed.reject == first.reject && parsed.symbol == symbol &&
              parsed.event_time_ms == first.event_time_ms && parsed.price == first.price &&
              parsed.quantity == first.quantity && parsed.bar == first.bar && parsed.seq_form == first.seq_form &&
              parsed.seq == first.seq && control_texts(parsed) == texts,
          "what lies behind the line changed it", line);
  if (parsed.kind != LineKind::reject) require_in_range(parsed, line);
  require_same_as_dom(parsed, line);
  return 0;
}
