#include "sink/resend_window.h"

#include <gtest/gtest.h>

namespace streamd {
namespace {

TEST(ResendWindowTest, BeginsWhereItStartedUntilMoreWasSent) {
  ResendWindow window(5000, 1000);
  window.start(700);
  EXPECT_EQ(window.begin(), 700u);
  window.sent(0, 800, 100);
  EXPECT_EQ(window.begin(), 700u);
}

TEST(ResendWindowTest, HoldsTheLastBytesWhenTheyAreOlder) {
  ResendWindow window(100, 6400);
  for (int i = 1; i <= 1000; ++i) window.sent(i * 1000, i * 100, 100);
  EXPECT_LE(window.begin(), 100'000u - 6400);
  EXPECT_GE(window.begin(), 100'000u - 6400 - 200);
}

TEST(ResendWindowTest, HoldsTheLastTimeWhenItHasMoreBytes) {
  ResendWindow window(6400, 100);
  for (int i = 1; i <= 1000; ++i) window.sent(i * 100, i * 1000, 1000);
  EXPECT_LE(window.begin(), (1000u - 64) * 1000);
  EXPECT_GE(window.begin(), (1000u - 67) * 1000);
}

TEST(ResendWindowTest, WithoutTheSecondsItHoldsTheLastBytes) {
  ResendWindow window(1'000'000, 6400);
  for (int i = 1; i <= 1000; ++i) window.sent(i, i * 100, 100);
  EXPECT_EQ(window.begin(), 0u);
  EXPECT_TRUE(window.forget_seconds());
  EXPECT_LE(window.begin(), 100'000u - 6400);
  EXPECT_GE(window.begin(), 100'000u - 6400 - 200);
  EXPECT_FALSE(window.forget_seconds());
  for (int i = 1001; i <= 1010; ++i) window.sent(i, i * 100, 100);
  EXPECT_LE(window.begin(), 100'000u - 6400) << "the seconds count again";
}

TEST(ResendWindowTest, HoldsWhatIsUnderWay) {
  ResendWindow window(100, 1000);
  for (int i = 1; i <= 100; ++i) {
    window.set_under_way(static_cast<std::uint64_t>(i) * 90);
    window.sent(i * 1000, i * 100, 100);
  }
  EXPECT_LE(window.begin(), 10'000u - 9000);
  EXPECT_GE(window.begin(), 10'000u - 9000 - 200);
  EXPECT_FALSE(window.forget_seconds());
  window.set_under_way(500);
  EXPECT_LE(window.begin(), 10'000u - 1000);
  EXPECT_GE(window.begin(), 10'000u - 1000 - 200);
}

TEST(ResendWindowTest, EmptyOneHoldsOnlyUnfinishedLines) {
  ResendWindow window(0, 0);
  window.sent(1, 50, 60);  // ten bytes of the next line are under way
  EXPECT_EQ(window.begin(), 50u);
}

TEST(ResendWindowTest, ManySamplesBecomeCoarserAndNeverTooFew) {
  ResendWindow window(64, 1'000'000'000);
  for (int i = 1; i <= 100'000; ++i) window.sent(i * 10, i * 100, 100);
  EXPECT_EQ(window.begin(), 0u);
}

}  // namespace
}  // namespace streamd
