// The contract's rule, for steps that fit and steps that do not.
#include "plot/frame_times.h"

#include <gtest/gtest.h>

namespace streamd::plot {
namespace {

SymbolSeries series_at(std::vector<UnixMillis> times) {
  SymbolSeries series{"ES", {}};
  for (const UnixMillis time : times) {
    series.points.push_back({});
    series.points.back().timestamp_ms = time;
  }
  return series;
}

using Times = std::vector<UnixMillis>;

TEST(FrameTimes, EachDifferentTimeOfAllSymbolsIsAFrame) {
  EXPECT_EQ(frame_times({series_at({1, 3, 5}), series_at({2, 3, 9}), series_at({5})}, 1), Times({1, 2, 3, 5, 9}));
  EXPECT_EQ(frame_times({series_at({4, 4, 4})}, 1), Times({4}));
  EXPECT_EQ(frame_times({series_at({4})}, 7), Times({4}));
}

TEST(FrameTimes, AStepLeavesOutTimesButNotTheLastOne) {
  const std::vector<SymbolSeries> eleven = {series_at({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})};
  EXPECT_EQ(frame_times(eleven, 5), Times({1, 6, 11}));
  EXPECT_EQ(frame_times(eleven, 4), Times({1, 5, 9, 11}));
  EXPECT_EQ(frame_times(eleven, 10), Times({1, 11}));
  EXPECT_EQ(frame_times(eleven, 11), Times({1, 11}));
  EXPECT_EQ(frame_times(eleven, 12), Times({1, 11}));
  EXPECT_EQ(frame_times(eleven, 1'000'000'000), Times({1, 11}));
}

TEST(FrameTimes, AreAsManyAsTheRuleSays) {
  for (std::size_t count = 1; count < 40; ++count) {
    Times all;
    for (std::size_t i = 0; i < count; ++i) all.push_back(static_cast<UnixMillis>(10 * i));
    for (std::size_t step = 1; step < 45; ++step) {
      const Times times = frame_times({series_at(all)}, step);
      ASSERT_EQ(times.size(), (count - 1 + step - 1) / step + 1) << count << " by " << step;
      for (std::size_t k = 0; k + 1 < times.size(); ++k) ASSERT_EQ(times[k], all[k * step]);
      ASSERT_EQ(times.back(), all.back());
    }
  }
}

}  // namespace
}  // namespace streamd::plot
