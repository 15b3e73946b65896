#include "daemon/sink_watch.h"

#include <algorithm>

namespace streamd {

void SinkWatch::add(Mark mark) {
  std::lock_guard lock(mutex_);
  marks_.push_back(mark);
  if (marks_.size() < kMaxMarks) return;
  std::deque<Mark> fewer;
  for (std::size_t i = 0; i + 1 < marks_.size(); i += 2) {
    fewer.push_back({marks_[i + 1].end, std::min(marks_[i].since_us, marks_[i + 1].since_us), marks_[i].is_timed});
  }
  if (marks_.size() % 2 == 1) fewer.push_back(marks_.back());
  marks_.swap(fewer);
}

void SinkWatch::delivered(std::uint64_t position, std::int64_t now_us) {
  std::lock_guard lock(mutex_);
  while (!marks_.empty() && marks_.front().end <= position) {
    if (marks_.front().is_timed) times_.observe_us(now_us - marks_.front().since_us);
    marks_.pop_front();
  }
}

double SinkWatch::lag_s(std::int64_t now_us) const {
  std::lock_guard lock(mutex_);
  if (marks_.empty()) return 0;
  return static_cast<double>(std::max<std::int64_t>(0, now_us - marks_.front().since_us)) / 1e6;
}

}  // namespace streamd
