#include "daemon/sink_watch.h"

#include <gtest/gtest.h>

namespace streamd {
namespace {

TEST(SinkWatch, TheOldestLineThatWaitsIsTheLag) {
  SinkWatch watch;
  EXPECT_EQ(watch.lag_s(9'000'000), 0);
  watch.spooled(100, 1'000'000, 1'100'000);
  watch.spooled(200, 2'000'000, 2'100'000);
  EXPECT_DOUBLE_EQ(watch.lag_s(4'000'000), 3);
  watch.delivered(99, 4'000'000);
  EXPECT_DOUBLE_EQ(watch.lag_s(4'000'000), 3);
  watch.delivered(100, 4'000'000);
  EXPECT_DOUBLE_EQ(watch.lag_s(4'000'000), 2);
  watch.delivered(200, 5'000'000);
  EXPECT_EQ(watch.lag_s(9'000'000), 0);
  EXPECT_EQ(watch.times().count, 2u);
  EXPECT_DOUBLE_EQ(watch.times().sum_s, 6);
}

TEST(SinkWatch, WhatWasNotReadInThisRunLagsButIsNotTimed) {
  SinkWatch watch;
  watch.found(50, 1'000'000);
  watch.spooled(60, 0, 2'000'000);
  EXPECT_DOUBLE_EQ(watch.lag_s(4'000'000), 3);
  watch.delivered(55, 4'000'000);
  EXPECT_DOUBLE_EQ(watch.lag_s(4'000'000), 2);
  watch.delivered(60, 4'000'000);
  EXPECT_EQ(watch.times().count, 0u);
}

TEST(SinkWatch, SeeminglyEndlessWaitingIsBounded) {
  SinkWatch watch;
  constexpr std::uint64_t kBatches = 100 * SinkWatch::kMaxMarks;
  for (std::uint64_t i = 1; i <= kBatches; ++i) watch.spooled(i, static_cast<std::int64_t>(i), 0);
  EXPECT_DOUBLE_EQ(watch.lag_s(1'000'001), 1);
  watch.delivered(kBatches - 1, 1'000'001);
  EXPECT_GT(watch.lag_s(1'000'001), 0);
  watch.delivered(kBatches, 1'000'001);
  EXPECT_EQ(watch.lag_s(1'000'001), 0);
  EXPECT_LE(watch.times().count, SinkWatch::kMaxMarks);
  EXPECT_GE(watch.times().count, 1u);
}

}  // namespace
}  // namespace streamd
