#include "bars/recent_bars.h"

#include <gtest/gtest.h>

#include <string>

namespace streamd {
namespace {

using Texts = std::vector<std::string>;
constexpr SymbolId A = 0;
constexpr SymbolId B = 1;

BarWrite bar(SymbolId symbol, Second second, double price, BarOrigin origin = BarOrigin::trades) {
  BarWrite write{{}, second, symbol, kLiveLabel, origin};
  write.bar.add(500, price, 1);
  return write;
}

struct RecentBarsTest : ::testing::Test {
  RecentBarsTest() { begin({true, 10, 1 << 20}); }
  void begin(const AmendOptions& options) { recent.begin_run(options); }
  void close(const BarWrite& write) { recent.close(write, true, notices); }
  void close_behind(const BarWrite& write) { recent.close(write, false, notices); }
  // "<symbol>@<second> close <c> n<trades> r<revision>" of what was told since the last call.
  Texts end_batch(std::uint64_t revision) {
    recent.end_batch(revision, notices);
    Texts texts;
    for (const BarNotice& notice : notices) {
      texts.push_back(std::to_string(notice.symbol) + "@" + std::to_string(notice.second) + " close " +
                      std::to_string(static_cast<int>(notice.values.close)) + " n" +
                      std::to_string(notice.values.trades) + " r" + std::to_string(notice.revision) +
                      (notice.is_partial ? " partial" : ""));
    }
    notices.clear();
    return texts;
  }
  RecentBars recent;
  std::vector<BarNotice> notices;
};

TEST_F(RecentBarsTest, ABarIsToldWhenItClosesAndWholeWhenItChanges) {
  close(bar(A, 5, 1));
  EXPECT_EQ(end_batch(100), Texts{"0@5 close 1 n1 r0"});
  recent.amend(bar(A, 5, 2));
  recent.amend(bar(A, 5, 3));
  EXPECT_EQ(end_batch(200), Texts{"0@5 close 3 n3 r200"});
  EXPECT_EQ(end_batch(300), Texts{});
}

// Newer seconds had closed before anybody wanted to be told.
TEST_F(RecentBarsTest, ABarBehindOnesThatWereNotToldSaysNothingOfThose) {
  recent.amend(bar(A, 7, 1));
  close_behind(bar(A, 5, 2));
  recent.amend(bar(A, 7, 3, BarOrigin::line));
  EXPECT_EQ(end_batch(100), (Texts{"0@5 close 2 n1 r0", "0@7 close 3 n1 r100"}));
  recent.amend(bar(A, 7, 4));
  EXPECT_EQ(end_batch(200), (Texts{"0@7 close 4 n1 r200 partial"}));
}

TEST_F(RecentBarsTest, BothInOneBatchAreTwoNotices) {
  close(bar(A, 5, 1));
  recent.amend(bar(A, 5, 2));
  EXPECT_EQ(end_batch(100), (Texts{"0@5 close 1 n1 r0", "0@5 close 2 n2 r100"}));
}

TEST_F(RecentBarsTest, ALineReplacesAndThenTradesChangeNothing) {
  close(bar(A, 5, 1));
  recent.amend(bar(A, 5, 7, BarOrigin::line));
  EXPECT_EQ(end_batch(100), (Texts{"0@5 close 1 n1 r0", "0@5 close 7 n1 r100"}));
  recent.amend(bar(A, 5, 8));
  EXPECT_EQ(end_batch(200), Texts{});
  recent.amend(bar(A, 5, 9, BarOrigin::line));
  EXPECT_EQ(end_batch(300), Texts{"0@5 close 9 n1 r300"});
}

TEST_F(RecentBarsTest, WhatLeftTheWindowIsToldInPart) {
  close(bar(A, 5, 1));
  close(bar(A, 15, 1));
  end_batch(100);
  recent.amend(bar(A, 5, 2));  // exactly at the window's edge
  EXPECT_EQ(end_batch(200), Texts{"0@5 close 2 n2 r200"});
  close(bar(A, 16, 1));
  end_batch(300);
  recent.amend(bar(A, 5, 3));
  recent.amend(bar(A, 4, 3));
  recent.amend(bar(A, 5, 4));
  EXPECT_EQ(end_batch(400), (Texts{"0@5 close 4 n2 r400 partial", "0@4 close 3 n1 r400 partial"}));
  recent.amend(bar(A, 5, 6, BarOrigin::line));  // a line is always whole
  EXPECT_EQ(end_batch(500), Texts{"0@5 close 6 n1 r500"});
}

TEST_F(RecentBarsTest, AChangeInTheBatchInWhichItLeavesTheWindowIsStillWhole) {
  close(bar(A, 5, 1));
  end_batch(100);
  recent.amend(bar(A, 5, 2));
  close(bar(A, 50, 1));
  recent.amend(bar(A, 5, 3));
  EXPECT_EQ(end_batch(200), (Texts{"0@50 close 1 n1 r0", "0@5 close 3 n3 r200"}));
}

TEST_F(RecentBarsTest, BeyondTheMemoryTheBarsThatClosedFirstGo) {
  begin({true, 1'000'000, 1});  // room for one
  close(bar(A, 5, 1));
  close(bar(B, 3, 1));
  end_batch(100);
  recent.amend(bar(A, 5, 2));
  recent.amend(bar(B, 3, 2));
  EXPECT_EQ(end_batch(200), (Texts{"1@3 close 2 n2 r200", "0@5 close 2 n1 r200 partial"}));
}

TEST_F(RecentBarsTest, ASecondThatClosesBehindANewerOneIsKeptInOrder) {
  close(bar(A, 7, 1));
  close(bar(A, 5, 1));
  close(bar(A, 6, 1));
  end_batch(100);
  recent.amend(bar(A, 5, 2));
  recent.amend(bar(A, 7, 3));
  EXPECT_EQ(end_batch(200), (Texts{"0@5 close 2 n2 r200", "0@7 close 3 n2 r200"}));
}

TEST_F(RecentBarsTest, ManyBarsStayWithinTheMemory) {
  begin({true, 1'000'000, 100'000});
  for (Second second = 0; second < 20'000; ++second) {
    close(bar(static_cast<SymbolId>(second % 7), second, 1));
    end_batch(1);
  }
  ByteSink state;
  recent.save(state);
  EXPECT_LT(state.bytes().size(), 200'000u);
  RecentBars loaded;
  ByteSource bytes(state.bytes());
  ASSERT_TRUE(loaded.load(bytes));
  ByteSink again;
  loaded.save(again);
  EXPECT_EQ(again.bytes(), state.bytes());
}

TEST_F(RecentBarsTest, ALateTradeOfASecondWithoutABarIsItsBar) {
  close(bar(A, 5, 1));
  close(bar(A, 8, 1));
  end_batch(100);
  recent.amend(bar(A, 6, 2));
  recent.amend(bar(A, 6, 3));
  EXPECT_EQ(end_batch(200), Texts{"0@6 close 3 n2 r200"});
  recent.amend(bar(A, 6, 4));
  recent.amend(bar(A, 7, 9, BarOrigin::line));
  EXPECT_EQ(end_batch(300), (Texts{"0@6 close 4 n3 r300", "0@7 close 9 n1 r300"}));
  recent.amend(bar(A, 7, 1));  // the line stands
  EXPECT_EQ(end_batch(400), Texts{});
}

TEST_F(RecentBarsTest, WhatMayHaveHadABarIsToldInPart) {
  close(bar(A, 5, 1));
  close(bar(A, 20, 1));  // 5 leaves
  end_batch(100);
  recent.amend(bar(A, 4, 2));  // before anything that is known
  recent.amend(bar(A, 9, 2));  // had none, but is beyond the window
  EXPECT_EQ(end_batch(200), (Texts{"0@4 close 2 n1 r200 partial", "0@9 close 2 n1 r200 partial"}));
  recent.amend(bar(A, 10, 2));
  EXPECT_EQ(end_batch(300), Texts{"0@10 close 2 n1 r300"});
  recent.amend(bar(B, 10, 2));  // nothing of it was ever told
  EXPECT_EQ(end_batch(400), Texts{"1@10 close 2 n1 r400 partial"});
}

TEST_F(RecentBarsTest, NobodyWantsThemAnyMore) {
  close(bar(A, 5, 1));
  end_batch(100);
  begin({false, 10, 1 << 20});
  EXPECT_FALSE(recent.wanted());
  begin({true, 10, 1 << 20});
  recent.amend(bar(A, 5, 2));
  EXPECT_EQ(end_batch(200), Texts{"0@5 close 2 n1 r200 partial"});
}

}  // namespace
}  // namespace streamd
