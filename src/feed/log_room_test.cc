#include "feed/log_room.h"

#include <gtest/gtest.h>

namespace streamd::feed {
namespace {

TEST(LogRoom, IsThereAgainWellBelowTheBound) {
  LogRoom room(800, 80);
  EXPECT_FALSE(room.update(799, 79));
  EXPECT_TRUE(room.update(800, 0));
  EXPECT_TRUE(room.is_full());
  EXPECT_FALSE(room.update(700, 0));
  EXPECT_TRUE(room.update(699, 0));
  EXPECT_FALSE(room.is_full());
}

TEST(LogRoom, WhatWaitsInMemoryHasItsOwnBound) {
  LogRoom room(800, 80);
  EXPECT_TRUE(room.update(100, 80));
  EXPECT_FALSE(room.update(100, 70));
  EXPECT_FALSE(room.update(800, 0)) << "the other one is reached meanwhile";
  EXPECT_TRUE(room.update(0, 0));
}

}  // namespace
}  // namespace streamd::feed
