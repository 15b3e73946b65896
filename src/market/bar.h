// A one-second bar.
#pragma once

#include <cstdint>

#include "base/units.h"
#include "market/trade.h"

namespace streamd {

struct Ohlcv {
  double open = 0;
  double high = 0;
  double low = 0;
  double close = 0;
  double volume = 0;
  std::int64_t trades = 0;

  friend bool operator==(const Ohlcv&, const Ohlcv&) = default;
};

// A bar that a producer made (an ohlc1s line): for its second it alone counts.
struct BarLine {
  SymbolId symbol;
  Second second;
  Ohlcv values;
};

}  // namespace streamd
