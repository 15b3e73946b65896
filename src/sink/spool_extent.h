// Which segments a spool has and where its lines end: all that its appending and its reading thread share.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <utility>
#include <vector>

#include "base/result.h"
#include "sink/spool_format.h"

namespace streamd {

class SpoolExtent {
 public:
  struct Segment {
    std::uint64_t position = 0;
    std::uint64_t end = 0;  // where the next one begins, whatever its file has behind it
  };

  // Where each segment begins, ascending.
  void set(const std::vector<std::uint64_t>& positions, std::uint64_t end) {
    std::lock_guard lock(mutex_);
    positions_.assign(positions.begin(), positions.end());
    end_.store(end, std::memory_order_release);
  }

  // What lies before it was written whole.
  std::uint64_t end() const { return end_.load(std::memory_order_acquire); }
  std::uint64_t begin() const {
    std::lock_guard lock(mutex_);
    return positions_.empty() ? end() : positions_.front();
  }
  bool is_empty() const {
    std::lock_guard lock(mutex_);
    return positions_.empty();
  }
  // The one that holds `position`, or the first one behind it. Only when begin() <= position < end().
  Segment at(std::uint64_t position) const {
    std::lock_guard lock(mutex_);
    std::size_t i = positions_.size();
    while (i > 1 && positions_[i - 1] > position) --i;
    STREAMD_CHECK(i > 0);
    return {positions_[i - 1], i == positions_.size() ? end() : positions_[i]};
  }

  // The appending thread's.
  void advance(std::uint64_t end) { end_.store(end, std::memory_order_release); }
  bool last_is_empty() const {
    std::lock_guard lock(mutex_);
    return !positions_.empty() && positions_.back() == end();
  }
  void add_segment() {
    std::lock_guard lock(mutex_);
    positions_.push_back(end());
  }

  // Removing is the caller's, one thread at a time: the first segment, when it ends at or before `before` and is not
  // the last.
  bool first_ending_before(std::uint64_t before, std::uint64_t& position) const {
    std::lock_guard lock(mutex_);
    if (positions_.size() < 2 || positions_[1] > before) return false;
    position = positions_.front();
    return true;
  }
  void remove_first() {
    std::lock_guard lock(mutex_);
    positions_.pop_front();
  }

  // Nothing before it is needed.
  void trim(std::uint64_t before) {
    std::lock_guard lock(mutex_);
    if (before > trimmed_) trimmed_ = before;
  }
  // In files of which something is needed.
  std::uint64_t bytes_waiting() const {
    std::lock_guard lock(mutex_);
    const std::uint64_t end = end_.load(std::memory_order_acquire);
    if (positions_.empty() || trimmed_ >= end) return 0;
    return end - positions_.front() + positions_.size() * sizeof(SpoolFileHeader);
  }
  // Of it, what is needed itself: not the beginning of the first file.
  std::uint64_t bytes_needed() const {
    std::lock_guard lock(mutex_);
    const std::uint64_t end = end_.load(std::memory_order_acquire);
    return positions_.empty() || trimmed_ >= end ? 0 : end - std::max(positions_.front(), trimmed_);
  }

 private:
  mutable std::mutex mutex_;
  std::deque<std::uint64_t> positions_;
  std::uint64_t trimmed_ = 0;
  std::atomic<std::uint64_t> end_{0};
};

}  // namespace streamd
