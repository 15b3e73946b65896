// What must not change summaries: prices times a power of two, time moved by whole windows, the order of trades within a
// second. Random days through the whole core.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "core/core.h"
#include "support/effect_texts.h"

namespace streamd {
namespace {

constexpr int kSymbols = 3;
constexpr UnixMillis kFirstMs = 1'700'000'000'000;

struct Day {
  std::int32_t window_s = 0;
  std::vector<Trade> trades;  // as they arrive: seconds ascend per symbol, all in order of time here
};

// Each symbol's seconds hold a few trades at different times, or none; a symbol is quiet now and then.
Day random_day(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Day day{1 + static_cast<std::int32_t>(random() % 40), {}};
  double prices[kSymbols] = {100, 0.37, 61'000};
  const auto seconds = static_cast<UnixMillis>(200 + random() % 500);
  for (UnixMillis second = 0; second < seconds; ++second) {
    for (SymbolId symbol = 0; symbol < kSymbols; ++symbol) {
      if (random() % 5 == 0 || (second / 60 + symbol) % 7 == 3) continue;
      std::vector<UnixMillis> times;
      for (auto count = 1 + random() % 6; count > 0; --count) times.push_back(static_cast<UnixMillis>(random() % 1000));
      std::sort(times.begin(), times.end());
      times.erase(std::unique(times.begin(), times.end()), times.end());
      for (const UnixMillis time : times) {
        if (random() % 3 > 0) prices[symbol] *= 1 + (static_cast<double>(random() % 2001) - 1000) * 1e-6;
        day.trades.push_back({kFirstMs + second * 1000 + time, prices[symbol], 1, symbol});
      }
    }
  }
  return day;
}

// All windows, by symbol and time.
std::vector<WindowSummary> summaries_of(const Day& day) {
  CoreOptions options;
  options.summaries.window_s = day.window_s;
  const UnixMillis now_ms = day.trades.back().event_time_ms + 100'000;
  EventBatch events;
  events.add_run_start({"run", "1", options, now_ms, 0, {}});
  for (int symbol = 0; symbol < kSymbols; ++symbol) events.add_symbol("S" + std::to_string(symbol));
  events.add_source_start({1});
  for (const Trade& trade : day.trades) events.add_trade(1, trade);
  events.add_source_end({1, now_ms});
  events.add_input_end({now_ms});
  Core core;
  EffectBatch effects;
  core.apply(events, 1, effects);
  std::sort(effects.summaries.begin(), effects.summaries.end(), [](const auto& one, const auto& other) {
    return std::pair(one.symbol, one.start) < std::pair(other.symbol, other.start);
  });
  for (WindowSummary& summary : effects.summaries) summary.artifact_ms = 0;
  return effects.summaries;
}

std::vector<std::string> texts_of(const std::vector<WindowSummary>& summaries) {
  std::vector<std::string> texts;
  for (const WindowSummary& summary : summaries) texts.push_back(text_of(summary));
  return texts;
}

void expect_invariant(const std::function<void(Day&, std::mt19937_64&)>& change,
                      const std::function<void(const Day&, WindowSummary&)>& undo) {
  std::size_t windows = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const Day day = random_day(seed);
    Day changed = day;
    std::mt19937_64 random(seed * 77);
    change(changed, random);
    const std::vector<WindowSummary> expected = summaries_of(day);
    std::vector<WindowSummary> found = summaries_of(changed);
    for (WindowSummary& summary : found) undo(day, summary);
    ASSERT_EQ(texts_of(found), texts_of(expected)) << "seed " << seed;
    windows += expected.size();
  }
  EXPECT_GT(windows, 2'000u);
}

TEST(SummaryInvariances, PricesTimesAPowerOfTwo) {
  for (const int exponent : {-3, 1, 10}) {
    expect_invariant([exponent](Day& day, std::mt19937_64&) {
      for (Trade& trade : day.trades) trade.price = std::ldexp(trade.price, exponent);
    }, [](const Day&, WindowSummary&) {});
  }
}

TEST(SummaryInvariances, TimeMovedByWholeWindows) {
  for (const Second windows : {-1000, 1, 7, 123'456}) {
    expect_invariant([windows](Day& day, std::mt19937_64&) {
      for (Trade& trade : day.trades) trade.event_time_ms += windows * day.window_s * 1000;
    }, [windows](const Day& day, WindowSummary& summary) { summary.start -= windows * day.window_s; });
  }
}

TEST(SummaryInvariances, TheOrderOfTradesWithinASecond) {
  expect_invariant([](Day& day, std::mt19937_64& random) {
    auto first = day.trades.begin();
    while (first != day.trades.end()) {
      const Second second = second_of(first->event_time_ms);
      const auto last = std::find_if(first, day.trades.end(), [second](const Trade& trade) {
        return second_of(trade.event_time_ms) != second;
      });
      std::shuffle(first, last, random);
      first = last;
    }
  }, [](const Day&, WindowSummary&) {});
}

}  // namespace
}  // namespace streamd
