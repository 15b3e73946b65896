#include "base/histogram.h"

#include <gtest/gtest.h>

#include <thread>

namespace streamd {
namespace {

TEST(Histogram, ABucketHoldsWhatIsAtMostItsBound) {
  Histogram histogram;
  for (std::int64_t us : {0, 100, 101, 250, 251}) histogram.observe_us(us);
  histogram.observe_us(100'000'000);
  histogram.observe_us(100'000'001);
  const HistogramCopy copy = histogram.copy();
  EXPECT_EQ(copy.buckets[0], 2u);
  EXPECT_EQ(copy.buckets[1], 2u);
  EXPECT_EQ(copy.buckets[2], 1u);
  EXPECT_EQ(copy.buckets[18], 1u);
  EXPECT_EQ(copy.buckets[19], 1u);
  EXPECT_EQ(copy.count, 7u);
  EXPECT_DOUBLE_EQ(copy.sum_s, 200.000703);
}

TEST(Histogram, WhatIsNegativeTakesNoTime) {
  Histogram histogram;
  histogram.observe_us(-5);
  EXPECT_EQ(histogram.copy().buckets[0], 1u);
  EXPECT_EQ(histogram.copy().sum_s, 0);
}

TEST(Histogram, BoundsGrowInSteps) {
  for (std::size_t i = 1; i < kLatencyBoundsUs.size(); ++i) {
    const double step = static_cast<double>(kLatencyBoundsUs[i]) / static_cast<double>(kLatencyBoundsUs[i - 1]);
    EXPECT_TRUE(step == 2.5 || step == 2.0) << kLatencyBoundsUs[i];
  }
}

TEST(Histogram, IsReadWhileItIsWritten) {
  Histogram histogram;
  constexpr std::uint64_t kTimes = 200'000;
  std::thread writer([&] {
    for (std::uint64_t i = 0; i < kTimes; ++i) histogram.observe_us(static_cast<std::int64_t>(i % 1000));
  });
  std::uint64_t before = 0;
  while (before < kTimes / 2) {
    const std::uint64_t count = histogram.copy().count;
    EXPECT_GE(count, before);
    before = count;
  }
  writer.join();
  EXPECT_EQ(histogram.copy().count, kTimes);
}

}  // namespace
}  // namespace streamd
