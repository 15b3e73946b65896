// What one line says, before symbols become numbers. Both readers (contract_fast_path, ndjson_reader) fill it
// and agree on every line that both accept.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/units.h"
#include "market/bar.h"
#include "wire/reject.h"

namespace streamd {

// Readers may look this far beyond the end of the text that they are given; the bytes there mean nothing.
inline constexpr std::size_t kReadSlack = 64;

enum class LineKind : std::uint8_t { trade, bar, reject };

struct ParsedLine {
  LineKind kind = LineKind::reject;
  RejectReason reject = RejectReason::invalid_json;  // kind reject
  std::string_view symbol;                           // 1 to 64 bytes; lives until the reader's next call
  UnixMillis event_time_ms = 0;                      // a whole second for a bar
  double price = 0;                                  // kind trade
  double quantity = 0;                               // kind trade
  Ohlcv bar;                                         // kind bar
};

// The checks on values that both readers share; a bar's own consistency.
inline bool bar_is_consistent(const Ohlcv& bar) {
  const double top = bar.open > bar.close ? bar.open : bar.close;
  const double bottom = bar.open > bar.close ? bar.close : bar.open;
  return bar.high >= top && bar.high >= bar.low && bar.low <= bottom && bar.volume >= 0 && bar.trades >= 0;
}

}  // namespace streamd
