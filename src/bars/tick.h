// The passing of time, as the core learns it: at least every 100 ms, behind all that was read before it.
#pragma once

#include <vector>

#include "base/units.h"
#include "market/trade.h"

namespace streamd {

// A source that was, since the tick before, not simply read to its end.
struct BusySource {
  SourceId source;
  bool interrupted;  // it was not being read for some of the time (push-back)
  bool undrained;    // at this tick it has bytes that are not read yet
};

struct Tick {
  UnixMillis wall_ms = 0;
  ElapsedMillis elapsed_ms = 0;
  bool all_interrupted = false;  // no source was being read for some of the time
  std::vector<BusySource> busy;
};

}  // namespace streamd
