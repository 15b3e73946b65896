// What the exchange counts against its clients. Pure: the time comes in. One address: all come from loopback.
#pragma once

#include <cstdint>
#include <deque>

namespace streamd::exchange {

// At most so many events in any stretch of so many milliseconds.
class SlidingWindow {
 public:
  SlidingWindow(std::size_t limit, std::int64_t length_ms) : limit_(limit), length_ms_(length_ms) {}

  // False: this one was too many.
  bool add(std::int64_t now_ms);
  std::size_t limit() const { return limit_; }
  std::size_t most() const { return most_; }  // in one stretch, so far

 private:
  const std::size_t limit_;
  const std::int64_t length_ms_;
  std::deque<std::int64_t> times_;
  std::size_t most_ = 0;
};

// The weight of REST requests in each minute of the clock, and whom it has told to wait.
class WeightCounter {
 public:
  struct Verdict {
    int status = 200;
    int retry_after_s = 0;
    int used = 0;            // in this minute
    bool is_beyond = false;  // of the limit
    bool went_on = false;    // though it had been told to wait, and had had the time to hear it
  };

  // `ban_ms`: for how long 418 is the answer.
  WeightCounter(int limit, std::int64_t ban_ms) : limit_(limit), ban_ms_(ban_ms) {}

  Verdict spend(int weight, std::int64_t now_ms);
  // An answer with Retry-After that has another reason.
  void told_to_wait(int retry_after_s, std::int64_t now_ms);
  int limit() const { return limit_; }
  int most() const { return most_; }

 private:
  const int limit_;
  const std::int64_t ban_ms_;
  std::int64_t minute_ = 0;
  int used_ = 0;
  int most_ = 0;
  int requests_beyond_ = 0;  // after the 429
  std::int64_t told_ms_ = 0;
  std::int64_t wait_until_ms_ = 0;
  std::int64_t banned_until_ms_ = 0;
};

}  // namespace streamd::exchange
