#include "probe/expected_rows.h"

#include <gtest/gtest.h>

#include "probe/random.h"

namespace streamd::probe {
namespace {

TEST(ExpectedRows, AreWhatTheContractSays) {
  ExpectedRows rows(2, true);
  rows.add_trade(1, 5'500, 100'00, 8);
  rows.add_trade(1, 5'400, 99'00, 4);   // earlier: the open
  rows.add_trade(1, 5'400, 98'00, 1);   // as early, but sent later
  rows.add_trade(1, 5'900, 103'00, 2);
  rows.add_trade(1, 5'900, 101'00, 2);  // as late, and sent later: the close
  rows.add_trade(1, 5'800, 104'00, 2);
  ASSERT_EQ(rows.by_second().size(), 1);
  const auto& bars = rows.by_second().at(5);
  EXPECT_FALSE(bars[0].exists);
  EXPECT_TRUE(bars[1].exists);
  EXPECT_EQ(bars[1].open_cents, 99'00);
  EXPECT_EQ(bars[1].high_cents, 104'00);
  EXPECT_EQ(bars[1].low_cents, 98'00);
  EXPECT_EQ(bars[1].close_cents, 101'00);
  EXPECT_EQ(bars[1].volume_eighths, 19);
  EXPECT_EQ(bars[1].trades, 6);
  EXPECT_EQ(rows.bars(0), 0);
  EXPECT_EQ(rows.bars(1), 1);
}

TEST(ExpectedRows, ABarLineReplacesWhatWasThere) {
  ExpectedRows rows(1, true);
  rows.add_trade(0, 7'000, 50'00, 8);
  ExpectedBar bar;
  bar.trades = 3;
  bar.close_cents = 60'00;
  rows.set_bar(0, 7, bar);
  EXPECT_EQ(rows.by_second().at(7)[0].close_cents, 60'00);
  EXPECT_EQ(rows.by_second().at(7)[0].trades, 3);
  EXPECT_EQ(rows.bars(0), 1);
}

TEST(ExpectedRows, OnlyASecondThatBeganInTimeGetsADecision) {
  ExpectedRows rows(2, true);
  for (const std::int64_t second : {10, 12, 11, 12, 13}) rows.add_trade(0, second * 1000, 1'00, 1);
  rows.add_trade(1, 11'000, 1'00, 1);
  EXPECT_EQ(rows.bars(0), 4);
  EXPECT_EQ(rows.decisions(0), 3);
  EXPECT_EQ(rows.decisions(1), 1);
  EXPECT_EQ(rows.first_second(), 10);
  EXPECT_EQ(rows.last_second(), 13);
}

TEST(ExpectedRows, NumbersAreTheSameWhetherBarsAreKeptOrNot) {
  ExpectedRows kept(5, true);
  ExpectedRows counted(5, false);
  Random random(3);
  for (std::int64_t time_ms = 1'000'000; time_ms < 1'300'000; time_ms += 7) {
    const std::uint32_t symbol = random.below(5);
    const std::int64_t late_ms = time_ms - random.below(2001);
    kept.add_trade(symbol, late_ms, 1'00, 1);
    counted.add_trade(symbol, late_ms, 1'00, 1);
  }
  for (std::uint32_t symbol = 0; symbol < 5; ++symbol) {
    EXPECT_EQ(kept.bars(symbol), counted.bars(symbol));
    EXPECT_EQ(kept.decisions(symbol), counted.decisions(symbol));
  }
  EXPECT_EQ(kept.first_second(), counted.first_second());
  EXPECT_EQ(kept.last_second(), counted.last_second());
  EXPECT_LE(counted.by_second().size(), 5);
}

}  // namespace
}  // namespace streamd::probe
