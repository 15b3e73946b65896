// How much REST weight may be used now, so that the exchange never counts more than its limit in one of its minutes.
// Where those begin is not known here, nor how long a request travels: what was used counts for a little more than a
// minute. Pure: time comes in, monotonic. One thread.
#pragma once

#include <cstdint>
#include <deque>

#include "base/units.h"

namespace streamd::feed {

class WeightBudget {
 public:
  // `share` of the exchange's limit is used at most; the rest is for others at the same address, and for what is under
  // way.
  explicit WeightBudget(std::int64_t limit_per_minute = 6000, double share = 0.8);

  // How long a request of this weight must wait. 0: it may leave now.
  ElapsedMillis wait_ms(std::int64_t weight, ElapsedMillis now_ms) const;
  // A request leaves.
  void spent(std::int64_t weight, ElapsedMillis now_ms);
  // An answer's header X-MBX-USED-WEIGHT-1M: what all at this address have used in the exchange's present minute.
  void told_used(std::int64_t used, ElapsedMillis now_ms);
  // The exchange refused (429, 418): nothing for so many seconds (Retry-After), for a while of our choice without them.
  void told_to_wait(int status, std::int64_t retry_after_s, ElapsedMillis now_ms);

  static constexpr ElapsedMillis kMinuteMs = 63'000;

 private:
  struct Spending {
    ElapsedMillis until_ms;  // counts until then
    std::int64_t weight;
  };

  const std::int64_t most_;
  std::deque<Spending> spendings_;  // oldest first
  std::int64_t spent_ = 0;          // of all of them
  std::int64_t told_ = 0;           // used, as the exchange said last, and what was spent since
  ElapsedMillis told_until_ms_ = 0;
  ElapsedMillis refused_until_ms_ = 0;
};

}  // namespace streamd::feed
