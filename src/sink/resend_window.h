// Where delivery to a peer that never acknowledges begins anew after a lost connection: the larger of what was sent in the
// last so many milliseconds before the last sending and the last so many bytes, and in any case what the peer's system
// has not confirmed. It keeps samples, so the window may be a little larger, never smaller.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "base/units.h"

namespace streamd {

class ResendWindow {
 public:
  ResendWindow(ElapsedMillis ms, std::uint64_t bytes) : ms_(ms), bytes_(bytes) {}

  // Nothing was sent before `position`, as far as is known.
  void start(std::uint64_t position);
  // `bytes` more were sent; `position` is behind the last line of which all was.
  void sent(ElapsedMillis now_ms, std::uint64_t position, std::uint64_t bytes);
  // So many of the bytes that were sent are not confirmed: they would be lost with the connection.
  void set_under_way(std::uint64_t bytes);
  // Keeps the last bytes and what is under way alone, however lately the others were sent. False: there were none.
  bool forget_seconds();
  std::uint64_t begin() const { return samples_.front().position; }

 private:
  struct Sample {
    ElapsedMillis ms;         // what lies before `position` was sent by then
    std::uint64_t position;
    std::uint64_t bytes;      // sent before it
  };
  bool is_behind_bytes(const Sample& sample) const {
    return total_bytes_ - sample.bytes >= std::max(bytes_, under_way_);
  }
  bool may_begin_at(const Sample& sample) const { return sample.ms <= last_ms_ - ms_ && is_behind_bytes(sample); }

  void drop_old();

  static constexpr std::size_t kMaxSamples = 4096;
  const ElapsedMillis ms_;
  const std::uint64_t bytes_;
  std::deque<Sample> samples_{{0, 0, 0}};
  std::uint64_t total_bytes_ = 0;
  std::uint64_t under_way_ = 0;
  ElapsedMillis last_ms_ = 0;
};

}  // namespace streamd
