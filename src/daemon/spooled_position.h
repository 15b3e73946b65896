// Up to where in the journal all sinks' spools survive the loss of power (those of detached sinks aside): what a recovery
// never needs again for them. The largest number when there are none.
// Written by the delivery's thread, read by the store's.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>

namespace streamd {

class SpooledPosition {
 public:
  static constexpr std::uint64_t kNoSpools = std::numeric_limits<std::uint64_t>::max();
  void set(std::uint64_t position) { value_.store(position, std::memory_order_release); }
  std::uint64_t get() const { return value_.load(std::memory_order_acquire); }

 private:
  std::atomic<std::uint64_t> value_{kNoSpools};
};

}  // namespace streamd
