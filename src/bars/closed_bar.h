// A bar as the moment of its second's closing has it, or as an amendment leaves it: what decisions, summaries and bar
// sinks read. The store gets the same trades as BarWrites.
#pragma once

#include <cstdint>

#include "market/bar.h"
#include "market/trade.h"

namespace streamd {

struct ClosedBar {
  Ohlcv values;
  Second second = 0;
  SymbolId symbol = 0;
  LabelId label = kLiveLabel;
};

}  // namespace streamd
