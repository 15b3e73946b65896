#include "exchange/limits.h"

#include <gtest/gtest.h>

namespace streamd::exchange {
namespace {

constexpr std::int64_t kMinute = 29'000'000 * 60'000LL;

TEST(SlidingWindow, CountsAnyStretchOfItsLength) {
  SlidingWindow window(2, 1000);
  EXPECT_TRUE(window.add(0));
  EXPECT_TRUE(window.add(900));
  EXPECT_TRUE(window.add(1000));  // the first is out
  EXPECT_FALSE(window.add(1899));
  EXPECT_EQ(window.most(), 3u);
}

TEST(WeightCounter, BeginsAnewWithEachMinuteOfTheClock) {
  WeightCounter weight(10, 60'000);
  EXPECT_EQ(weight.spend(10, kMinute + 59'999).status, 200);
  EXPECT_EQ(weight.spend(10, kMinute + 60'000).status, 200);
  EXPECT_EQ(weight.most(), 10);
}

TEST(WeightCounter, SaysWhenToComeBackAndBansWhoGoesOn) {
  WeightCounter weight(10, 60'000);
  weight.spend(10, kMinute);
  const auto first = weight.spend(1, kMinute + 500);
  EXPECT_EQ(first.status, 429);
  EXPECT_EQ(first.retry_after_s, 60);
  EXPECT_TRUE(first.is_beyond);
  EXPECT_FALSE(first.went_on);
  EXPECT_FALSE(weight.spend(1, kMinute + 600).went_on);  // was on its way
  for (int i = 0; i < 3; ++i) {
    const auto next = weight.spend(1, kMinute + 1000);
    EXPECT_EQ(next.status, 429);
    EXPECT_TRUE(next.went_on);
  }
  const auto banned = weight.spend(1, kMinute + 2000);
  EXPECT_EQ(banned.status, 418);
  EXPECT_EQ(banned.retry_after_s, 60);
  EXPECT_EQ(weight.spend(1, kMinute + 61'000).status, 418);
  EXPECT_EQ(weight.spend(1, kMinute + 62'000).status, 200);
}

TEST(WeightCounter, NoticesWhoDoesNotWaitForAnotherReason) {
  WeightCounter weight(10, 60'000);
  weight.spend(1, kMinute);
  weight.told_to_wait(2, kMinute);
  EXPECT_TRUE(weight.spend(1, kMinute + 1000).went_on);
  EXPECT_FALSE(weight.spend(1, kMinute + 2000).went_on);
}

}  // namespace
}  // namespace streamd::exchange
