#include "feed/weight_budget.h"

#include <algorithm>

namespace streamd::feed {
namespace {

constexpr ElapsedMillis kGrainMs = 500;  // spendings as close as this are one
constexpr std::int64_t kRefusedS = 60;
constexpr std::int64_t kBannedS = 120;  // the exchange's shortest ban
constexpr std::int64_t kLongestWaitS = 7 * 24 * 3600;
constexpr int kBanned = 418;

}  // namespace

WeightBudget::WeightBudget(std::int64_t limit_per_minute, double share)
    : most_(static_cast<std::int64_t>(static_cast<double>(limit_per_minute) * share)) {}

ElapsedMillis WeightBudget::wait_ms(std::int64_t weight, ElapsedMillis now_ms) const {
  ElapsedMillis free_ms = std::max(now_ms, refused_until_ms_);
  if (told_ > 0 && told_ + weight > most_) free_ms = std::max(free_ms, told_until_ms_);
  std::int64_t spent = spent_;
  for (const Spending& spending : spendings_) {
    if (spending.until_ms > now_ms && spent + weight <= most_) break;
    free_ms = std::max(free_ms, spending.until_ms);
    spent -= spending.weight;
  }
  return free_ms - now_ms;
}

void WeightBudget::spent(std::int64_t weight, ElapsedMillis now_ms) {
  while (!spendings_.empty() && spendings_.front().until_ms <= now_ms) {
    spent_ -= spendings_.front().weight;
    spendings_.pop_front();
  }
  if (told_until_ms_ <= now_ms) told_ = 0;
  if (told_ > 0) told_ += weight;
  spent_ += weight;
  const ElapsedMillis until_ms = now_ms + kMinuteMs;
  if (!spendings_.empty() && spendings_.back().until_ms >= until_ms) {
    spendings_.back().weight += weight;
  } else {
    spendings_.push_back({until_ms + kGrainMs, weight});
  }
}

void WeightBudget::told_used(std::int64_t used, ElapsedMillis now_ms) {
  told_ = std::max<std::int64_t>(used, 0);
  told_until_ms_ = now_ms + kMinuteMs;
}

void WeightBudget::told_to_wait(int status, std::int64_t retry_after_s, ElapsedMillis now_ms) {
  if (retry_after_s <= 0) retry_after_s = status == kBanned ? kBannedS : kRefusedS;
  const std::int64_t wait_s = std::min(retry_after_s, kLongestWaitS);
  refused_until_ms_ = std::max(refused_until_ms_, now_ms + wait_s * 1000);
}

}  // namespace streamd::feed
