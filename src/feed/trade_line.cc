#include "feed/trade_line.h"

#include <fmt/format.h>

#include <iterator>

namespace streamd::feed {

void append_trade_line(std::string& out, std::string_view symbol_json, const AggTrade& trade, std::uint64_t seq) {
  fmt::format_to(std::back_inserter(out),
                 "{{\"type\":\"trade\",\"symbol\":{},\"ts_ms\":{},\"price\":{},\"qty\":{},\"seq\":{}}}\n", symbol_json,
                 trade.time_ms, trade.price, trade.quantity, seq);
}

}  // namespace streamd::feed
