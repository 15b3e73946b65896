// When lines are due: number k (from 0) at start + (k + offset) / rate, so a run of whole seconds has exactly rate lines
// in each. One thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

namespace streamd::probe {

class Pace {
 public:
  // `rate`: lines a second; 0: all are due at once. `offset`: of a line's distance, so that several take turns.
  Pace(double rate, double offset, std::uint64_t total) : rate_(rate), offset_(offset), total_(total) {}

  // So many lines are due `elapsed_s` after the start.
  std::uint64_t due(double elapsed_s) const {
    if (rate_ <= 0) return total_;
    const double lines = elapsed_s * rate_ - offset_;
    return lines < 0 ? 0 : std::min(total_, static_cast<std::uint64_t>(lines) + 1);
  }
  // After the start: when line number `line` is due.
  double due_s(std::uint64_t line) const {
    return rate_ <= 0 ? 0 : (static_cast<double>(line) + offset_) / rate_;
  }
  std::uint64_t total() const { return total_; }

  static constexpr std::uint64_t kNoEnd = std::numeric_limits<std::uint64_t>::max();

 private:
  double rate_;
  double offset_;
  std::uint64_t total_;
};

}  // namespace streamd::probe
