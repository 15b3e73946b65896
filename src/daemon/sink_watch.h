// How far one sink is behind: what was spooled for it and when its lines had been read, against what it has delivered.
// Written by the delivery's and the sink's thread, read by any. Bounded: of very many batches that wait, neighbours
// count as one, as old as the older.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>

#include "base/histogram.h"

namespace streamd {

class SinkWatch {
 public:
  static constexpr std::size_t kMaxMarks = 4096;

  // Lines up to `end` of the spool were there before this run; they wait since now.
  void found(std::uint64_t end, std::int64_t now_us) { add({end, now_us, false}); }
  // A batch's lines end there. `read_us` 0: they were not read in this run, but recovered.
  void spooled(std::uint64_t end, std::int64_t read_us, std::int64_t now_us) {
    add({end, read_us > 0 ? read_us : now_us, read_us > 0});
  }
  void delivered(std::uint64_t position, std::int64_t now_us);
  // Its spool is full, and lines are left out.
  void set_detached(bool detached) { detached_.store(detached, std::memory_order_relaxed); }

  // How long the oldest line that waits has been on its way; 0 when none waits.
  double lag_s(std::int64_t now_us) const;
  bool is_detached() const { return detached_.load(std::memory_order_relaxed); }
  // From a batch's first bytes read until it was delivered.
  HistogramCopy times() const { return times_.copy(); }

 private:
  struct Mark {
    std::uint64_t end;
    std::int64_t since_us;
    bool is_timed;
  };
  void add(Mark mark);

  mutable std::mutex mutex_;
  std::deque<Mark> marks_;
  Histogram times_;  // the sink's thread
  std::atomic<bool> detached_{false};
};

}  // namespace streamd
