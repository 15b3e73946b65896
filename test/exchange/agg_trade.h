// One aggregate trade, and how the exchange writes it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace streamd::exchange {

// Price and quantity in 1e-8: all that the exchange's eight decimals can say.
struct AggTrade {
  std::uint64_t id = 0;
  std::uint64_t first = 0;  // trade ids
  std::uint64_t last = 0;
  std::int64_t time_ms = 0;
  std::int64_t event_ms = 0;
  std::int64_t published_ms = 0;  // wall clock
  std::int64_t price = 0;
  std::int64_t quantity = 0;
  bool buyer_is_maker = false;
};

// 1.50000000
std::string amount_text(std::int64_t amount);
// Nothing when amount_text would not give back `text`.
std::optional<std::int64_t> amount_of(std::string_view text);

// The event of the stream, as in {"e":"aggTrade",…}.
std::string event_json(std::string_view symbol, const AggTrade& trade);
// The element of a REST answer.
std::string element_json(const AggTrade& trade);
// A line of the truth file, with newline.
std::string truth_line(std::string_view symbol, const AggTrade& trade);

}  // namespace streamd::exchange
