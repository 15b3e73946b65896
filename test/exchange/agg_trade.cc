#include "exchange/agg_trade.h"

#include <fmt/format.h>

#include <charconv>

namespace streamd::exchange {
namespace {

constexpr std::int64_t kUnit = 100'000'000;
constexpr std::size_t kDecimals = 8;

const char* truth_of(bool value) {
  return value ? "true" : "false";
}

}  // namespace

std::string amount_text(std::int64_t amount) {
  return fmt::format("{}.{:08}", amount / kUnit, amount % kUnit);
}

std::optional<std::int64_t> amount_of(std::string_view text) {
  const std::size_t point = text.find('.');
  if (point == std::string_view::npos || text.size() - point - 1 != kDecimals) return std::nullopt;
  std::string digits(text.substr(0, point));
  digits += text.substr(point + 1);
  std::int64_t amount = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), amount);
  if (failure != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  if (amount_text(amount) != text) return std::nullopt;
  return amount;
}

std::string event_json(std::string_view symbol, const AggTrade& trade) {
  return fmt::format(
      R"({{"e":"aggTrade","E":{},"s":"{}","a":{},"p":"{}","q":"{}","f":{},"l":{},"T":{},"m":{},"M":true}})",
      trade.event_ms, symbol, trade.id, amount_text(trade.price), amount_text(trade.quantity), trade.first, trade.last,
      trade.time_ms, truth_of(trade.buyer_is_maker));
}

std::string element_json(const AggTrade& trade) {
  return fmt::format(R"({{"a":{},"p":"{}","q":"{}","f":{},"l":{},"T":{},"m":{},"M":true}})", trade.id,
                     amount_text(trade.price), amount_text(trade.quantity), trade.first, trade.last, trade.time_ms,
                     truth_of(trade.buyer_is_maker));
}

std::string truth_line(std::string_view symbol, const AggTrade& trade) {
  return fmt::format("{{\"symbol\":\"{}\",\"a\":{},\"p\":\"{}\",\"q\":\"{}\",\"T\":{}}}\n", symbol, trade.id,
                     amount_text(trade.price), amount_text(trade.quantity), trade.time_ms);
}

}  // namespace streamd::exchange
