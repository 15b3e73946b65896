#include "probe/pace.h"

#include <gtest/gtest.h>

namespace streamd::probe {
namespace {

TEST(Pace, EachSecondHasExactlyTheRate) {
  for (const double rate : {1.0, 3.0, 200.0, 1'000'000.0}) {
    const Pace pace(rate, 0, static_cast<std::uint64_t>(rate * 5));
    EXPECT_EQ(pace.due(0), 1) << "the first at the start";
    for (int second = 1; second <= 5; ++second) {
      EXPECT_EQ(pace.due(second - 1e-9 / rate), static_cast<std::uint64_t>(rate * second)) << rate;
    }
    EXPECT_EQ(pace.due(1000), pace.total());
  }
}

TEST(Pace, ALineIsDueAtItsTime) {
  const Pace pace(4, 0.5, 100);
  EXPECT_EQ(pace.due(0), 0);
  for (std::uint64_t line = 0; line < 20; ++line) {
    EXPECT_DOUBLE_EQ(pace.due_s(line), (static_cast<double>(line) + 0.5) / 4);
    EXPECT_EQ(pace.due(pace.due_s(line)), line + 1);
    EXPECT_EQ(pace.due(pace.due_s(line) - 1e-6), line);
  }
}

TEST(Pace, WithoutARateAllAreDue) {
  const Pace pace(0, 0, Pace::kNoEnd);
  EXPECT_EQ(pace.due(0), Pace::kNoEnd);
  EXPECT_EQ(pace.due_s(7), 0);
}

}  // namespace
}  // namespace streamd::probe
