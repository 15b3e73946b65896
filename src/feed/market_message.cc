#include "feed/market_message.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "feed/excerpt.h"
#include "feed/json_dom.h"
#include "wire/ndjson_reader.h"

namespace streamd::feed {
namespace {

namespace dom = simdjson::dom;

constexpr std::string_view kShutdownEvent = "serverShutdown";
constexpr std::string_view kShutdownStream = "!serverShutdown";
constexpr std::uint64_t kMaxId = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t kMaxDecimalBytes = 64;  // more are no price, and might be too many for a double

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Digits, maybe a point and more digits; no zero before other digits.
bool is_plain_decimal(std::string_view text) {
  if (text.empty() || text.size() > kMaxDecimalBytes) return false;
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  if (whole.empty() || (whole.size() > 1 && whole.front() == '0')) return false;
  if (!std::all_of(whole.begin(), whole.end(), is_digit)) return false;
  if (point == std::string_view::npos) return true;
  const std::string_view fraction = text.substr(point + 1);
  return !fraction.empty() && std::all_of(fraction.begin(), fraction.end(), is_digit);
}

bool read_decimal(const dom::object& object, std::string_view key, std::string& text) {
  std::string_view view;
  if (object.at_key(key).get(view) || !is_plain_decimal(view)) return false;
  text = view;
  return true;
}

// The first of the trade's fields that is absent or no good; nullptr when `trade` is read.
const char* read_trade(const dom::object& object, const char* id_key, AggTrade& trade) {
  if (object.at_key(id_key).get(trade.id) || trade.id > kMaxId) return id_key;
  if (!read_decimal(object, "p", trade.price)) return "p";
  if (!read_decimal(object, "q", trade.quantity)) return "q";
  if (object.at_key("T").get(trade.time_ms) || trade.time_ms < 0 || trade.time_ms > kMaxEventTimeMs) return "T";
  return nullptr;
}

Error unusable(const char* what, const char* field, std::string_view text) {
  return Error{fmt::format("{} without a usable \"{}\": {}", what, field, excerpt(text)), ErrorKind::damaged};
}

Error not_understood(const char* what, std::string_view text) {
  return Error{fmt::format("{} that is not understood: {}", what, excerpt(text)), ErrorKind::damaged};
}

// An object with "code" and "msg".
std::optional<std::string> refusal_text(const dom::object& object) {
  std::int64_t code = 0;
  std::string_view reason;
  if (object.at_key("code").get(code) || object.at_key("msg").get(reason)) return {};
  return fmt::format("{} (code {})", excerpt(reason), code);
}

std::optional<std::uint64_t> read_id(const dom::object& message) {
  std::uint64_t id = 0;
  if (message.at_key("id").get(id)) return {};
  return id;
}

bool has_null(const dom::object& object, std::string_view key) {
  dom::element value;
  return !object.at_key(key).get(value) && value.is_null();
}

std::optional<SubscribeAnswer> read_answer(const dom::object& message) {
  if (has_null(message, "result")) return SubscribeAnswer{read_id(message), true, {}};
  dom::object error;
  auto refusal = refusal_text(message.at_key("error").get(error) ? message : error);
  if (!refusal) return {};
  return SubscribeAnswer{read_id(message), false, std::move(*refusal)};
}

Result<MarketMessage> read_live_trade(const dom::object& event, const char* what, const char* id_key,
                                      std::string_view text) {
  LiveTrade live;
  std::string_view symbol;
  if (event.at_key("s").get(symbol) || !is_symbol_name(symbol)) return unusable(what, "s", text);
  live.symbol = symbol;
  if (const char* field = read_trade(event, id_key, live.trade)) return unusable(what, field, text);
  return MarketMessage(std::move(live));
}

Result<MarketMessage> read_event(const dom::object& event, std::string_view text) {
  std::string_view kind;
  if (event.at_key("e").get(kind)) return unusable("a message", "e", text);
  if (kind == "aggTrade") return read_live_trade(event, "an aggTrade event", "a", text);
  if (kind == "trade") return read_live_trade(event, "a trade event", "t", text);
  if (kind == kShutdownEvent) return MarketMessage(Shutdown());
  return MarketMessage(OtherEvent{excerpt(kind)});
}

}  // namespace

struct MarketMessageReader::Parser {
  dom::parser parser;
};

MarketMessageReader::MarketMessageReader() : parser_(std::make_unique<Parser>()) {}
MarketMessageReader::~MarketMessageReader() = default;

Result<MarketMessage> MarketMessageReader::read(std::string_view text) {
  dom::object message;
  if (parse_json(parser_->parser, text).get(message)) return not_understood("a message", text);
  std::string_view stream;
  dom::element data;
  if (!message.at_key("stream").get(stream) && !message.at_key("data").get(data)) {
    if (stream == kShutdownStream) return MarketMessage(Shutdown());
    dom::object event;
    if (data.get(event)) return MarketMessage(OtherEvent{excerpt(stream)});
    return read_event(event, text);
  }
  if (auto answer = read_answer(message)) return MarketMessage(std::move(*answer));
  return read_event(message, text);
}

Result<std::vector<AggTrade>> read_agg_trades(std::string_view json) {
  constexpr const char* kWhat = "an answer with aggregate trades";
  dom::parser parser;
  dom::array elements;
  if (parse_json(parser, json).get(elements)) return not_understood(kWhat, json);
  std::vector<AggTrade> trades;
  trades.reserve(elements.size());
  for (const dom::element element : elements) {
    const auto bad = [&](const char* field) { return unusable(kWhat, field, simdjson::to_string(element)); };
    dom::object object;
    AggTrade trade;
    if (element.get(object)) return not_understood(kWhat, simdjson::to_string(element));
    if (const char* field = read_trade(object, "a", trade)) return bad(field);
    if (!trades.empty() && trade.id <= trades.back().id) return bad("a");
    trades.push_back(std::move(trade));
  }
  return trades;
}

std::optional<std::string> read_refusal(std::string_view json) {
  dom::parser parser;
  dom::object object;
  if (parse_json(parser, json).get(object)) return {};
  return refusal_text(object);
}

}  // namespace streamd::feed
