// How long a program that ended by itself stays down before it is started again: 1 s, twice as long each time, 30 s at
// most; 1 s again for one that had served well. Pure. One thread.
#pragma once

#include <algorithm>
#include <utility>

#include "base/units.h"

namespace streamd::feed {

class RestartPause {
 public:
  // Of one that served so long, and ended.
  ElapsedMillis next_ms(ElapsedMillis served_ms) {
    if (served_ms >= kServedWellMs) pause_ms_ = kShortestMs;
    return std::exchange(pause_ms_, std::min(2 * pause_ms_, kLongestMs));
  }

  static constexpr ElapsedMillis kShortestMs = 1'000;
  static constexpr ElapsedMillis kLongestMs = 30'000;
  static constexpr ElapsedMillis kServedWellMs = 60'000;

 private:
  ElapsedMillis pause_ms_ = kShortestMs;
};

}  // namespace streamd::feed
