#include "bars/second_aggregator.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/aggregator_bench.h"

namespace streamd {
namespace {

constexpr SymbolId A = 0;
constexpr SymbolId B = 1;
constexpr SourceId X = 7;
constexpr SourceId Y = 8;

class SecondAggregatorTest : public ::testing::Test {
 protected:
  SecondAggregatorTest() { start(bench); }

  static void start(AggregatorBench& bench) {
    bench.aggregator.start_source(X, kLiveLabel);
    bench.aggregator.start_source(Y, kLiveLabel);
  }

  const AggregatorCounts& counts() const { return bench.aggregator.counts(); }

  AggregatorBench bench;
};

struct LatenessTest : ::testing::Test {
  LatenessTest() {
    bench.aggregator.start_source(X, kLiveLabel);
    bench.aggregator.start_source(Y, kLiveLabel);
  }
  AggregatorBench bench{{.lateness_ms = 1500}};
};

// Closing by trade and by watermark.

TEST_F(SecondAggregatorTest, ATradeInALaterSecondClosesTheSymbolsSecond) {
  bench.trade(X, A, 10000, 2, 1);
  bench.trade(X, A, 10999, 3, 1);
  EXPECT_EQ(bench.written(), Texts{});
  bench.trade(X, A, 11000);
  EXPECT_EQ(bench.written(), Texts{"0@10 2 3 2 3 v2 n2"});
  bench.trade(X, A, 15000);
  EXPECT_EQ(bench.written(), Texts{"0@11 1 1 1 1 v1 n1"});
  EXPECT_EQ(counts().seconds_closed, 2u);
}

TEST_F(SecondAggregatorTest, TheWatermarkOfTheSourceClosesTheSecondsOfItsOtherSymbols) {
  bench.trade(X, A, 10500);
  bench.trade(X, B, 10999);
  EXPECT_EQ(bench.written(), Texts{});
  bench.trade(X, B, 11000);
  EXPECT_EQ(bench.written(), (Texts{"0@10 1 1 1 1 v1 n1", "1@10 1 1 1 1 v1 n1"}));
}

TEST_F(SecondAggregatorTest, ItTellsWhichSecondsOfASymbolAreKnownAndWhichAreClosed) {
  const SecondAggregator& aggregator = bench.aggregator;
  EXPECT_EQ(aggregator.newest_second(A), std::nullopt);
  EXPECT_EQ(aggregator.closed_until(A), std::nullopt);
  bench.trade(X, A, 10500);
  EXPECT_EQ(aggregator.newest_second(A), 10);
  EXPECT_EQ(aggregator.closed_until(A), std::nullopt);
  bench.trade(Y, A, 8500);
  bench.trade(X, A, 11500);  // closes 10, while Y feeds 8
  EXPECT_EQ(aggregator.newest_second(A), 11);
  EXPECT_EQ(aggregator.closed_until(A), 7);
  bench.trade(Y, A, 9500);
  EXPECT_EQ(aggregator.closed_until(A), 10);
  EXPECT_EQ(aggregator.newest_second(B), std::nullopt);
}

TEST_F(SecondAggregatorTest, TheWatermarkOfAnotherSourceClosesNothing) {
  bench.trade(X, A, 10500);
  bench.trade(Y, B, 99000);
  EXPECT_EQ(bench.written(), Texts{});
}

TEST_F(SecondAggregatorTest, AnOlderTradeDoesNotMoveTheWatermarkBack) {
  bench.trade(X, B, 20000);
  bench.trade(X, B, 15000);
  bench.trade(X, A, 19500);  // behind the watermark, which is still at 20 s
  EXPECT_EQ(bench.written(), Texts{});
  bench.trade(X, B, 20001);
  EXPECT_EQ(bench.written(), Texts{"1@15 1 1 1 1 v1 n1"});
}

TEST_F(SecondAggregatorTest, TradesOfOneSecondOutOfOrderAreOneBar) {
  bench.trade(X, A, 10600, 5, 1);
  bench.trade(X, A, 10200, 7, 2);
  bench.trade(X, A, 10400, 1, 4);
  bench.trade(X, A, 11000);
  EXPECT_EQ(bench.written(), Texts{"0@10 7 7 1 5 v7 n3"});
}

// Several sources.

TEST_F(SecondAggregatorTest, ASecondClosesWhenEverySourceThatFedItHasLeft) {
  bench.trade(X, A, 10100, 1);
  bench.trade(Y, A, 10200, 2);
  bench.trade(X, A, 11000, 3);
  EXPECT_EQ(bench.written(), Texts{});
  bench.trade(Y, A, 10300, 4);  // not late: Y is still in the second
  bench.trade(Y, A, 11000, 5);
  EXPECT_EQ(bench.written(), Texts{"0@10 1 4 1 4 v3 n3"});
  EXPECT_EQ(counts().late_trades, 0u);
}

TEST_F(SecondAggregatorTest, ASourceThatDidNotFeedTheSecondDoesNotHoldIt) {
  bench.trade(Y, A, 5000);
  bench.trade(Y, A, 6000);
  bench.trade(X, A, 10000);
  bench.written();
  bench.trade(X, A, 11000);
  EXPECT_EQ(bench.written(), Texts{"0@10 1 1 1 1 v1 n1"});
}

TEST_F(SecondAggregatorTest, TheFirstFeederMayLeaveLast) {
  bench.trade(X, A, 10000, 1);
  bench.trade(Y, A, 10001, 2);
  bench.trade(Y, B, 11000);
  EXPECT_EQ(bench.written(), Texts{});
  bench.trade(X, B, 11000);
  EXPECT_EQ(bench.written(), Texts{"0@10 1 2 1 2 v2 n2"});
}

TEST_F(SecondAggregatorTest, ThreeSourcesLeaveInAnyOrder) {
  constexpr SourceId sources[] = {1, 2, 3};
  for (SourceId first : sources) {
    for (SourceId second : sources) {
      if (first == second) continue;
      AggregatorBench own;
      for (SourceId source : sources) own.aggregator.start_source(source, kLiveLabel);
      for (SourceId source : sources) own.trade(source, A, 10000 + source, source);
      own.trade(first, B, 11000);
      own.trade(second, B, 11000);
      EXPECT_EQ(own.written(), Texts{});
      own.trade(6 - first - second, B, 11000);
      EXPECT_EQ(own.written(), Texts{"0@10 1 3 1 3 v3 n3"}) << first << " then " << second;
    }
  }
}

TEST_F(SecondAggregatorTest, ASourceThatComesBackToASecondHoldsItAgain) {
  bench.trade(X, A, 10000, 1);
  bench.trade(Y, A, 10000, 2);
  bench.trade(X, B, 11000);    // X has left
  bench.trade(X, A, 10500, 3);  // and is back, behind its watermark
  bench.trade(Y, B, 11000);
  EXPECT_EQ(bench.written(), Texts{});
  bench.trade(X, A, 11000, 4);
  EXPECT_EQ(bench.written(), (Texts{"0@10 1 3 1 3 v3 n3"}));
}

// Behind the watermark: gap fill, skew between symbols.

TEST_F(SecondAggregatorTest, ASecondOpenedBehindTheWatermarkIsNotLeftByTheWatermark) {
  bench.trade(X, B, 100000);
  bench.trade(X, A, 50000);
  bench.trade(X, B, 101000);
  EXPECT_EQ(bench.written(), Texts{"1@100 1 1 1 1 v1 n1"});
  bench.trade(X, A, 50500, 2);  // so this is not late
  bench.trade(X, A, 51000);     // the symbol's next second
  EXPECT_EQ(bench.written(), Texts{"0@50 1 2 1 2 v2 n2"});
  EXPECT_EQ(counts().late_trades, 0u);
}

TEST_F(SecondAggregatorTest, ASecondOpenedBehindTheWatermarkClosesWhenIdle) {
  bench.trade(X, B, 100000);
  bench.trade(X, A, 50000);
  bench.ticks(60000, 60900);  // the first tick is the first moment at which the trade is known to lie in the past
  EXPECT_EQ(bench.written(), Texts{});
  bench.tick(61000);
  EXPECT_EQ(bench.written(), Texts{"0@50 1 1 1 1 v1 n1"});
}

// The wait counts from the trade, not from the second's end.
TEST_F(SecondAggregatorTest, AQuietSecondClosesAtItsEndWhenItsLastTradeIsLongEnoughAgo) {
  bench.tick(50000);
  bench.trade(X, A, 50050);
  bench.ticks(50100, 51000);
  EXPECT_EQ(bench.written(), Texts{});
  bench.tick(51100);
  EXPECT_EQ(bench.written(), Texts{"0@50 1 1 1 1 v1 n1"});
}

TEST_F(SecondAggregatorTest, ASecondOpenedBehindTheWatermarkClosesWhenTheSourceEnds) {
  bench.trade(X, B, 100000);
  bench.trade(X, A, 50000);
  bench.aggregator.end_source(X, 60000);
  EXPECT_EQ(bench.written(), Texts{"0@50 1 1 1 1 v1 n1"});
}

TEST_F(SecondAggregatorTest, ASecondOpenedBehindTheWatermarkWaitsForItsEndByTheWallClock) {
  bench.trade(X, B, 100000);
  bench.trade(X, A, 50000);
  bench.ticks(40000, 50900);
  bench.aggregator.end_source(X, 50999);
  EXPECT_EQ(bench.written(), Texts{});
  bench.tick(51000);
  EXPECT_EQ(bench.written(), Texts{"0@50 1 1 1 1 v1 n1"});
}

TEST_F(SecondAggregatorTest, ATradeInAnOpenLaterSecondLeavesTheEarlierOneToo) {
  bench.trade(X, A, 50000);
  bench.trade(X, A, 53000);
  EXPECT_EQ(bench.written(), Texts{"0@50 1 1 1 1 v1 n1"});
  bench.trade(X, A, 52000, 2);  // between the closed and the open one
  EXPECT_EQ(bench.written(), Texts{});
  bench.trade(X, A, 53001);
  EXPECT_EQ(bench.written(), Texts{"0@52 2 2 2 2 v1 n1"});
}

TEST_F(SecondAggregatorTest, ManySecondsBehindTheWatermarkAreForgottenWhenClosed) {
  bench.trade(X, B, 10'000'000'000);
  for (Second second = 0; second < 5000; ++second) {
    bench.trade(X, A, second * 1000);
    ASSERT_EQ(bench.written().size(), second == 0 ? 0u : 1u) << second;
  }
  bench.aggregator.end_source(X, 20'000'000'000);
  EXPECT_EQ(bench.written().size(), 2u);
  EXPECT_EQ(counts().late_trades, 0u);
}

// Lateness.

TEST_F(LatenessTest, ASecondWaitsUntilTheWatermarkIsLatenessPastItsEnd) {
  bench.trade(X, A, 10000);
  bench.trade(X, A, 11000, 2);
  bench.trade(X, A, 12499, 3);
  EXPECT_EQ(bench.written(), Texts{});
  bench.trade(X, A, 10999, 4);
  bench.trade(X, A, 12500, 5);
  EXPECT_EQ(bench.written(), Texts{"0@10 1 4 1 4 v2 n2"});
  bench.trade(X, B, 13500);
  EXPECT_EQ(bench.written(), Texts{"0@11 2 2 2 2 v1 n1"});
}

TEST_F(LatenessTest, BehindTheWatermarkMeansBehindItByTheLateness) {
  bench.trade(X, B, 12499);
  bench.trade(X, A, 10000);  // still ahead: left by the watermark
  bench.trade(X, B, 12500);
  EXPECT_EQ(bench.written(), Texts{"0@10 1 1 1 1 v1 n1"});
  bench.trade(X, A, 10500);
  EXPECT_EQ(bench.written(), Texts{"0@10 1 1 1 1 v1 n1"});  // late, written at once
  bench.trade(X, B, 13499);
  bench.trade(Y, A, 11000);
  bench.trade(X, B, 13500);
  EXPECT_EQ(bench.written(), Texts{});  // Y holds it
}

TEST_F(LatenessTest, SecondsCloseOldestFirst) {
  bench.trade(X, A, 12000, 3);
  bench.trade(X, A, 10000, 1);
  bench.trade(X, A, 11000, 2);
  bench.trade(X, A, 20000);
  EXPECT_EQ(bench.written(), (Texts{"0@10 1 1 1 1 v1 n1", "0@11 2 2 2 2 v1 n1", "0@12 3 3 3 3 v1 n1"}));
}

TEST(SecondAggregatorLimit, The65thOpenSecondClosesTheOldest) {
  AggregatorBench bench({.lateness_ms = 1'000'000});
  bench.aggregator.start_source(X, kLiveLabel);
  for (Second second = 100; second < 164; ++second) bench.trade(X, A, second * 1000);
  bench.trade(X, B, 100000);
  EXPECT_EQ(bench.written(), Texts{});
  EXPECT_EQ(bench.aggregator.counts().seconds_forced, 0u);
  bench.trade(X, A, 164000);
  EXPECT_EQ(bench.written(), Texts{"0@100 1 1 1 1 v1 n1"});
  EXPECT_EQ(bench.aggregator.counts().seconds_forced, 1u);
  EXPECT_EQ(bench.aggregator.counts().seconds_closed, 1u);
  bench.trade(X, A, 100500);
  EXPECT_EQ(bench.aggregator.counts().late_trades, 1u);
}

TEST(SecondAggregatorLimit, AForcedSecondMayBeTheOneJustOpened) {
  AggregatorBench bench({.lateness_ms = 1'000'000});
  bench.aggregator.start_source(X, kLiveLabel);
  for (Second second = 100; second < 164; ++second) bench.trade(X, A, second * 1000);
  bench.trade(X, A, 50000, 9);
  EXPECT_EQ(bench.written(), Texts{"0@50 9 9 9 9 v1 n1"});
  bench.trade(X, A, 51000, 9);  // newer than the closed one, so again opened and forced, not late
  EXPECT_EQ(bench.written(), Texts{"0@51 9 9 9 9 v1 n1"});
  EXPECT_EQ(bench.aggregator.counts().seconds_forced, 2u);
  EXPECT_EQ(bench.aggregator.counts().late_trades, 0u);
}

// Idleness.

TEST_F(SecondAggregatorTest, AnIdleSecondClosesIdleCloseMsAfterItsEnd) {
  bench.ticks(10000, 10900);
  bench.trade(X, A, 10990);
  bench.ticks(11000, 11900);
  EXPECT_EQ(bench.written(), Texts{});
  bench.tick(12000);
  EXPECT_EQ(bench.written(), Texts{"0@10 1 1 1 1 v1 n1"});
}

TEST_F(SecondAggregatorTest, ASecondIsNotIdleBeforeItsEndByTheWallClock) {
  bench.trade(X, A, 30000);  // ahead of the clock
  bench.ticks(10100, 30900);
  EXPECT_EQ(bench.written(), Texts{});
  bench.ticks(31000, 33000);
  EXPECT_EQ(bench.written(), Texts{"0@30 1 1 1 1 v1 n1"});
}

TEST_F(SecondAggregatorTest, ATradeToTheSecondStartsTheIdleCountAnew) {
  bench.trade(X, A, 10000);
  bench.ticks(11000, 11800);
  bench.trade(X, A, 10500, 2);
  bench.ticks(11900, 12800);
  EXPECT_EQ(bench.written(), Texts{});
  bench.ticks(12900, 12900);
  EXPECT_EQ(bench.written(), Texts{"0@10 1 2 1 2 v2 n2"});
}

TEST_F(SecondAggregatorTest, ATradeToAnotherSymbolDoesNotKeepTheSecondOpen) {
  bench.trade(X, A, 10000);
  bench.trade(X, B, 10000);
  for (UnixMillis now_ms = 11000; now_ms <= 12000; now_ms += 100) {
    bench.trade(X, B, 10000);
    bench.tick(now_ms);
  }
  EXPECT_EQ(bench.written(), Texts{"0@10 1 1 1 1 v1 n1"});
}

TEST_F(SecondAggregatorTest, AnInterruptionOfTheSourceStartsTheIdleCountAnew) {
  bench.trade(X, A, 10000);
  bench.ticks(11000, 11800);
  bench.tick(11900, {{X, true, false}});
  bench.ticks(12000, 12800);
  EXPECT_EQ(bench.written(), Texts{});
  bench.tick(12900);
  EXPECT_EQ(bench.written(), Texts{"0@10 1 1 1 1 v1 n1"});
}

TEST_F(SecondAggregatorTest, AnInterruptionOfAllSourcesStartsTheIdleCountAnew) {
  bench.trade(X, A, 10000);
  bench.ticks(11000, 11800);
  bench.tick(11900, {}, true);
  bench.ticks(12000, 12800);
  EXPECT_EQ(bench.written(), Texts{});
  bench.tick(12900);
  EXPECT_EQ(bench.written().size(), 1u);
}

TEST_F(SecondAggregatorTest, AnInterruptionOfAnotherSourceDoesNotMatter) {
  bench.trade(X, A, 10000);
  bench.ticks(11000, 11900);
  bench.tick(12000, {{Y, true, true}});
  EXPECT_EQ(bench.written().size(), 1u);
}

TEST_F(SecondAggregatorTest, ASourceWithUnreadBytesIsNotIdle) {
  bench.trade(X, A, 10000);
  bench.ticks(11000, 11900);
  for (UnixMillis now_ms = 12000; now_ms <= 20000; now_ms += 100) bench.tick(now_ms, {{X, false, true}});
  EXPECT_EQ(bench.written(), Texts{});
  bench.tick(20100);  // read without interruption all the while
  EXPECT_EQ(bench.written().size(), 1u);
}

TEST_F(SecondAggregatorTest, AnIdleSourceLeavesTheOtherHolds) {
  bench.trade(X, A, 10000);
  bench.trade(Y, A, 10000);
  for (UnixMillis now_ms = 11000; now_ms <= 15000; now_ms += 100) {
    bench.trade(Y, A, 10000);
    bench.tick(now_ms);
  }
  EXPECT_EQ(bench.written(), Texts{});
  bench.trade(Y, A, 11000);
  EXPECT_EQ(bench.written(), Texts{"0@10 1 1 1 1 v43 n43"});
}

TEST_F(SecondAggregatorTest, IdlenessIsCountedByTheMonotonicClock) {
  bench.trade(X, A, 10000);
  // The wall clock leaps a day, then falls back; only elapsed time counts.
  bench.aggregator.tick({90'000'000, 1000, false, {}});
  bench.aggregator.tick({180'000'000, 1900, false, {}});
  EXPECT_EQ(bench.written(), Texts{});
  bench.aggregator.tick({10500, 2000, false, {}});  // before the second's end: what is over stays over
  EXPECT_EQ(bench.written().size(), 1u);
}

TEST_F(SecondAggregatorTest, ATickMayNameASourceThatIsGone) {
  bench.aggregator.end_source(Y, 0);
  bench.tick(10000, {{Y, true, true}, {99, true, true}});
  bench.trade(X, A, 10000);
  EXPECT_EQ(bench.written(), Texts{});
}

TEST(SecondAggregatorIdle, IdleCloseMsIsAnOption) {
  AggregatorBench bench({.idle_close_ms = 300});
  bench.aggregator.start_source(X, kLiveLabel);
  bench.trade(X, A, 10999);
  bench.ticks(11000, 11200);
  EXPECT_EQ(bench.written(), Texts{});
  bench.ticks(11300, 11400);
  EXPECT_EQ(bench.written().size(), 1u);
}

// The end of a source.

TEST_F(SecondAggregatorTest, TheEndOfTheSourceClosesSecondsThatAreOver) {
  bench.trade(X, A, 10000);
  bench.trade(X, B, 10000);
  bench.aggregator.end_source(X, 11000);
  EXPECT_EQ(bench.written(), (Texts{"0@10 1 1 1 1 v1 n1", "1@10 1 1 1 1 v1 n1"}));
}

TEST_F(SecondAggregatorTest, TheEndOfTheSourceWaitsForTheSecondsEnd) {
  bench.trade(X, A, 10000);
  bench.aggregator.end_source(X, 10999);
  EXPECT_EQ(bench.written(), Texts{});
  bench.tick(10999);
  EXPECT_EQ(bench.written(), Texts{});
  bench.tick(11000);  // over: no idle time is waited for
  EXPECT_EQ(bench.written(), Texts{"0@10 1 1 1 1 v1 n1"});
}

TEST_F(SecondAggregatorTest, TheEndOfOneSourceLeavesTheSecondToTheOther) {
  bench.trade(X, A, 10000, 1);
  bench.trade(Y, A, 10001, 2);
  bench.aggregator.end_source(X, 50000);
  EXPECT_EQ(bench.written(), Texts{});
  bench.trade(Y, A, 10002, 3);
  bench.trade(Y, A, 11000);
  EXPECT_EQ(bench.written(), Texts{"0@10 1 3 1 3 v3 n3"});
}

TEST_F(LatenessTest, TheEndOfTheSourceClosesAllItsSecondsThatAreOver) {
  bench.trade(X, A, 10000);
  bench.trade(X, A, 11000);
  bench.trade(X, A, 12000);
  bench.aggregator.end_source(X, 12500);
  EXPECT_EQ(bench.written(), (Texts{"0@10 1 1 1 1 v1 n1", "0@11 1 1 1 1 v1 n1"}));
  bench.tick(13000);
  EXPECT_EQ(bench.written(), Texts{"0@12 1 1 1 1 v1 n1"});
}

// Late trades.

TEST_F(SecondAggregatorTest, ALateTradeIsCountedAndWrittenAtOnce) {
  bench.trade(X, A, 10000);
  bench.trade(X, A, 11000);
  bench.written();
  bench.trade(X, A, 10500, 9, 4);
  EXPECT_EQ(bench.written(), Texts{"0@10 9 9 9 9 v4 n1"});
  bench.trade(Y, A, 1000, 8);  // however old, whoever sent it
  EXPECT_EQ(bench.written(), Texts{"0@1 8 8 8 8 v1 n1"});
  EXPECT_EQ(counts().late_trades, 2u);
  EXPECT_EQ(counts().seconds_closed, 1u);
}

TEST_F(SecondAggregatorTest, ALateTradeKeepsItsTimeWithinTheSecond) {
  std::vector<BarWrite> writes;
  SecondAggregator aggregator({}, writes);
  aggregator.start_source(X, kLiveLabel);
  const Trade trades[] = {{10000, 1, 1, A}, {11250, 1, 1, A}, {10750, 1, 1, A}};
  aggregator.add_trades(X, trades, 3);
  ASSERT_EQ(writes.size(), 2u);
  EXPECT_EQ(writes[1].bar.open_offset_ms, 750);
  EXPECT_EQ(writes[1].bar.close_offset_ms, 750);
}

TEST_F(SecondAggregatorTest, ATradeBetweenTheClosedAndTheOpenSecondIsNotLate) {
  bench.trade(X, A, 10000);
  bench.trade(X, A, 20000);
  bench.written();
  bench.trade(X, A, 15000);
  EXPECT_EQ(bench.written(), Texts{});
  EXPECT_EQ(counts().late_trades, 0u);
}

// Bar lines.

TEST_F(SecondAggregatorTest, ABarLineClosesItsSecondAtOnceAndComesAfterItsTrades) {
  bench.trade(X, A, 10000, 1);
  bench.trade(Y, A, 10000, 2);
  bench.bar_line(X, A, 10, 5);
  EXPECT_EQ(bench.written(), (Texts{"0@10 1 2 1 2 v2 n2", "0@10 5 5 5 5 v1 n1 line"}));
  bench.trade(Y, A, 10500, 3);
  EXPECT_EQ(counts().late_trades, 1u);
  EXPECT_EQ(counts().seconds_closed, 1u);
}

TEST_F(SecondAggregatorTest, ABarLineOfAnUnknownSecondIsWrittenAtOnceAndClosesIt) {
  bench.bar_line(X, A, 10, 5);
  EXPECT_EQ(bench.written(), Texts{"0@10 5 5 5 5 v1 n1 line"});
  bench.trade(X, A, 10500);
  EXPECT_EQ(counts().late_trades, 1u);
  bench.trade(X, A, 11000);
  EXPECT_EQ(counts().late_trades, 1u);
}

TEST_F(SecondAggregatorTest, ABarLineMakesItsSourceLeaveEarlierSecondsFirst) {
  bench.trade(X, A, 9000);
  bench.trade(X, B, 9000);
  bench.bar_line(X, A, 10, 5);
  EXPECT_EQ(bench.written(), (Texts{"0@9 1 1 1 1 v1 n1", "1@9 1 1 1 1 v1 n1", "0@10 5 5 5 5 v1 n1 line"}));
}

TEST_F(SecondAggregatorTest, ABarLineBehindTheWatermarkLeavesTheSymbolsEarlierSeconds) {
  bench.trade(X, B, 100000);
  bench.trade(X, A, 9000);
  bench.bar_line(X, A, 10, 5);
  EXPECT_EQ(bench.written(), (Texts{"0@9 1 1 1 1 v1 n1", "0@10 5 5 5 5 v1 n1 line"}));
}

TEST_F(SecondAggregatorTest, ABarLineLeavesLaterOpenSecondsAlone) {
  bench.trade(X, A, 20000);
  bench.bar_line(X, A, 10, 5);
  EXPECT_EQ(bench.written(), Texts{"0@10 5 5 5 5 v1 n1 line"});
  bench.trade(X, A, 20500, 2);
  bench.trade(X, A, 21000);
  EXPECT_EQ(bench.written(), Texts{"0@20 1 2 1 2 v2 n2"});
}

TEST_F(SecondAggregatorTest, AnOlderBarLineReopensNothing) {
  bench.trade(X, A, 20000);
  bench.trade(X, A, 21000);
  bench.bar_line(X, A, 10);
  bench.trade(X, A, 20500);
  EXPECT_EQ(counts().late_trades, 1u);
}

TEST_F(SecondAggregatorTest, EveryBarLineIsWrittenAgain) {
  bench.bar_line(X, A, 10, 5);
  bench.bar_line(Y, A, 10, 6);
  EXPECT_EQ(bench.written(), (Texts{"0@10 5 5 5 5 v1 n1 line", "0@10 6 6 6 6 v1 n1 line"}));
}

// Writing open seconds.

TEST_F(SecondAggregatorTest, OpenSecondsAreWrittenAsFarAsTheyAreAndStayOpen) {
  bench.trade(X, A, 10000, 1);
  bench.trade(X, B, 10000, 2);
  bench.aggregator.write_open_seconds();
  EXPECT_EQ(bench.written(), (Texts{"0@10 1 1 1 1 v1 n1", "1@10 2 2 2 2 v1 n1"}));
  EXPECT_EQ(counts().seconds_closed, 0u);
  bench.aggregator.write_open_seconds();  // nothing new
  EXPECT_EQ(bench.written(), Texts{});
  bench.trade(X, A, 10100, 7);
  EXPECT_EQ(bench.written(), Texts{});  // not late: it is open
  bench.trade(X, A, 11000);             // B has nothing left to write, and closes all the same
  EXPECT_EQ(bench.written(), Texts{"0@10 7 7 7 7 v1 n1"});
  EXPECT_EQ(counts().seconds_closed, 2u);
  EXPECT_EQ(counts().late_trades, 0u);
}

// Labels.

TEST_F(SecondAggregatorTest, ABarHasTheLabelOfTheSourceThatOpenedIt) {
  bench.aggregator.start_source(1, 11);
  bench.aggregator.start_source(2, 22);
  bench.trade(1, A, 10000);
  bench.trade(2, A, 10000);
  bench.aggregator.end_source(1, 50000);
  bench.trade(2, A, 11000);
  EXPECT_EQ(bench.written(), Texts{"0@10 1 1 1 1 v2 n2 L11"});
  bench.bar_line(2, A, 12);
  EXPECT_EQ(bench.written(), (Texts{"0@11 1 1 1 1 v1 n1 L22", "0@12 1 1 1 1 v1 n1 line L22"}));
}

TEST_F(SecondAggregatorTest, ANewLabelIsForSecondsOpenedFromThenOn) {
  bench.trade(X, A, 10000);
  bench.aggregator.relabel_source(X, 5);
  bench.trade(X, A, 10001);
  bench.trade(X, A, 11000);
  bench.trade(X, A, 12000);
  EXPECT_EQ(bench.written(), (Texts{"0@10 1 1 1 1 v2 n2", "0@11 1 1 1 1 v1 n1 L5"}));
}

using SecondAggregatorDeathTest = SecondAggregatorTest;

TEST_F(SecondAggregatorDeathTest, ASourceFeedsOnlyBetweenItsStartAndItsEnd) {
  EXPECT_DEATH(bench.trade(99, A, 1000), "broken invariant");
  bench.aggregator.end_source(X, 1000);
  EXPECT_DEATH(bench.trade(X, A, 1000), "broken invariant");
}

}  // namespace
}  // namespace streamd
