// What a run of the feed says at its end.
#pragma once

#include <optional>
#include <string>

#include "base/units.h"
#include "feed/market.h"
#include "feed/market_streams.h"

namespace streamd::feed {

// Rows of ohlc_1s of the run's symbols since its begin; nothing: the database cannot be read.
using StoredCount = std::optional<std::uint64_t>;
StoredCount count_stored(const std::string& database, const Market& market, UnixMillis began_ms);

// A line for each symbol (of many, the first), then one of all. `refused`: by the daemon.
std::string summary_text(const Market& market, const MarketStreams& streams, std::uint64_t refused,
                         std::uint64_t daemon_starts, const StoredCount& stored);

}  // namespace streamd::feed
