// How far the stages behind the intake are, by EventBatch::number: what the intake's answers to producers wait for.
// Written by the core's, the syncing and the store's thread, read by the intake's.
#pragma once

#include <atomic>
#include <cstdint>

namespace streamd {

class BatchMark {
 public:
  // Never goes back.
  void advance(std::uint64_t number) {
    std::uint64_t before = value_.load(std::memory_order_relaxed);
    while (before < number && !value_.compare_exchange_weak(before, number, std::memory_order_release)) {
    }
  }
  std::uint64_t get() const { return value_.load(std::memory_order_acquire); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

struct BatchProgress {
  BatchMark journalled;  // killing the process does not lose it
  BatchMark synced;      // nor does the loss of power
  BatchMark committed;   // its rows are in the database
};

}  // namespace streamd
