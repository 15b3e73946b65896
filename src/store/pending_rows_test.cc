// Which summaries of windows wait for a commit, and that they count.
#include "store/pending_rows.h"

#include <gtest/gtest.h>

namespace streamd {
namespace {

WindowSummary window(SymbolId symbol, Second start, std::int32_t window_s) {
  WindowSummary summary;
  summary.symbol = symbol;
  summary.start = start;
  summary.window_s = window_s;
  return summary;
}

TEST(PendingRows, OneSummaryAWindow) {
  PendingRows pending;
  EXPECT_TRUE(pending.add(window(3, 0, 60)));
  EXPECT_FALSE(pending.add(window(3, 0, 60)));
  EXPECT_TRUE(pending.add(window(3, 120, 60)));
  EXPECT_FALSE(pending.add(window(3, 60, 60)));
  ASSERT_EQ(pending.summaries().size(), 2u);
  EXPECT_EQ(pending.summaries()[1].start, 120);
}

TEST(PendingRows, SymbolsAndLengthsOfWindowsAreApart) {
  PendingRows pending;
  EXPECT_TRUE(pending.add(window(0, 600, 60)));
  EXPECT_TRUE(pending.add(window(1, 0, 60)));
  EXPECT_TRUE(pending.add(window(0, 0, 30)));
  EXPECT_TRUE(pending.add(window(0, 600, 300)));
  EXPECT_FALSE(pending.add(window(0, 600, 60)));
  EXPECT_EQ(pending.summaries().size(), 4u);
}

TEST(PendingRows, ASummaryBehindTheNewestStoredIsPassedOver) {
  PendingRows pending;
  pending.set_newest_summarised(2, 60, 600);
  pending.set_newest_summarised(2, 30, 900);
  EXPECT_FALSE(pending.add(window(2, 540, 60)));
  EXPECT_FALSE(pending.add(window(2, 600, 60)));
  EXPECT_TRUE(pending.add(window(2, 660, 60)));
  EXPECT_FALSE(pending.add(window(2, 900, 30)));
  EXPECT_TRUE(pending.add(window(2, 0, 300)));
  EXPECT_TRUE(pending.add(window(1, 0, 60)));
}

TEST(PendingRows, SummariesCountUntilTheyAreCommittedAndAreKnownBehindThat) {
  PendingRows pending;
  pending.add(window(0, 60, 60));
  pending.add(window(0, 120, 60));
  Decision decision;
  decision.second = 60;
  pending.add(decision);
  EXPECT_EQ(pending.rows(), 3u);
  EXPECT_EQ(pending.bytes(), 2 * sizeof(WindowSummary) + sizeof(Decision));
  pending.clear_committed();
  EXPECT_EQ(pending.rows(), 0u);
  EXPECT_EQ(pending.bytes(), 0u);
  EXPECT_FALSE(pending.add(window(0, 120, 60)));
  EXPECT_TRUE(pending.add(window(0, 180, 60)));
}

}  // namespace
}  // namespace streamd
