// Whether the feed's log has room for trades: none at a bound of its bytes, or of those among them that wait in memory
// for the disk; again when both are well below theirs. Pure. One thread.
#pragma once

#include <cstdint>

namespace streamd::feed {

class LogRoom {
 public:
  LogRoom(std::uint64_t most_bytes, std::uint64_t most_uncommitted_bytes)
      : most_bytes_(most_bytes), most_uncommitted_bytes_(most_uncommitted_bytes) {}

  // The log has so many now. True: there is room no longer, or again.
  bool update(std::uint64_t bytes, std::uint64_t uncommitted_bytes) {
    const bool was_full = is_full_;
    const auto is_beyond = [was_full](std::uint64_t count, std::uint64_t bound) {
      return count >= (was_full ? bound - bound / 8 : bound);
    };
    is_full_ = is_beyond(bytes, most_bytes_) || is_beyond(uncommitted_bytes, most_uncommitted_bytes_);
    return is_full_ != was_full;
  }
  bool is_full() const { return is_full_; }

 private:
  const std::uint64_t most_bytes_;
  const std::uint64_t most_uncommitted_bytes_;
  bool is_full_ = false;
};

}  // namespace streamd::feed
