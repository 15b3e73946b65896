// When the latest ticks were, in elapsed time: what happened between two of them is known to no more than that.
// Part of bars/second_aggregator.
#pragma once

#include <algorithm>
#include <deque>
#include <optional>

#include "base/byte_codec.h"
#include "base/units.h"

namespace streamd {

class TickTimes {
 public:
  void clear() { times_.clear(); }

  // `now_ms` ascends. Forgets those before the latest one that is `horizon_ms` ago.
  void add(ElapsedMillis now_ms, ElapsedMillis horizon_ms) {
    times_.push_back(now_ms);
    while (times_.size() > 1 && times_[1] <= now_ms - horizon_ms) times_.pop_front();
  }

  // The latest at or before `time_ms`, which lies within the horizon; nothing when none is known.
  std::optional<ElapsedMillis> latest_until(ElapsedMillis time_ms) const {
    const auto behind = std::upper_bound(times_.begin(), times_.end(), time_ms);
    return behind == times_.begin() ? std::nullopt : std::optional(*std::prev(behind));
  }

  void save(ByteSink& bytes) const {
    bytes.put(static_cast<std::uint32_t>(times_.size()));
    for (const ElapsedMillis time : times_) bytes.put(time);
  }
  // For a fresh object.
  void load(ByteSource& bytes) {
    const std::size_t count = bytes.get_count(sizeof(ElapsedMillis));
    for (std::size_t i = 0; i < count; ++i) times_.push_back(bytes.get<ElapsedMillis>());
  }

 private:
  std::deque<ElapsedMillis> times_;
};

}  // namespace streamd
