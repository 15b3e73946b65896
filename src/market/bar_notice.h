// A bar as bar sinks get it: when its second closes, and again, whole, with each amendment.
#pragma once

#include <cstdint>

#include "market/bar.h"

namespace streamd {

struct BarNotice {
  Ohlcv values;
  Second second = 0;
  SymbolId symbol = 0;
  bool is_partial = false;     // its second had left memory: only what came late is in `values`
  std::uint64_t revision = 0;  // 0 when the second closes; then it grows with each amendment
};

}  // namespace streamd
