// How long to wait before the next attempt: 0.1 s to 10 s, twice as long each time, with jitter, so that many who lost the
// same peer do not come back all at once.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>

#include "base/units.h"

namespace streamd {

class Backoff {
 public:
  explicit Backoff(std::uint32_t seed) : random_(seed) {}

  ElapsedMillis next_ms() {
    const ElapsedMillis bound = bound_ms_;
    bound_ms_ = std::min(2 * bound_ms_, kMaxMs);
    return std::uniform_int_distribution<ElapsedMillis>(bound / 2, bound)(random_);
  }
  void reset() { bound_ms_ = kFirstBoundMs; }

  static constexpr ElapsedMillis kFirstBoundMs = 200;
  static constexpr ElapsedMillis kMaxMs = 10'000;

 private:
  ElapsedMillis bound_ms_ = kFirstBoundMs;
  std::minstd_rand random_;
};

}  // namespace streamd
