#include "wire/ndjson_reader.h"

#include <simdjson.h>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string>

namespace streamd {
namespace {

namespace ondemand = simdjson::ondemand;
static_assert(kReadSlack >= simdjson::SIMDJSON_PADDING);

constexpr int kMaxDepth = 512;

enum Field { kType, kSymbol, kTsMs, kPrice, kQty, kOpen, kHigh, kLow, kClose, kVolume, kTrades, kPartial, kFields };
constexpr std::string_view kFieldNames[kFields] = {"type", "symbol", "ts_ms", "price",  "qty",    "open",
                                                   "high", "low",    "close", "volume", "trades", "partial"};

struct FieldValue {
  enum Form { absent, number, string, literal, container } form = absent;
  std::string_view text;  // number and literal: the token; string: unescaped
};

std::string_view trim(std::string_view token) {
  while (!token.empty() && (token.back() == ' ' || token.back() == '\t' || token.back() == '\r')) {
    token.remove_suffix(1);
  }
  return token;
}

// RFC 8259, section 6.
bool is_json_number(std::string_view text) {
  std::size_t i = 0;
  const auto digits = [&] {
    const std::size_t start = i;
    while (i < text.size() && text[i] >= '0' && text[i] <= '9') ++i;
    return i - start;
  };
  if (i < text.size() && text[i] == '-') ++i;
  const std::size_t whole_start = i;
  const std::size_t whole = digits();
  if (whole == 0 || (whole > 1 && text[whole_start] == '0')) return false;
  if (i < text.size() && text[i] == '.') {
    ++i;
    if (digits() == 0) return false;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (digits() == 0) return false;
  }
  return i == text.size();
}

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
bool is_symbol(std::string_view text) {
  if (text.empty() || text.size() > 64) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == 0x7f) return false;
    if (c == 0xc2 && static_cast<unsigned char>(text[i + 1]) < 0xa0) return false;
  }
  return true;
}

ParsedLine rejected(RejectReason reason) {
  ParsedLine line;
  line.reject = reason;
  return line;
}

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
  bool scan_value(ondemand::value value, int depth, FieldValue* keep);

  ParsedLine interpret() const;
  bool read_common(ParsedLine& line) const;
  ParsedLine interpret_trade() const;
  ParsedLine interpret_bar() const;
  bool read_numbers(const NumberField* first, const NumberField* last, ParsedLine& line) const;
};

bool NdjsonReader::Impl::scan_value(ondemand::value value, int depth, FieldValue* keep) {
  if (depth > kMaxDepth) return false;
  const std::string_view raw = value.raw_json_token();
  if (raw.empty()) return false;
  switch (raw.front()) {
    case '{': {
      ondemand::object object;
      if (value.get_object().get(object)) return false;
      for (auto member : object) {
        ondemand::field field;
        std::string_view key;
        if (std::move(member).get(field) || field.unescaped_key().get(key)) return false;
        if (!scan_value(field.value(), depth + 1, nullptr)) return false;
      }
      if (keep != nullptr) *keep = {FieldValue::container, {}};
      return true;
    }
    case '[': {
      ondemand::array array;
      if (value.get_array().get(array)) return false;
      for (auto element : array) {
        ondemand::value item;
        if (std::move(element).get(item) || !scan_value(item, depth + 1, nullptr)) return false;
      }
      if (keep != nullptr) *keep = {FieldValue::container, {}};
      return true;
    }
    case '"': {
      std::string_view text;
      if (value.get_string().get(text)) return false;
      if (keep != nullptr) *keep = {FieldValue::string, text};
      return true;
    }
    default: {
      const std::string_view token = trim(raw);
      const bool literal = token == "true" || token == "false" || token == "null";
      if (!literal && !is_json_number(token)) return false;
      if (keep != nullptr) *keep = {literal ? FieldValue::literal : FieldValue::number, token};
      return true;
    }
  }
}

bool NdjsonReader::Impl::scan(std::string_view line) {
  for (FieldValue& field : fields) field = {};
  ondemand::document document;
  const simdjson::padded_string_view padded(line.data(), line.size(), line.size() + simdjson::SIMDJSON_PADDING);
  if (parser.iterate(padded).get(document)) return false;
  ondemand::object object;
  if (document.get_object().get(object)) return false;
  for (auto member : object) {
    ondemand::field field;
    std::string_view key;
    if (std::move(member).get(field) || field.unescaped_key().get(key)) return false;
    FieldValue* keep = nullptr;
    for (std::size_t i = 0; i < kFields; ++i) {
      if (key == kFieldNames[i]) keep = &fields[i];
    }
    if (!scan_value(field.value(), 1, keep)) return false;
  }
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS;  // nothing after the object
}

ParsedLine NdjsonReader::Impl::interpret() const {
  if (fields[kType].form == FieldValue::string) {
    if (fields[kType].text == "trade") return interpret_trade();
    if (fields[kType].text == "ohlc1s") return interpret_bar();
  }
  return rejected(RejectReason::unknown_type);
}

bool NdjsonReader::Impl::read_common(ParsedLine& line) const {
  const FieldValue& symbol = fields[kSymbol];
  const FieldValue& ts_ms = fields[kTsMs];
  const bool is_bar = line.kind == LineKind::bar;
  if (symbol.form == FieldValue::absent) {
    line = rejected(RejectReason::missing_symbol);
  } else if (symbol.form != FieldValue::string || !is_symbol(symbol.text)) {
    line = rejected(RejectReason::bad_symbol);
  } else if (ts_ms.form == FieldValue::absent) {
    line = rejected(RejectReason::missing_ts_ms);
  } else if (!read_integer(ts_ms, line.event_time_ms) || line.event_time_ms < 0 ||
             line.event_time_ms > kMaxEventTimeMs || (is_bar && line.event_time_ms % 1000 != 0)) {
    line = rejected(RejectReason::bad_ts_ms);
  } else {
    line.symbol = symbol.text;
    return true;
  }
  return false;
}

bool NdjsonReader::Impl::read_numbers(const NumberField* first, const NumberField* last, ParsedLine& line) const {
  for (const NumberField* number = first; number != last; ++number) {
    const FieldValue& field = fields[number->field];
    if (field.form == FieldValue::absent) {
      line = rejected(number->missing);
      return false;
    }
    if (!read_decimal(field, *number->target)) {
      line = rejected(number->bad);
      return false;
    }
  }
  return true;
}

ParsedLine NdjsonReader::Impl::interpret_trade() const {
  ParsedLine line;
  line.kind = LineKind::trade;
  const NumberField numbers[] = {
      {kPrice, &line.price, RejectReason::missing_price, RejectReason::bad_price},
      {kQty, &line.quantity, RejectReason::missing_qty, RejectReason::bad_qty},
  };
  if (!read_common(line) || !read_numbers(std::begin(numbers), std::end(numbers), line)) return line;
  if (line.quantity < 0) return rejected(RejectReason::bad_qty);
  return line;
}

ParsedLine NdjsonReader::Impl::interpret_bar() const {
  ParsedLine line;
  line.kind = LineKind::bar;
  const NumberField numbers[] = {
      {kOpen, &line.bar.open, RejectReason::missing_open, RejectReason::bad_open},
      {kHigh, &line.bar.high, RejectReason::missing_high, RejectReason::bad_high},
      {kLow, &line.bar.low, RejectReason::missing_low, RejectReason::bad_low},
      {kClose, &line.bar.close, RejectReason::missing_close, RejectReason::bad_close},
      {kVolume, &line.bar.volume, RejectReason::missing_volume, RejectReason::bad_volume},
  };
  if (!read_common(line) || !read_numbers(std::begin(numbers), std::end(numbers), line)) return line;
  const FieldValue& trades = fields[kTrades];
  if (trades.form != FieldValue::absent && !read_integer(trades, line.bar.trades)) {
    return rejected(RejectReason::bad_trades);
  }
  const FieldValue& partial = fields[kPartial];
  if (partial.form != FieldValue::absent && !(partial.form == FieldValue::literal && partial.text == "false")) {
    return rejected(RejectReason::bad_partial);
  }
  if (!bar_is_consistent(line.bar)) return rejected(RejectReason::inconsistent_bar);
  return line;
}

NdjsonReader::NdjsonReader() : impl_(std::make_unique<Impl>()) {}
NdjsonReader::~NdjsonReader() = default;

ParsedLine NdjsonReader::read(std::string_view line) {
  if (!impl_->scan(line)) return rejected(RejectReason::invalid_json);
  return impl_->interpret();
}

bool is_blank_line(std::string_view line) {
  for (char c : line) {
    if (c != ' ' && c != '\t' && c != '\r') return false;
  }
  return true;
}

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
