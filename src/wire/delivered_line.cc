#include "wire/delivered_line.h"

#include <simdjson.h>

#include <charconv>
#include <cmath>
#include <cstring>
#include <string>

#include "wire/json_text.h"
#include "wire/parsed_line.h"

namespace streamd {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::string_view kDecisionStart = R"({"timestamp":)";
constexpr std::string_view kBarStart = R"({"type":"ohlc1s","symbol":)";
constexpr std::string_view kRevision = R"(,"revision":)";
constexpr std::string_view kPartialEnd = R"(,"partial":true)";

// Each step can be undone, so that nothing is lost before the 64 bits are full (splitmix64's last steps).
std::uint64_t mix(std::uint64_t hash) {
  hash = (hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9;
  hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EB;
  return hash ^ (hash >> 31);
}

std::uint64_t key_of(std::uint64_t timestamp, std::uint64_t revision, std::string_view symbol_json) {
  std::uint64_t hash = mix(timestamp + 0x9E3779B97F4A7C15);
  hash = mix(hash ^ revision);
  hash = mix(hash ^ symbol_json.size());
  while (!symbol_json.empty()) {
    std::uint64_t word = 0;
    const std::size_t count = std::min(symbol_json.size(), sizeof word);
    std::memcpy(&word, symbol_json.data(), count);
    hash = mix(hash ^ word);
    symbol_json.remove_prefix(count);
  }
  return hash;
}

bool skip(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

bool take_number(std::string_view& text, std::uint64_t& value) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  return true;
}

// With its quotes, as it stands.
bool take_string(std::string_view& text, std::string_view& string) {
  if (text.empty() || text.front() != '"') return false;
  std::size_t end = 1;
  while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
  if (end >= text.size()) return false;
  string = text.substr(0, end + 1);
  text.remove_prefix(end + 1);
  return true;
}

// It is the last but for `partial`, and nothing but numbers stands before it.
bool read_revision(std::string_view rest, std::uint64_t& revision) {
  if (rest.ends_with('\n')) rest.remove_suffix(1);
  if (!rest.ends_with('}')) return false;
  rest.remove_suffix(1);
  if (rest.ends_with(kPartialEnd)) rest.remove_suffix(kPartialEnd.size());
  const std::size_t at = rest.rfind(kRevision);
  if (at == std::string_view::npos) return false;
  rest.remove_prefix(at + kRevision.size());
  return take_number(rest, revision) && rest.empty();
}

// A whole number that is not negative, in any spelling: peers may print 1700000000000.0 or 1.7e12.
bool read_whole_number(ondemand::value value, std::uint64_t& number) {
  ondemand::number any;
  if (value.get_number().get(any)) return false;
  if (any.is_uint64()) {
    number = any.get_uint64();
    return true;
  }
  if (any.is_int64()) {
    if (any.get_int64() < 0) return false;
    number = static_cast<std::uint64_t>(any.get_int64());
    return true;
  }
  const double real = any.get_double();
  constexpr double kExactBelow = 9007199254740992.0;
  if (!(real >= 0 && real < kExactBelow) || real != std::floor(real)) return false;
  number = static_cast<std::uint64_t>(real);
  return true;
}

struct AckFields {
  std::optional<std::string_view> type, symbol;
  std::optional<std::uint64_t> timestamp;
  std::uint64_t revision = 0;
};

// Of a repeated key the last one counts. False when the line is not JSON, or one of these is not what it must be.
bool read_ack(ondemand::parser& parser, std::string_view padded_line, std::size_t capacity, AckFields& ack) {
  ondemand::document document;
  ondemand::object object;
  if (parser.iterate(simdjson::padded_string_view(padded_line.data(), padded_line.size(), capacity)).get(document) ||
      document.get_object().get(object)) {
    return false;
  }
  for (auto member : object) {
    ondemand::field field;
    std::string_view key;
    if (std::move(member).get(field) || field.unescaped_key().get(key)) return false;
    if (key == "type") {
      if (field.value().get_string().get(ack.type.emplace())) return false;
    } else if (key == "symbol") {
      if (field.value().get_string().get(ack.symbol.emplace())) return false;
    } else if (key == "timestamp") {
      if (!read_whole_number(field.value(), ack.timestamp.emplace())) return false;
    } else if (key == "revision") {
      if (!read_whole_number(field.value(), ack.revision)) return false;
    }
  }
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS;  // nothing after the object
}

}  // namespace

std::optional<std::uint64_t> delivered_line_key(std::string_view line) {
  std::uint64_t timestamp = 0;
  std::uint64_t revision = 0;
  std::string_view symbol;
  if (skip(line, kDecisionStart)) {
    if (!take_number(line, timestamp) || !skip(line, R"(,"symbol":)") || !take_string(line, symbol)) return {};
    return key_of(timestamp, 0, symbol);
  }
  if (!skip(line, kBarStart) || !take_string(line, symbol) || !skip(line, R"(,"ts_ms":)") ||
      !take_number(line, timestamp) || !read_revision(line, revision)) {
    return {};
  }
  return key_of(timestamp, revision, symbol);
}

std::optional<std::uint64_t> ack_key(std::string_view line) {
  // Peers acknowledge line by line: what is needed for reading is kept.
  static thread_local ondemand::parser parser;
  static thread_local std::string padded;
  static thread_local std::string symbol_json;
  padded.assign(line).append(simdjson::SIMDJSON_PADDING, '\0');
  AckFields ack;
  if (!read_ack(parser, {padded.data(), line.size()}, padded.size(), ack)) return {};
  if (ack.type != "ack" || !ack.symbol || !ack.timestamp) return {};
  symbol_json.clear();
  append_json_string(symbol_json, *ack.symbol);
  return key_of(*ack.timestamp, ack.revision, symbol_json);
}

}  // namespace streamd
