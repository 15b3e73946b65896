// What a terminal shows while a video is made.
#include "plot/video_progress.h"

#include <gtest/gtest.h>

namespace streamd::plot {
namespace {

TEST(VideoProgress, TellsHowMuchAndHowLongStill) {
  EXPECT_EQ(VideoProgress::text(0, 600, 0.5), "video [..............................]   0%  frame 0 of 600");
  EXPECT_EQ(VideoProgress::text(300, 600, 75),
            "video [###############...............]  50%  frame 300 of 600  1:15 left");
  EXPECT_EQ(VideoProgress::text(600, 600, 9), "video [##############################] 100%  frame 600 of 600");
}

}  // namespace
}  // namespace streamd::plot
