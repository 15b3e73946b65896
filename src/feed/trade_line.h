// A trade as the daemon gets it: a line of the contract, in its own form, with the producer's number.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "feed/agg_trade.h"

namespace streamd::feed {

// Appends {"type":"trade","symbol":…,"ts_ms":…,"price":…,"qty":…,"seq":…} and a newline. `symbol_json` is quoted and
// escaped. Price and quantity stand there digit by digit as the exchange wrote them.
void append_trade_line(std::string& out, std::string_view symbol_json, const AggTrade& trade, std::uint64_t seq);

}  // namespace streamd::feed
