#include "exchange/limits.h"

#include <algorithm>

namespace streamd::exchange {
namespace {

constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::int64_t kOnTheWayMs = 250;  // a request that was sent before the answer came
constexpr int kPatience = 3;               // requests that still get 429

int seconds_until(std::int64_t then_ms, std::int64_t now_ms) {
  return static_cast<int>(std::max<std::int64_t>(1, (then_ms - now_ms + 999) / 1000));
}

}  // namespace

bool SlidingWindow::add(std::int64_t now_ms) {
  while (!times_.empty() && times_.front() <= now_ms - length_ms_) times_.pop_front();
  times_.push_back(now_ms);
  most_ = std::max(most_, times_.size());
  return times_.size() <= limit_;
}

WeightCounter::Verdict WeightCounter::spend(int weight, std::int64_t now_ms) {
  if (now_ms / kMinuteMs != minute_) {
    minute_ = now_ms / kMinuteMs;
    used_ = 0;
  }
  used_ += weight;
  most_ = std::max(most_, used_);
  Verdict verdict;
  verdict.used = used_;
  verdict.is_beyond = used_ > limit_;
  verdict.went_on = now_ms < wait_until_ms_ && now_ms > told_ms_ + kOnTheWayMs;
  if (now_ms < banned_until_ms_) {
    verdict.status = 418;
    verdict.retry_after_s = seconds_until(banned_until_ms_, now_ms);
    return verdict;
  }
  if (!verdict.is_beyond) {
    requests_beyond_ = 0;
    return verdict;
  }
  if (verdict.went_on && ++requests_beyond_ > kPatience) {
    banned_until_ms_ = now_ms + ban_ms_;
    verdict.status = 418;
    verdict.retry_after_s = seconds_until(banned_until_ms_, now_ms);
    told_to_wait(verdict.retry_after_s, now_ms);
    return verdict;
  }
  verdict.status = 429;
  verdict.retry_after_s = seconds_until((minute_ + 1) * kMinuteMs, now_ms);
  if (!verdict.went_on) told_to_wait(verdict.retry_after_s, now_ms);
  return verdict;
}

void WeightCounter::told_to_wait(int retry_after_s, std::int64_t now_ms) {
  if (now_ms >= wait_until_ms_) told_ms_ = now_ms;
  wait_until_ms_ = std::max<std::int64_t>(wait_until_ms_, now_ms + retry_after_s * 1000LL);
}

}  // namespace streamd::exchange
