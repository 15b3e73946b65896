// What the intake has counted, of whole batches alone, so that at any time
//   lines = trades + ohlc + control + rejected + duplicates   and   rejected = the sum over its reasons.
#pragma once

#include <array>
#include <cstdint>

#include "wire/reject.h"

namespace streamd {

struct IntakeCounts {
  std::uint64_t bytes = 0;
  std::uint64_t lines = 0;
  std::uint64_t trades = 0;
  std::uint64_t ohlc = 0;
  std::uint64_t control = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t fast_path_lines = 0;
  std::array<std::uint64_t, kRejectReasons> rejected_by_reason{};  // by RejectReason

  std::uint64_t rejected() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t count : rejected_by_reason) sum += count;
    return sum;
  }
};

}  // namespace streamd
