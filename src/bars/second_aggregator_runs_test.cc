// What becomes of open seconds when a run begins, and while a source is away.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "bars/second_aggregator.h"
#include "support/aggregator_bench.h"

namespace streamd {
namespace {

constexpr SymbolId A = 0;
constexpr SymbolId B = 1;
constexpr SourceId X = 7;
constexpr SourceId Y = 8;
const Texts kClosed = {"0@10 1 1 1 1 v1 n1"};
const Texts kNothing = {};

class AggregatorRunsTest : public ::testing::Test {
 protected:
  AggregatorRunsTest() {
    bench.aggregator.start_source(X, kLiveLabel);
    bench.aggregator.start_source(Y, kLiveLabel);
  }
  void begin_run(UnixMillis wall_ms, ElapsedMillis elapsed_ms, const AggregatorOptions& options = {}) {
    bench.aggregator.begin_run(options, wall_ms, elapsed_ms);
  }
  // The clocks of a new run: the monotonic one has nothing to do with that of the run before.
  void tick(UnixMillis wall_ms, ElapsedMillis elapsed_ms) { bench.aggregator.tick({wall_ms, elapsed_ms, false, {}}); }
  void ticks(UnixMillis wall_ms, ElapsedMillis first_ms, ElapsedMillis last_ms) {
    for (ElapsedMillis now_ms = first_ms; now_ms <= last_ms; now_ms += 100) tick(wall_ms, now_ms);
  }

  AggregatorBench bench;
};

TEST_F(AggregatorRunsTest, ARunThatBeginsClosesNothing) {
  bench.tick(11000);
  bench.trade(X, A, 10000);
  bench.ticks(11100, 11900);  // nearly idle long enough
  begin_run(99'000, 0);
  EXPECT_EQ(bench.written(), kNothing);
}

TEST_F(AggregatorRunsTest, IdlenessCountsAnewWhereverTheClockStands) {
  for (const ElapsedMillis begin_ms : {ElapsedMillis{0}, ElapsedMillis{5}, ElapsedMillis{1'000'000'000}}) {
    AggregatorBench own;
    own.aggregator.start_source(X, kLiveLabel);
    own.tick(11000);
    own.trade(X, A, 10000);
    own.ticks(11100, 11900);
    own.aggregator.begin_run({}, 50'000, begin_ms);
    for (ElapsedMillis after = 100; after <= 1'000; after += 100) {
      own.aggregator.tick({50'000, begin_ms + after, false, {}});
      ASSERT_EQ(own.written(), kNothing) << begin_ms << " + " << after;
    }
    for (ElapsedMillis after = 1'100; after <= 1'300; after += 100) {
      own.aggregator.tick({50'000, begin_ms + after, false, {}});
    }
    EXPECT_EQ(own.written(), kClosed) << begin_ms;
  }
}

TEST_F(AggregatorRunsTest, TheIdleTimeOfTheNewRunCounts) {
  bench.trade(X, A, 10000);
  begin_run(50'000, 0, {.idle_close_ms = 300});
  ticks(50'000, 100, 300);
  EXPECT_EQ(bench.written(), kNothing);
  ticks(50'000, 400, 600);
  EXPECT_EQ(bench.written(), kClosed);
}

TEST_F(AggregatorRunsTest, AShorterLatenessLeavesAtOnceWhatTheWatermarkHasPassed) {
  AggregatorBench late{{.lateness_ms = 5'000}};
  late.aggregator.start_source(X, kLiveLabel);
  late.trade(X, A, 10000);
  late.trade(X, B, 12500);
  EXPECT_EQ(late.written(), kNothing);
  late.aggregator.begin_run({.lateness_ms = 2'000}, 50'000, 0);
  EXPECT_EQ(late.written(), kNothing);  // the watermark is at 12.5, the second ends at 11
  late.aggregator.begin_run({.lateness_ms = 1'500}, 50'000, 0);
  EXPECT_EQ(late.written(), kClosed);
}

TEST_F(AggregatorRunsTest, ALongerLatenessKeepsOpenSecondsLonger) {
  bench.trade(X, A, 10000);
  begin_run(50'000, 0, {.lateness_ms = 2'000});
  bench.trade(X, A, 11000, 2);
  bench.trade(X, B, 12999);
  EXPECT_EQ(bench.written(), kNothing);
  bench.trade(X, A, 10500, 3);  // not late
  bench.trade(X, B, 13000);
  EXPECT_EQ(bench.written(), Texts{"0@10 1 3 1 3 v2 n2"});
  EXPECT_EQ(bench.aggregator.counts().late_trades, 0u);
}

TEST_F(AggregatorRunsTest, WhatWasClosedBeforeStaysClosed) {
  bench.trade(X, A, 10000);
  bench.trade(X, A, 11000);
  EXPECT_EQ(bench.written(), kClosed);
  begin_run(50'000, 0);
  bench.trade(X, A, 10500, 9);
  EXPECT_EQ(bench.written(), Texts{"0@10 9 9 9 9 v1 n1"});  // a late part
  EXPECT_EQ(bench.aggregator.counts().late_trades, 1u);
}

TEST_F(AggregatorRunsTest, ASourceThatGoesOnFeedsItsSecondFurther) {
  bench.trade(X, A, 10000);
  bench.aggregator.write_open_seconds();  // as at a stop
  EXPECT_EQ(bench.written(), kClosed);
  begin_run(50'000, 0);
  bench.trade(X, A, 10500, 2);
  EXPECT_EQ(bench.written(), kNothing);
  bench.trade(X, A, 11000);
  EXPECT_EQ(bench.written(), Texts{"0@10 2 2 2 2 v1 n1"});  // what was not written yet
  EXPECT_EQ(bench.aggregator.counts().seconds_closed, 1u);
  EXPECT_EQ(bench.aggregator.counts().late_trades, 0u);
}

// While a source is away.

class AwayTest : public AggregatorRunsTest {
 protected:
  static constexpr ElapsedMillis kGrace = 10'000;
};

TEST_F(AwayTest, SecondsWaitForItUntilTheGraceHasPassed) {
  bench.trade(X, A, 10000);
  bench.tick(10100);
  bench.aggregator.leave_source_waiting(X);
  bench.ticks(10200, 10100 + kGrace - 100);
  EXPECT_EQ(bench.written(), kNothing);
  bench.tick(10100 + kGrace);
  EXPECT_EQ(bench.written(), kClosed);
}

TEST_F(AwayTest, TheGraceIsCountedFromTheLastTickBeforeItLeft) {
  bench.tick(20000);
  bench.trade(X, A, 10000);
  bench.tick(29999);
  bench.aggregator.leave_source_waiting(X);
  bench.tick(30000);
  bench.tick(29999 + kGrace - 1);
  EXPECT_EQ(bench.written(), kNothing);
  bench.tick(29999 + kGrace);
  EXPECT_EQ(bench.written(), kClosed);
}

TEST_F(AwayTest, BackInTimeItGoesOn) {
  bench.trade(X, A, 10000);
  bench.tick(10100);
  bench.aggregator.leave_source_waiting(X);
  bench.ticks(10200, 19000);
  bench.aggregator.start_source(X, kLiveLabel);
  bench.tick(19100);
  bench.trade(X, A, 10500, 3);
  bench.trade(X, A, 11000);
  EXPECT_EQ(bench.written(), Texts{"0@10 1 3 1 3 v2 n2"});
  EXPECT_EQ(bench.aggregator.counts().late_trades, 0u);
}

TEST_F(AwayTest, BackInTimeItsIdlenessCountsFromThen) {
  bench.trade(X, A, 10000);
  bench.tick(10100);
  bench.aggregator.leave_source_waiting(X);
  bench.ticks(10200, 19000);
  bench.aggregator.start_source(X, kLiveLabel);
  bench.ticks(19100, 19900);
  EXPECT_EQ(bench.written(), kNothing);
  bench.ticks(20000, 20300);
  EXPECT_EQ(bench.written(), kClosed);
}

TEST_F(AwayTest, LeavingAgainBeginsTheGraceAnew) {
  bench.trade(X, A, 10000);
  for (UnixMillis now_ms = 20000; now_ms < 60000; now_ms += 9000) {
    bench.tick(now_ms);
    bench.aggregator.leave_source_waiting(X);
    bench.tick(now_ms + 8500);
    bench.aggregator.start_source(X, kLiveLabel);
    ASSERT_EQ(bench.written(), kNothing) << now_ms;
  }
}

TEST_F(AwayTest, LeavingTwiceDoesNotBeginItAnew) {
  bench.trade(X, A, 10000);
  bench.tick(20000);
  bench.aggregator.leave_source_waiting(X);
  bench.tick(25000);
  bench.aggregator.leave_source_waiting(X);
  bench.tick(30000);
  EXPECT_EQ(bench.written(), kClosed);
}

TEST_F(AwayTest, ASecondThatIsNotOverStaysOpenThoughTheGraceHasPassed) {
  bench.trade(X, A, 50'000);
  bench.tick(20000);
  bench.aggregator.leave_source_waiting(X);
  bench.tick(40000);
  EXPECT_EQ(bench.written(), kNothing);
  bench.tick(51000);
  EXPECT_EQ(bench.written(), Texts{"0@50 1 1 1 1 v1 n1"});
}

TEST_F(AwayTest, AfterTheGraceItMayStillComeBackAndItsTradesAreLate) {
  bench.trade(X, A, 10000);
  bench.tick(11000);
  bench.aggregator.leave_source_waiting(X);
  bench.tick(11000 + kGrace);
  EXPECT_EQ(bench.written(), kClosed);
  bench.aggregator.start_source(X, kLiveLabel);
  bench.trade(X, A, 10500, 5);
  EXPECT_EQ(bench.written(), Texts{"0@10 5 5 5 5 v1 n1"});
  EXPECT_EQ(bench.aggregator.counts().late_trades, 1u);
}

TEST_F(AwayTest, TheOtherSourceOfASecondDoesNotCloseIt) {
  bench.tick(10000);
  bench.trade(X, A, 10000);
  bench.trade(Y, A, 10100, 2);
  bench.aggregator.leave_source_waiting(X);
  bench.trade(Y, A, 11000, 3);
  bench.tick(12000);
  EXPECT_EQ(bench.written(), kNothing);
  bench.aggregator.end_source(Y, 12000);
  EXPECT_EQ(bench.written(), Texts{"0@11 3 3 3 3 v1 n1"});
  bench.tick(12000 + kGrace);
  EXPECT_EQ(bench.written(), Texts{"0@10 1 2 1 2 v2 n2"});
}

TEST_F(AwayTest, WhatWaitsIsWrittenByAWriteOfOpenSecondsAndClosedOnce) {
  bench.trade(X, A, 10000);
  bench.tick(11000);
  bench.aggregator.leave_source_waiting(X);
  bench.aggregator.write_open_seconds();
  EXPECT_EQ(bench.written(), kClosed);
  bench.tick(11000 + kGrace);
  EXPECT_EQ(bench.written(), kNothing);
  EXPECT_EQ(bench.aggregator.counts().seconds_closed, 1u);
}

TEST_F(AwayTest, WhatIsTakenAsWrittenIsNotWrittenTheRestIs) {
  bench.trade(X, A, 10000);
  const auto unwritten = bench.aggregator.unwritten_seconds();
  ASSERT_EQ(unwritten.size(), 1u);
  EXPECT_EQ(unwritten[0].second, 10);
  EXPECT_EQ(unwritten[0].written_trades, 0);
  EXPECT_EQ(unwritten[0].unwritten_trades, 1);
  bench.aggregator.take_as_written(A, 10);
  bench.aggregator.take_as_written(A, 11);  // not open
  EXPECT_TRUE(bench.aggregator.unwritten_seconds().empty());
  bench.trade(X, A, 10500, 7);
  EXPECT_EQ(bench.aggregator.unwritten_seconds()[0].written_trades, 1);
  bench.aggregator.end_source(X, 12000);
  EXPECT_EQ(bench.written(), Texts{"0@10 7 7 7 7 v1 n1"});
}

TEST_F(AwayTest, TheGraceOfARunCountsFromItsStart) {
  bench.trade(X, A, 10000);
  bench.tick(11000);
  bench.aggregator.leave_source_waiting(X);
  bench.ticks(11100, 20000);  // nearly over
  begin_run(50'000, 3, {.producer_grace_ms = 2'000});
  ticks(50'000, 100, 2'000);
  EXPECT_EQ(bench.written(), kNothing);
  tick(50'000, 2'003);
  EXPECT_EQ(bench.written(), kClosed);
}

}  // namespace
}  // namespace streamd
