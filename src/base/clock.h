// The only way to the time. Everything above core/ gets a Clock; core/ and below never see one:
// for them time is an event (core/event.h, Tick).
#pragma once

#include "base/units.h"

namespace streamd {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual UnixMillis wall_ms() const = 0;
  virtual ElapsedMillis elapsed_ms() const = 0;  // never goes back
  virtual std::int64_t elapsed_us() const { return elapsed_ms() * 1000; }  // the same, where finer is better
};

class SystemClock final : public Clock {
 public:
  UnixMillis wall_ms() const override;
  ElapsedMillis elapsed_ms() const override;
  std::int64_t elapsed_us() const override;
};

// For tests and simulation: time passes only by advance().
class ManualClock final : public Clock {
 public:
  explicit ManualClock(UnixMillis wall_ms) : wall_ms_(wall_ms) {}
  UnixMillis wall_ms() const override { return wall_ms_; }
  ElapsedMillis elapsed_ms() const override { return elapsed_ms_; }
  void advance(std::int64_t ms) {
    wall_ms_ += ms;
    elapsed_ms_ += ms;
  }

 private:
  UnixMillis wall_ms_;
  ElapsedMillis elapsed_ms_ = 0;
};

}  // namespace streamd
