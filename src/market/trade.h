// A trade as the core sees it: 32 bytes, its symbol by number (market/symbol_table.h); and the numbers by which
// symbols, sources and labels go.
#pragma once

#include <cstdint>

#include "base/units.h"

namespace streamd {

using SymbolId = std::uint32_t;
using SourceId = std::uint32_t;  // a producer, a connection or a tail; never used again within a run
using LabelId = std::uint32_t;   // what goes to source_file; kLiveLabel stands for live:<symbol>
inline constexpr LabelId kLiveLabel = 0;

struct Trade {
  UnixMillis event_time_ms;  // 0 … kMaxEventTimeMs
  double price;              // finite; may be negative
  double quantity;           // finite, >= 0
  SymbolId symbol;
  std::uint32_t unused = 0;  // so that all 32 bytes have a value: the journal writes trades as they are
};
static_assert(sizeof(Trade) == 32);

}  // namespace streamd
