#include "feed/restart_pause.h"

#include <gtest/gtest.h>

namespace streamd::feed {
namespace {

TEST(RestartPause, GrowsUpToABound) {
  RestartPause pause;
  for (const ElapsedMillis expected : {1'000, 2'000, 4'000, 8'000, 16'000, 30'000, 30'000}) {
    EXPECT_EQ(pause.next_ms(0), expected);
  }
}

TEST(RestartPause, IsShortAgainForOneThatServedForAMinute) {
  RestartPause pause;
  for (int ends = 0; ends < 5; ++ends) pause.next_ms(0);
  EXPECT_EQ(pause.next_ms(59'999), 30'000);
  EXPECT_EQ(pause.next_ms(60'000), 1'000);
  EXPECT_EQ(pause.next_ms(0), 2'000);
}

}  // namespace
}  // namespace streamd::feed
