#include "feed/weight_budget.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace streamd::feed {
namespace {

constexpr std::int64_t kWeight = 4;

// Spends as fast as it may until `end_ms`.
std::int64_t spend_all(WeightBudget& budget, ElapsedMillis now_ms, ElapsedMillis end_ms) {
  std::int64_t spent = 0;
  while (true) {
    now_ms += budget.wait_ms(kWeight, now_ms);
    if (now_ms >= end_ms) return spent;
    budget.spent(kWeight, now_ms);
    spent += kWeight;
  }
}

TEST(WeightBudget, SpendsItsShareAtOnceAndAgainAMinuteLater) {
  WeightBudget budget(6000, 0.8);
  EXPECT_EQ(spend_all(budget, 0, 60'000), 4800);
  EXPECT_GE(budget.wait_ms(kWeight, 60'000), 3000);
  EXPECT_EQ(spend_all(budget, 60'000, 2 * 60'000), 4800);
}

TEST(WeightBudget, ARequestBeyondTheShareGoesWhenNothingElseCounts) {
  WeightBudget budget(100, 0.5);
  EXPECT_EQ(budget.wait_ms(80, 0), 0);
  budget.spent(80, 0);
  const ElapsedMillis wait_ms = budget.wait_ms(80, 0);
  EXPECT_GT(wait_ms, 60'000);
  EXPECT_EQ(budget.wait_ms(80, wait_ms), 0);
}

TEST(WeightBudget, NoMinuteOfTheExchangeSeesMoreThanTheShare) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    std::mt19937_64 random(seed);
    WeightBudget budget(200, 0.8);
    const ElapsedMillis offset_ms = static_cast<ElapsedMillis>(random() % 60'000);  // of the exchange's minutes
    std::map<ElapsedMillis, std::int64_t> minutes;
    std::int64_t total = 0;
    ElapsedMillis now_ms = 0;
    while (now_ms < 30 * 60'000) {
      if (const ElapsedMillis wait_ms = budget.wait_ms(kWeight, now_ms); wait_ms > 0) {
        now_ms += 1 + static_cast<ElapsedMillis>(random() % static_cast<std::uint64_t>(wait_ms));
        continue;
      }
      budget.spent(kWeight, now_ms);
      const ElapsedMillis arrives_ms = now_ms + static_cast<ElapsedMillis>(random() % 2000);
      minutes[(arrives_ms + offset_ms) / 60'000] += kWeight;
      total += kWeight;
      if (random() % 2 == 0) now_ms += static_cast<ElapsedMillis>(random() % 3000);
    }
    for (const auto& [minute, weight] : minutes) ASSERT_LE(weight, 160) << "seed " << seed << ", minute " << minute;
    EXPECT_GT(total, 25 * 160);
  }
}

TEST(WeightBudget, OthersAtTheAddressCount) {
  WeightBudget budget(6000, 0.8);
  budget.spent(kWeight, 0);
  budget.told_used(4790, 100);
  EXPECT_EQ(spend_all(budget, 100, 60'000), 8);
  EXPECT_GT(budget.wait_ms(kWeight, 60'100), 0) << "their minute may not be over";
  EXPECT_EQ(budget.wait_ms(kWeight, 100 + WeightBudget::kMinuteMs), 0);
  budget.told_used(12, 200'000);
  EXPECT_EQ(spend_all(budget, 200'000, 260'000), 4788);
}

TEST(WeightBudget, WaitsAsLongAsItIsTold) {
  WeightBudget budget;
  budget.told_to_wait(429, 7, 1000);
  EXPECT_EQ(budget.wait_ms(kWeight, 1000), 7000);
  budget.told_to_wait(429, 1, 2000);
  EXPECT_EQ(budget.wait_ms(kWeight, 2000), 6000) << "the longer one counts";
  EXPECT_EQ(budget.wait_ms(kWeight, 8000), 0);
}

TEST(WeightBudget, WaitsByItselfWhenItIsNotToldHowLong) {
  WeightBudget refused;
  refused.told_to_wait(429, 0, 0);
  EXPECT_EQ(refused.wait_ms(kWeight, 0), 60'000);
  WeightBudget banned;
  banned.told_to_wait(418, 0, 0);
  EXPECT_EQ(banned.wait_ms(kWeight, 0), 120'000);
  banned.told_to_wait(418, INT64_MAX, 0);
  EXPECT_EQ(banned.wait_ms(kWeight, 0), 7 * 24 * 3600 * 1000LL);
}

}  // namespace
}  // namespace streamd::feed
