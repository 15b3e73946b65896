// What goes to the store for one (symbol, second): a part of its trades, or the bar that a producer made.
// The row is what all writes of that key give, in their order; store/pending_rows.h says how.
#pragma once

#include "bars/partial_bar.h"
#include "market/trade.h"

namespace streamd {

enum class BarOrigin : std::uint8_t { trades, line };

struct BarWrite {
  PartialBar bar;  // origin line: only its values count
  Second second = 0;
  SymbolId symbol = 0;
  LabelId label = kLiveLabel;
  BarOrigin origin = BarOrigin::trades;
};

}  // namespace streamd
