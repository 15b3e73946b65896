// The time of a run: it begins at a whole second of the wall clock and owns whole seconds, so that its bars are nobody
// else's, not even those of a run just before. Any thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <thread>

#include "probe/load_options.h"

namespace streamd::probe {

inline std::int64_t steady_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
inline std::int64_t wall_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

class RunClock {
 public:
  // Waits for the next whole second, unless times do not come from the clock.
  explicit RunClock(const LoadOptions& options) : times_(options.times), lines_(options.lines) {
    if (times_) {
      first_ms_ = times_->from_ms;
    } else {
      first_ms_ = (wall_us() / 1'000'000 + 1) * 1000;
      std::this_thread::sleep_for(std::chrono::microseconds(first_ms_ * 1000 - wall_us()));
    }
    start_ns_ = steady_ns();
    start_us_ = wall_us();
    // At a rate, the lines of the time are counted beforehand, and the last ones may be sent a little behind it.
    length_s_ = options.lines > 0 ? HUGE_VAL : options.seconds + (options.rate > 0 ? kGraceS : 0);
    last_ms_ = times_ || options.lines > 0
                   ? INT64_MAX
                   : first_ms_ + static_cast<std::int64_t>(std::ceil(options.seconds)) * 1000 - 1;
  }

  std::int64_t start_ns() const { return start_ns_; }
  std::int64_t start_us() const { return start_us_; }  // the same moment on the wall clock
  double elapsed_s() const { return static_cast<double>(steady_ns() - start_ns_) / 1e9; }
  bool is_over(double elapsed_s) const { return elapsed_s >= length_s_; }
  // No line is of a time before this.
  std::int64_t first_ms() const { return first_ms_; }
  // The event time of line number `line` of all, made now.
  std::int64_t event_ms(std::uint64_t line) const {
    if (!times_) return std::clamp(wall_us() / 1000, first_ms_, last_ms_);
    return first_ms_ + static_cast<std::int64_t>(static_cast<double>(line) * ms_a_line());
  }
  // Lines that one event time can serve: of a millisecond.
  std::uint64_t lines_a_time() const {
    if (!times_) return UINT64_MAX;
    return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(1 / std::max(ms_a_line(), 1e-9)));
  }

 private:
  static constexpr double kGraceS = 1;

  double ms_a_line() const { return times_->span_s * 1000 / static_cast<double>(lines_); }

  std::optional<FixedTimes> times_;
  std::uint64_t lines_;
  double length_s_;
  std::int64_t first_ms_;
  std::int64_t last_ms_;
  std::int64_t start_ns_;
  std::int64_t start_us_;
};

}  // namespace streamd::probe
