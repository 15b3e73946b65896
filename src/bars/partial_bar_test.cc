#include "bars/partial_bar.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace streamd {
namespace {

struct Fill {
  std::uint16_t offset_ms;
  double price;
  double quantity;
};

PartialBar bar_of(const std::vector<Fill>& fills) {
  PartialBar bar;
  for (const Fill& fill : fills) bar.add(fill.offset_ms, fill.price, fill.quantity);
  return bar;
}

PartialBar merged(PartialBar earlier, const PartialBar& later) {
  earlier.merge(later);
  return earlier;
}

void expect_same(const PartialBar& a, const PartialBar& b) {
  EXPECT_EQ(a.values, b.values);
  EXPECT_EQ(a.open_offset_ms, b.open_offset_ms);
  EXPECT_EQ(a.close_offset_ms, b.close_offset_ms);
}

TEST(PartialBar, OneTradeIsAllOfTheBar) {
  const PartialBar bar = bar_of({{500, -3.5, 0}});
  EXPECT_EQ(bar.values, (Ohlcv{-3.5, -3.5, -3.5, -3.5, 0, 1}));
  EXPECT_EQ(bar.open_offset_ms, 500);
  EXPECT_EQ(bar.close_offset_ms, 500);
  EXPECT_FALSE(bar.empty());
  EXPECT_TRUE(PartialBar{}.empty());
}

TEST(PartialBar, OpenAndCloseGoByEventTimeNotByArrival) {
  const PartialBar bar = bar_of({{500, 5, 1}, {100, 9, 2}, {900, 1, 4}, {300, 7, 8}});
  EXPECT_EQ(bar.values, (Ohlcv{9, 9, 1, 1, 15, 4}));
  EXPECT_EQ(bar.open_offset_ms, 100);
  EXPECT_EQ(bar.close_offset_ms, 900);
}

TEST(PartialBar, AmongEqualTimesTheFirstOpensAndTheLastCloses) {
  EXPECT_EQ(bar_of({{7, 1, 1}, {7, 2, 1}, {7, 3, 1}}).values, (Ohlcv{1, 3, 1, 3, 3, 3}));
}

TEST(PartialBar, HighAndLowOfNegativePrices) {
  EXPECT_EQ(bar_of({{1, -5, 1}, {2, -7, 1}, {3, -6, 1}}).values, (Ohlcv{-5, -5, -7, -6, 3, 3}));
}

TEST(PartialBar, MergeAmongEqualTimesTakesTheOpenOfTheEarlierAndTheCloseOfTheLater) {
  const PartialBar bar = merged(bar_of({{7, 1, 1}}), bar_of({{7, 2, 1}}));
  EXPECT_EQ(bar.values, (Ohlcv{1, 2, 1, 2, 2, 2}));
}

TEST(PartialBar, MergeFollowsEventTimeWhenTheLaterPartIsOlder) {
  const PartialBar bar = merged(bar_of({{500, 1, 1}, {600, 2, 1}}), bar_of({{100, 3, 1}, {200, 0.5, 1}}));
  EXPECT_EQ(bar.values, (Ohlcv{3, 3, 0.5, 2, 4, 4}));
  EXPECT_EQ(bar.open_offset_ms, 100);
  EXPECT_EQ(bar.close_offset_ms, 600);
}

TEST(PartialBar, EmptyIsNeutral) {
  const PartialBar bar = bar_of({{5, 1, 2}, {6, 3, 4}});
  expect_same(merged(bar, {}), bar);
  expect_same(merged({}, bar), bar);
  EXPECT_TRUE(merged({}, {}).empty());
}

// Few prices and few times, so that ties are everywhere; quantities whose sums are exact in any order.
TEST(PartialBar, AnyGroupingOfTheSameArrivalsGivesTheSameBar) {
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    std::mt19937_64 random(seed);
    std::vector<Fill> fills(1 + random() % 12);
    for (Fill& fill : fills) {
      fill = {static_cast<std::uint16_t>(random() % 4), static_cast<double>(random() % 7) - 3,
              static_cast<double>(random() % 16) / 8};
    }
    const PartialBar whole = bar_of(fills);

    // Merge neighbours in random order until one part is left.
    std::vector<PartialBar> parts;
    for (std::size_t at = 0; at < fills.size();) {
      const std::size_t count = std::min<std::size_t>(random() % 4, fills.size() - at);
      parts.push_back(bar_of({fills.begin() + static_cast<std::ptrdiff_t>(at),
                              fills.begin() + static_cast<std::ptrdiff_t>(at + count)}));
      at += count;
    }
    while (parts.size() > 1) {
      const auto left = parts.begin() + static_cast<std::ptrdiff_t>(random() % (parts.size() - 1));
      left->merge(*std::next(left));
      parts.erase(std::next(left));
    }
    SCOPED_TRACE("seed " + std::to_string(seed));
    expect_same(parts.front(), whole);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace streamd
