// Windows by hand: where they begin and end, what joins them, and what of them outlives a run.
#include "quotient/summariser.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace streamd {
namespace {

constexpr Second kLeast = std::numeric_limits<Second>::min();

// A summariser, and the summaries that it has made since they were taken.
class Fixture {
 public:
  explicit Fixture(std::int32_t window_s = 10) { begin_run(window_s); }

  void begin_run(std::int32_t window_s) { summariser.begin_run({window_s}, ++wall_ms, ended); }
  void bar(SymbolId symbol, Second second) {
    close += second % 3 == 0 ? 0.5 : -0.125;
    summariser.add_bar(symbol, second, close, ++wall_ms, ended);
  }
  void bars(SymbolId symbol, Second first, Second end) {
    for (Second second = first; second < end; ++second) bar(symbol, second);
  }
  void end_windows(Second by) {
    summariser.end_windows(by, ++wall_ms, [](SymbolId, Second) { return true; }, ended);
  }
  std::vector<WindowSummary> take() { return std::exchange(ended, {}); }
  // "symbol:start/length count" of each.
  std::string told() {
    std::string text;
    for (const WindowSummary& summary : take()) {
      text += std::to_string(summary.symbol) + ":" + std::to_string(summary.start) + "/" +
              std::to_string(summary.window_s) + " " + std::to_string(summary.count) + ", ";
    }
    return text;
  }

  Summariser summariser;
  std::vector<WindowSummary> ended;
  UnixMillis wall_ms = 1'000'000;
  double close = 100;
};

TEST(Summariser, AWindowEndsWithTheFirstBarBehindIt) {
  Fixture test;
  test.bars(0, 20, 30);
  EXPECT_EQ(test.told(), "");
  test.bar(0, 30);
  const auto summaries = test.take();
  ASSERT_EQ(summaries.size(), 1u);
  const WindowSummary& summary = summaries[0];
  EXPECT_EQ(summary.symbol, 0u);
  EXPECT_EQ(summary.start, 20);
  EXPECT_EQ(summary.window_s, 10);
  EXPECT_EQ(summary.count, 8) << "the first two bars have no features";
  EXPECT_DOUBLE_EQ(summary.unknown_frac, 0.2);
  EXPECT_DOUBLE_EQ(summary.legitimacy_density, 0.8);
  EXPECT_EQ(summary.artifact_ms, test.wall_ms);
  EXPECT_EQ(summary.features[static_cast<std::size_t>(Feature::burstiness)].run_length_pos, 8);
  EXPECT_EQ(test.summariser.counts().summaries, 1u);
}

TEST(Summariser, WindowsAreAlignedToTheEpoch) {
  Fixture test(7);
  test.bars(0, 0, 15);
  EXPECT_EQ(test.told(), "0:0/7 5, 0:7/7 7, ");
  test.bar(0, 1'700'000'001);
  EXPECT_EQ(test.told(), "0:14/7 1, ");
  EXPECT_EQ(test.summariser.unended_from(0), 1'700'000'001 / 7 * 7);
}

TEST(Summariser, GapsAreUnknownAndWindowsWithoutBarsAreNone) {
  Fixture test;
  for (const Second second : {20, 23, 25, 28, 71, 90}) test.bar(0, second);
  const auto summaries = test.take();
  ASSERT_EQ(summaries.size(), 2u);
  EXPECT_EQ(summaries[0].count, 2);
  EXPECT_DOUBLE_EQ(summaries[0].unknown_frac, 0.8);
  EXPECT_DOUBLE_EQ(summaries[0].legitimacy_density, 0.5) << "of four bars";
  EXPECT_EQ(summaries[1].start, 70);
  EXPECT_EQ(summaries[1].count, 1);
  EXPECT_DOUBLE_EQ(summaries[1].legitimacy_density, 1);
}

TEST(Summariser, AWindowWithoutFeaturesIsASummary) {
  Fixture test;
  test.bars(0, 8, 12);
  test.end_windows(20);
  const auto summaries = test.take();
  ASSERT_EQ(summaries.size(), 2u);
  EXPECT_EQ(summaries[0].count, 0);
  EXPECT_EQ(summaries[0].legitimacy_density, 0);
  EXPECT_EQ(summaries[0].unknown_frac, 1);
  EXPECT_FALSE(summaries[0].event_marker);
  EXPECT_EQ(summaries[1].count, 2);
}

TEST(Summariser, LegitimateBarsHaveReturnsThatDiffer) {
  Fixture test;
  for (Second second = 0; second < 20; ++second) {
    test.summariser.add_bar(0, second, second < 15 ? 42.5 : 43, 1, test.ended);
  }
  test.end_windows(20);
  const auto summaries = test.take();
  ASSERT_EQ(summaries.size(), 2u);
  EXPECT_EQ(summaries[0].legitimacy_density, 0);
  EXPECT_EQ(summaries[0].count, 8);
  EXPECT_EQ(summaries[1].legitimacy_density, 0.5);
  EXPECT_EQ(test.summariser.legitimacy(0), 0.5);
}

TEST(Summariser, AnEventIsALargeCurvatureOrDrawdown) {
  const auto marker = [](const std::vector<double>& closes) {
    Fixture test;
    for (std::size_t i = 0; i < closes.size(); ++i) {
      test.summariser.add_bar(0, static_cast<Second>(i), closes[i], 1, test.ended);
    }
    test.end_windows(10);
    return test.take().at(0).event_marker;
  };
  EXPECT_FALSE(marker({100, 101, 102, 103, 104}));
  EXPECT_TRUE(marker({100, 101, 104, 102, 102})) << "fell by twice what is left";
  EXPECT_TRUE(marker({1, 1, 50, 50, 2500})) << "curved";
}

TEST(Summariser, TicksEndWindowsThatAreOver) {
  Fixture test;
  for (const SymbolId symbol : {7, 2, 4}) test.bars(symbol, 10, 15);
  test.bars(5, 10, 21);
  EXPECT_EQ(test.told(), "5:10/10 8, ");
  test.end_windows(19);
  EXPECT_EQ(test.told(), "") << "at 20 they end";

  std::string asked;
  test.summariser.end_windows(
      20, 77,
      [&](SymbolId symbol, Second start) {
        asked += std::to_string(symbol) + ":" + std::to_string(start) + " ";
        return symbol != 4;
      },
      test.ended);
  EXPECT_EQ(asked, "2:10 4:10 7:10 ") << "in order, and not of a window that goes on";
  EXPECT_EQ(test.ended.at(0).artifact_ms, 77);
  EXPECT_EQ(test.told(), "2:10/10 3, 7:10/10 3, ");
  test.end_windows(20);
  EXPECT_EQ(test.told(), "4:10/10 3, ");
  test.end_windows(1000);
  EXPECT_EQ(test.told(), "5:20/10 1, ");
  test.end_windows(1000);
  EXPECT_EQ(test.told(), "");
}

TEST(Summariser, ABarOfAnEndedWindowJoinsTheSeriesAlone) {
  Fixture test;
  test.bars(0, 10, 14);
  test.end_windows(20);
  EXPECT_EQ(test.told(), "0:10/10 2, ");
  EXPECT_EQ(test.summariser.unended_from(0), 20);
  test.bar(0, 17);
  test.bar(0, 19);
  EXPECT_EQ(test.summariser.counts().bars_after_window, 2u);
  EXPECT_EQ(test.summariser.unended_from(0), 20);
  test.end_windows(1000);
  EXPECT_EQ(test.told(), "");

  test.bar(0, 20);
  test.end_windows(30);
  const auto summaries = test.take();
  ASSERT_EQ(summaries.size(), 1u);
  EXPECT_EQ(summaries[0].count, 1);
  Fixture whole;
  for (const Second second : {10, 11, 12, 13, 17, 19, 20}) whole.bar(0, second);
  whole.end_windows(30);
  EXPECT_EQ(summaries[0].features[0].mean, whole.take().back().features[0].mean) << "the series has them";
}

TEST(Summariser, TellsTheLastWindowsLegitimacyAndTheFirstUnendedOne) {
  Fixture test;
  EXPECT_FALSE(test.summariser.legitimacy(3));
  EXPECT_EQ(test.summariser.unended_from(3), kLeast);
  test.bars(3, 44, 48);
  EXPECT_FALSE(test.summariser.legitimacy(3));
  EXPECT_EQ(test.summariser.unended_from(3), 40);
  EXPECT_EQ(test.summariser.unended_from(1), kLeast);
  EXPECT_FALSE(test.summariser.legitimacy(1));
  test.end_windows(50);
  EXPECT_EQ(test.summariser.legitimacy(3), 0.5);
  EXPECT_EQ(test.summariser.unended_from(3), 50);
  test.bars(3, 93, 95);
  EXPECT_EQ(test.summariser.legitimacy(3), 0.5);
  EXPECT_EQ(test.summariser.unended_from(3), 90);
  test.bar(3, 100);
  EXPECT_EQ(test.summariser.legitimacy(3), 1);
}

TEST(Summariser, ARunOfTheSameLengthGoesOn) {
  Fixture test;
  test.bars(0, 10, 15);
  test.begin_run(10);
  EXPECT_EQ(test.told(), "");
  EXPECT_EQ(test.summariser.counts().summaries, 0u);
  test.bars(0, 15, 21);
  EXPECT_EQ(test.told(), "0:10/10 8, ");
  test.begin_run(10);
  EXPECT_EQ(test.summariser.counts().summaries, 0u) << "counts are of the run";
  EXPECT_EQ(test.summariser.unended_from(0), 20);
}

TEST(Summariser, ARunOfAnotherLengthEndsWindowsAsTheyAre) {
  Fixture test;
  test.bars(4, 10, 15);
  test.bars(1, 12, 16);
  test.begin_run(60);
  EXPECT_EQ(test.ended.at(0).artifact_ms, test.wall_ms);
  EXPECT_EQ(test.told(), "1:10/10 2, 4:10/10 3, ");
  EXPECT_EQ(test.summariser.unended_from(4), kLeast) << "no window of this length has ended";
  test.bars(4, 15, 17);
  EXPECT_EQ(test.summariser.unended_from(4), 0);
  EXPECT_EQ(test.summariser.counts().bars_after_window, 0u);
  test.end_windows(60);
  EXPECT_EQ(test.told(), "4:0/60 2, ") << "the series went on";
}

TEST(Summariser, OffItForgetsTheSeries) {
  Fixture test;
  test.bars(0, 10, 17);
  test.begin_run(0);
  EXPECT_FALSE(test.summariser.is_on());
  EXPECT_EQ(test.told(), "0:10/10 5, ");
  test.end_windows(1000);
  EXPECT_EQ(test.told(), "");

  test.begin_run(10);
  EXPECT_TRUE(test.summariser.is_on());
  test.bars(0, 18, 20);
  EXPECT_EQ(test.summariser.counts().bars_after_window, 2u) << "their window ended when summaries went off";
  test.bars(0, 20, 30);
  test.end_windows(30);
  EXPECT_EQ(test.told(), "0:20/10 10, ");
  EXPECT_EQ(test.summariser.legitimacy(0), 1);
}

TEST(Summariser, BytesPerSymbolAreEnough) {
  for (const std::int32_t window_s : {0, 1, 60, kMaxWindow}) {
    Fixture test(window_s);
    if (window_s > 0) test.bars(0, 36'000, 36'000 + window_s);
    ByteSink none;
    Summariser().save(none);
    ByteSink bytes;
    test.summariser.save(bytes);
    EXPECT_LE(bytes.bytes().size() - none.bytes().size(), Summariser::bytes_per_symbol({window_s})) << window_s;
  }
  EXPECT_LE(Summariser::bytes_per_symbol({0}), 500u);
  EXPECT_LE(Summariser::bytes_per_symbol({60}), 6'500u);
}

}  // namespace
}  // namespace streamd
