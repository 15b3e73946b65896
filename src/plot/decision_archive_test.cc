#include "plot/decision_archive.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace streamd::plot {
namespace {

FileDecision decided(std::int64_t second, double target, std::uint32_t symbol = 0, std::uint32_t run = 0) {
  FileDecision decision;
  decision.timestamp_ms = second * 1000;
  decision.close = 100 + static_cast<double>(second);
  decision.target = target;
  decision.symbol = symbol;
  decision.run = run;
  return decision;
}

std::vector<std::int64_t> seconds_of(std::span<const FileDecision> decisions) {
  std::vector<std::int64_t> seconds;
  for (const FileDecision& decision : decisions) seconds.push_back(decision.timestamp_ms / 1000);
  return seconds;
}

TEST(DecisionArchive, EachOnceByTimeWhateverTheirOrder) {
  std::mt19937 random(5);
  DecisionArchive archive({});
  std::set<std::tuple<std::uint32_t, std::int64_t, std::uint32_t>> expected;
  std::uint64_t given = 0;
  std::size_t told = 0;
  for (int batch = 0; batch < 50; ++batch) {
    for (auto i = random() % 40; i > 0; --i, ++given) {
      const std::int64_t second = batch * 5 + static_cast<std::int64_t>(random() % 60);
      const auto symbol = static_cast<std::uint32_t>(random() % 3), run = static_cast<std::uint32_t>(random() % 2);
      archive.add(decided(second, 0, symbol, run));
      expected.emplace(symbol, second, run);
    }
    told += archive.settle().size();
  }
  EXPECT_EQ(told, expected.size());
  EXPECT_EQ(archive.version(), expected.size());
  EXPECT_EQ(archive.duplicates(), given - expected.size());
  EXPECT_GT(archive.duplicates(), 100U);
  auto next = expected.begin();
  for (std::uint32_t symbol = 0; symbol < 3; ++symbol) {
    for (const FileDecision& decision : archive.decisions(symbol)) {
      ASSERT_NE(next, expected.end());
      EXPECT_EQ(std::tuple(symbol, decision.timestamp_ms / 1000, decision.run), *next++);
    }
  }
  EXPECT_EQ(next, expected.end());
  EXPECT_TRUE(archive.decisions(3).empty());
}

TEST(DecisionArchive, WhatIsSettledIsWhatIsNew) {
  DecisionArchive archive({});
  for (const std::int64_t second : {3, 1}) archive.add(decided(second, 0));
  EXPECT_EQ(seconds_of(archive.settle()), (std::vector<std::int64_t>{1, 3}));
  for (const std::int64_t second : {3, 2, 2}) archive.add(decided(second, 0));
  EXPECT_EQ(seconds_of(archive.settle()), (std::vector<std::int64_t>{2}));
  EXPECT_EQ(archive.newest_ms(), 3000);
}

// The series of what is kept is the end of the series of everything, but for PnL, which begins there.
TEST(DecisionArchive, TheOldestGoAndWhatTheyLeftToHoldStays) {
  constexpr SeriesOptions kRules{.fee_rate = 0.001, .slippage = 0, .min_trade = 0.15};
  std::mt19937 random(6);
  DecisionArchive all(kRules), bounded(kRules, 0, 1000);
  for (std::int64_t second = 1; second <= 5000; ++second) {
    auto decision = decided(second, static_cast<double>(random() % 21) / 10 - 1);
    decision.hold = random() % 3 == 0;
    for (DecisionArchive* archive : {&all, &bounded}) {
      archive->add(decision);
      archive->settle();
    }
    ASSERT_LE(bounded.decisions(0).size(), 1000U);
  }
  const auto kept = bounded.decisions(0);
  EXPECT_GE(kept.size(), 700U);
  const auto whole = all.series(0), part = bounded.series(0);
  ASSERT_EQ(part.size(), kept.size());
  for (std::size_t i = 0; i < part.size(); ++i) {
    const SeriesPoint& same = whole[whole.size() - part.size() + i];
    ASSERT_EQ(part[i].timestamp_ms, same.timestamp_ms);
    ASSERT_EQ(part[i].exposure, same.exposure);
    ASSERT_EQ(part[i].delta, same.delta);
    ASSERT_NEAR(bounded.held_before(0, i), part[i].exposure - part[i].delta, 1e-12);
  }
  bounded.add(decided(1, 0));
  EXPECT_TRUE(bounded.settle().empty()) << "older than what is kept";
}

TEST(DecisionArchive, AWindowEndsWithTheNewestOfAll) {
  DecisionArchive archive({}, 10'000);
  for (std::int64_t second = 1; second <= 100; ++second) {
    archive.add(decided(second, 0.5, 0));
    if (second <= 50) archive.add(decided(second, 0.25, 1));
    archive.settle();
  }
  EXPECT_EQ(seconds_of(archive.decisions(0)).front(), 90);
  EXPECT_TRUE(archive.decisions(1).empty());
  ASSERT_EQ(archive.series(0).size(), 11U);
  EXPECT_EQ(archive.series(0).front().delta, 0) << "0.5 was held before";
}

}  // namespace
}  // namespace streamd::plot
