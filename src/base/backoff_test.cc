#include "base/backoff.h"

#include <gtest/gtest.h>

#include <set>

namespace streamd {
namespace {

TEST(Backoff, WaitsTwiceAsLongEachTimeUpToItsMaximum) {
  Backoff backoff(1);
  for (int round = 0; round < 2; ++round) {
    ElapsedMillis bound = Backoff::kFirstBoundMs;
    for (int i = 0; i < 20; ++i) {
      const ElapsedMillis wait = backoff.next_ms();
      EXPECT_GE(wait, bound / 2);
      EXPECT_LE(wait, bound);
      bound = std::min(2 * bound, Backoff::kMaxMs);
    }
    backoff.reset();
  }
}

TEST(Backoff, ManyWhoBeginAtOnceDoNotComeBackAtOnce) {
  std::set<ElapsedMillis> waits;
  for (std::uint32_t seed = 1; seed <= 50; ++seed) {
    Backoff backoff(seed);
    for (int i = 0; i < 10; ++i) backoff.next_ms();
    waits.insert(backoff.next_ms());
  }
  EXPECT_GT(waits.size(), 40u);
}

}  // namespace
}  // namespace streamd
