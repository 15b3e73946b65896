#include "wire/ndjson_reader.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string>

#include "wire/json_scan.h"

namespace streamd {
namespace {

namespace ondemand = simdjson::ondemand;
static_assert(kReadSlack >= simdjson::SIMDJSON_PADDING);

constexpr std::size_t kMaxSymbolBytes = 64;
constexpr std::size_t kMaxNameBytes = 256;
constexpr std::size_t kMaxTokenBytes = 4096;

enum Field {
  kType,
  kSymbol,
  kTsMs,
  kPrice,
  kQty,
  kOpen,
  kHigh,
  kLow,
  kClose,
  kVolume,
  kTrades,
  kPartial,
  kSeq,
  kLabel,
  kProducer,
  kSession,
  kToken,
  kAck,
  kId,
  kFields
};
constexpr std::string_view kFieldNames[kFields] = {
    "type",   "symbol",  "ts_ms", "price", "qty",      "open",    "high",  "low", "close", "volume",
    "trades", "partial", "seq",   "label", "producer", "session", "token", "ack", "id"};

// A key's length and second letter tell which name it can be: one comparison instead of one for each name.
constexpr std::size_t kSlots = 512;
constexpr std::size_t slot_of(std::string_view key) {
  return key.size() < 2 ? 0 : key.size() % 16 * 32 + static_cast<unsigned char>(key[1]) % 32;
}

constexpr auto kFieldOfSlot = [] {
  std::array<std::uint8_t, kSlots> fields{};
  for (std::size_t i = 0; i < kFields; ++i) fields[slot_of(kFieldNames[i])] = static_cast<std::uint8_t>(i);
  return fields;
}();

constexpr bool each_name_has_its_slot() {
  for (std::size_t i = 0; i < kFields; ++i) {
    if (kFieldOfSlot[slot_of(kFieldNames[i])] != i) return false;
  }
  return true;
}
static_assert(each_name_has_its_slot());

bool read_integer(const FieldValue& field, std::int64_t& value) {
  if (field.form != FieldValue::number) return false;
  const char* end = field.text.data() + field.text.size();
  const auto [stop, error] = std::from_chars(field.text.data(), end, value);
  return error == std::errc() && stop == end;
}

bool read_decimal(const FieldValue& field, double& value) {
  if (field.form != FieldValue::number && field.form != FieldValue::string) return false;
  return parse_decimal(field.text, value);
}

// UTF-8 is known to be valid. Control characters: C0, DEL, and C1 (0xC2 0x80 … 0x9F).
bool is_name(std::string_view text, std::size_t max_bytes) {
  if (text.empty() || text.size() > max_bytes) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == 0x7f) return false;
    if (c == 0xc2 && static_cast<unsigned char>(text[i + 1]) < 0xa0) return false;
  }
  return true;
}

bool read_name(const FieldValue& field, std::size_t max_bytes, std::string_view& name) {
  if (field.form != FieldValue::string || !is_name(field.text, max_bytes)) return false;
  name = field.text;
  return true;
}

bool read_token(const FieldValue& field, std::string_view& token) {
  if (field.form != FieldValue::string || field.text.empty() || field.text.size() > kMaxTokenBytes) return false;
  token = field.text;
  return true;
}

bool read_bool(const FieldValue& field, bool& value) {
  if (field.form != FieldValue::literal || field.text == "null") return false;
  value = field.text == "true";
  return true;
}

void read_seq(const FieldValue& field, ParsedLine& line) {
  if (field.form == FieldValue::absent) return;
  std::int64_t value = 0;
  const bool valid = read_integer(field, value) && field.text.front() != '-';  // -0 is none, either
  line.seq_form = valid ? SeqForm::valid : SeqForm::bad;
  if (valid) line.seq = static_cast<std::uint64_t>(value);
}

bool reject(ParsedLine& line, RejectReason reason) {
  line.kind = LineKind::reject;
  line.reject = reason;
  return false;
}

struct NameField {
  Field field;
  std::optional<std::string_view>* target;
  RejectReason bad;
};

struct NumberField {
  Field field;
  double* target;
  RejectReason missing;
  RejectReason bad;
};

}  // namespace

struct NdjsonReader::Impl {
  ondemand::parser parser;
  FieldValue fields[kFields];

  // Walks the whole document; false when any part of it is not JSON.
  bool scan(std::string_view line);

  // These give false for a line that they reject.
  bool interpret(ParsedLine& line) const;
  bool read_common(ParsedLine& line) const;
  bool interpret_trade(ParsedLine& line) const;
  bool interpret_bar(ParsedLine& line) const;
  bool interpret_hello(ParsedLine& line) const;
  bool interpret_sync(ParsedLine& line) const;
  bool read_numbers(const NumberField* first, const NumberField* last, ParsedLine& line) const;
};

bool NdjsonReader::Impl::scan(std::string_view line) {
  for (FieldValue& field : fields) field.form = FieldValue::absent;
  ondemand::document document;
  const simdjson::padded_string_view padded(line.data(), line.size(), line.size() + simdjson::SIMDJSON_PADDING);
  if (parser.iterate(padded).get(document)) return false;
  ondemand::object object;
  if (document.get_object().get(object)) return false;
  for (auto member : object) {
    ondemand::field field;
    std::string_view key;
    if (std::move(member).get(field) || field.unescaped_key().get(key)) return false;
    const std::size_t candidate = kFieldOfSlot[slot_of(key)];
    FieldValue* keep = key == kFieldNames[candidate] ? &fields[candidate] : nullptr;
    if (!scan_json_value(field.value(), 1, keep)) return false;
  }
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS;  // nothing after the object
}

bool NdjsonReader::Impl::interpret(ParsedLine& line) const {
  const FieldValue& type = fields[kType];
  if (type.form == FieldValue::string) {
    if (type.text == "trade") return interpret_trade(line);
    if (type.text == "ohlc1s") return interpret_bar(line);
    if (type.text == "hello") return interpret_hello(line);
    if (type.text == "sync") return interpret_sync(line);
    if (type.text == "ping") {
      line.kind = LineKind::ping;
      return true;
    }
  }
  return reject(line, RejectReason::unknown_type);
}

bool NdjsonReader::Impl::read_common(ParsedLine& line) const {
  const FieldValue& symbol = fields[kSymbol];
  const FieldValue& ts_ms = fields[kTsMs];
  const bool is_bar = line.kind == LineKind::bar;
  if (symbol.form == FieldValue::absent) return reject(line, RejectReason::missing_symbol);
  if (!read_name(symbol, kMaxSymbolBytes, line.symbol)) return reject(line, RejectReason::bad_symbol);
  if (ts_ms.form == FieldValue::absent) return reject(line, RejectReason::missing_ts_ms);
  if (!read_integer(ts_ms, line.event_time_ms) || line.event_time_ms < 0 || line.event_time_ms > kMaxEventTimeMs ||
      (is_bar && line.event_time_ms % 1000 != 0)) {
    return reject(line, RejectReason::bad_ts_ms);
  }
  return true;
}

bool NdjsonReader::Impl::read_numbers(const NumberField* first, const NumberField* last, ParsedLine& line) const {
  for (const NumberField* number = first; number != last; ++number) {
    const FieldValue& field = fields[number->field];
    if (field.form == FieldValue::absent) return reject(line, number->missing);
    if (!read_decimal(field, *number->target)) return reject(line, number->bad);
  }
  return true;
}

bool NdjsonReader::Impl::interpret_trade(ParsedLine& line) const {
  line.kind = LineKind::trade;
  const NumberField numbers[] = {
      {kPrice, &line.price, RejectReason::missing_price, RejectReason::bad_price},
      {kQty, &line.quantity, RejectReason::missing_qty, RejectReason::bad_qty},
  };
  if (!read_common(line) || !read_numbers(std::begin(numbers), std::end(numbers), line)) return false;
  if (line.quantity < 0) return reject(line, RejectReason::bad_qty);
  return true;
}

bool NdjsonReader::Impl::interpret_bar(ParsedLine& line) const {
  line.kind = LineKind::bar;
  const NumberField numbers[] = {
      {kOpen, &line.bar.open, RejectReason::missing_open, RejectReason::bad_open},
      {kHigh, &line.bar.high, RejectReason::missing_high, RejectReason::bad_high},
      {kLow, &line.bar.low, RejectReason::missing_low, RejectReason::bad_low},
      {kClose, &line.bar.close, RejectReason::missing_close, RejectReason::bad_close},
      {kVolume, &line.bar.volume, RejectReason::missing_volume, RejectReason::bad_volume},
  };
  if (!read_common(line) || !read_numbers(std::begin(numbers), std::end(numbers), line)) return false;
  const FieldValue& trades = fields[kTrades];
  if (trades.form != FieldValue::absent && !read_integer(trades, line.bar.trades)) {
    return reject(line, RejectReason::bad_trades);
  }
  const FieldValue& partial = fields[kPartial];
  if (partial.form != FieldValue::absent && !(partial.form == FieldValue::literal && partial.text == "false")) {
    return reject(line, RejectReason::bad_partial);
  }
  if (!bar_is_consistent(line.bar)) return reject(line, RejectReason::inconsistent_bar);
  return true;
}

bool NdjsonReader::Impl::interpret_hello(ParsedLine& line) const {
  line.kind = LineKind::hello;
  HelloLine& hello = line.hello;
  const NameField names[] = {
      {kLabel, &hello.label, RejectReason::bad_label},
      {kProducer, &hello.producer, RejectReason::bad_producer},
      {kSession, &hello.session, RejectReason::bad_session},
  };
  for (const NameField& name : names) {
    const FieldValue& field = fields[name.field];
    if (field.form == FieldValue::absent) continue;
    if (!read_name(field, kMaxNameBytes, name.target->emplace())) return reject(line, name.bad);
  }
  const FieldValue& token = fields[kToken];
  if (token.form != FieldValue::absent && !read_token(token, hello.token.emplace())) {
    return reject(line, RejectReason::bad_token);
  }
  const FieldValue& ack = fields[kAck];
  if (ack.form != FieldValue::absent && !read_bool(ack, hello.ack)) return reject(line, RejectReason::bad_ack);
  if (hello.ack && !hello.producer) return reject(line, RejectReason::missing_producer);
  return true;
}

bool NdjsonReader::Impl::interpret_sync(ParsedLine& line) const {
  line.kind = LineKind::sync;
  if (fields[kId].form == FieldValue::absent) return reject(line, RejectReason::missing_id);
  if (!read_name(fields[kId], kMaxNameBytes, line.sync_id)) return reject(line, RejectReason::bad_id);
  return true;
}

NdjsonReader::NdjsonReader() : impl_(std::make_unique<Impl>()) {}
NdjsonReader::~NdjsonReader() = default;

ParsedLine NdjsonReader::read(std::string_view line) {
  ParsedLine parsed;  // rejected as invalid JSON, so far
  if (impl_->scan(line)) {
    impl_->interpret(parsed);
    read_seq(impl_->fields[kSeq], parsed);
  }
  return parsed;
}

bool is_blank_line(std::string_view line) {
  for (char c : line) {
    if (c != ' ' && c != '\t' && c != '\r') return false;
  }
  return true;
}

bool is_symbol_name(std::string_view text) { return is_name(text, kMaxSymbolBytes); }

bool parse_decimal(std::string_view text, double& value) {
  if (!is_json_number(text)) return false;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc() && stop == end) return true;
  // Beyond a double's range: too large is refused, too small is zero (or the nearest denormal).
  value = std::strtod(std::string(text).c_str(), nullptr);
  return std::isfinite(value);
}

}  // namespace streamd
