// From events to summaries: when a window of a symbol ends, and what of it the decisions see.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/core.h"
#include "support/effect_texts.h"

namespace streamd {
namespace {

using Texts = std::vector<std::string>;
constexpr SymbolId A = 0;
constexpr SymbolId B = 1;
constexpr SymbolId C = 2;
constexpr SourceId X = 7;
constexpr SourceId Y = 8;
constexpr SourceId P = 9;  // a named producer

// Elapsed time and the wall clock go together here, and start at 1 s.
struct CoreSummariesTest : ::testing::Test {
  CoreSummariesTest() {
    options.summaries.window_s = 10;
    begin_run();
    events.add_symbol("A");
    events.add_symbol("B");
    apply();
  }
  void begin_run() {
    events.add_run_start({"run", "1", options, now_ms, now_ms, {}});
    events.add_source_start({X});
    events.add_source_start({Y});
    events.add_producer_start({P, "p", "", "", 0});
  }
  void trade(SourceId source, Second second, double price = 1, SymbolId symbol = A) {
    events.add_trade(source, {second * 1000, price, 1, symbol});
  }
  void line(SourceId source, Second second, double price = 1, SymbolId symbol = A) {
    events.add_bar_line(source, {symbol, second, {price, price, price, price, 1, 1}});
  }
  // Ticks every 100 ms up to that time.
  void until(UnixMillis time_ms, std::vector<BusySource> busy = {}) {
    for (now_ms += 100; now_ms < time_ms; now_ms += 100) events.add_tick({now_ms, now_ms, false, busy});
    now_ms = time_ms;
    events.add_tick({now_ms, now_ms, false, busy});
  }
  void apply() {
    effects.clear();
    core.apply(events, ++revision, effects);
    events.clear();
  }
  std::size_t state_bytes() const {
    ByteSink bytes;
    core.save(bytes);
    return bytes.bytes().size();
  }
  // "<symbol>@<start>+<window> <bars with features>", then the time it was made at
  Texts ended() {
    apply();
    Texts texts;
    for (const WindowSummary& summary : effects.summaries) {
      texts.push_back(fmt::format("{}@{}+{} {} at {}", summary.symbol, summary.start, summary.window_s, summary.count,
                                  summary.artifact_ms));
    }
    return texts;
  }

  UnixMillis now_ms = 1000;
  CoreOptions options;
  Core core;
  EventBatch events;
  EffectBatch effects;
  std::uint64_t revision = 0;
};

TEST_F(CoreSummariesTest, ABarAtOrBehindItsEndEndsAWindow) {
  for (Second second = 5; second <= 10; ++second) trade(X, second);
  EXPECT_EQ(ended(), Texts{});  // 10 is open
  trade(X, 11);
  EXPECT_EQ(ended(), Texts{"0@0+10 3 at 1000"});  // five bars, the first two without features
  EXPECT_EQ(effects.summaries[0].legitimacy_density, 0) << "one price: no deviation";
  trade(X, 39);
  trade(X, 40);
  EXPECT_EQ(ended(), Texts{"0@10+10 2 at 1000"});
  trade(X, 41);
  EXPECT_EQ(ended(), Texts{"0@30+10 1 at 1000"}) << "20 to 30 had no bars, so has no row";
  EXPECT_EQ(core.summary_counts().summaries, 3u);
}

TEST_F(CoreSummariesTest, BarLinesCountLikeTradesAndSymbolsAreApart) {
  for (Second second = 0; second < 10; ++second) {
    line(X, second, 100 + static_cast<double>(second % 3));
    line(X, second, 5, B);
  }
  line(X, 12, 5, B);
  EXPECT_EQ(ended(), Texts{"1@0+10 8 at 1000"});
  line(X, 10);
  EXPECT_EQ(ended(), Texts{"0@0+10 8 at 1000"});
  EXPECT_EQ(effects.summaries[0].legitimacy_density, 0.8);
  EXPECT_DOUBLE_EQ(effects.summaries[0].unknown_frac, 0.2);
}

TEST_F(CoreSummariesTest, ATickEndsAWindowTwoSecondsBehindItsEnd) {
  for (Second second = 6; second < 10; ++second) line(X, second);
  until(11'999);
  EXPECT_EQ(ended(), Texts{});
  until(12'000);
  EXPECT_EQ(ended(), Texts{"0@0+10 2 at 12000"});
  until(30'000);
  EXPECT_EQ(ended(), Texts{});
}

TEST_F(CoreSummariesTest, LatenessPutsItOff) {
  options.bars.lateness_ms = 1500;
  begin_run();
  for (Second second = 6; second < 10; ++second) line(X, second);
  until(13'400);
  EXPECT_EQ(ended(), Texts{});
  until(13'500);
  EXPECT_EQ(ended(), Texts{"0@0+10 2 at 13500"});
}

TEST_F(CoreSummariesTest, AnOpenSecondHoldsItsWindow) {
  trade(X, 7);
  until(11'900, {{X, false, true}});  // it has bytes that are not read yet: 7 stays open
  until(14'000, {{X, false, true}});
  EXPECT_EQ(ended(), Texts{});
  until(15'000);  // drained now, and quiet for long
  EXPECT_EQ(ended(), Texts{"0@0+10 0 at 14100"});
}

TEST_F(CoreSummariesTest, AnOpenSecondOfTheNextWindowDoesNot) {
  trade(X, 8);
  until(10'000);
  trade(Y, 10);
  until(12'500, {{Y, false, true}});
  EXPECT_EQ(ended(), Texts{"0@0+10 0 at 12000"});
  EXPECT_EQ(core.counts().seconds_closed, 1u) << "10 is open";
}

TEST_F(CoreSummariesTest, ASourceThatFedItAndIsBehindHoldsIt) {
  line(X, 5);
  line(X, 6);
  until(11'000);
  line(Y, 3);  // late: closed behind, but Y is still at it
  until(12'900);
  EXPECT_EQ(ended(), Texts{});
  until(13'100);
  EXPECT_EQ(ended(), Texts{"0@0+10 0 at 13100"}) << "two seconds of quiet behind the tick that follows";
}

TEST_F(CoreSummariesTest, ASourceThatFeedsOtherWindowsDoesNotHoldIt) {
  line(X, 5);
  for (UnixMillis time_ms = 10'500; time_ms <= 13'000; time_ms += 500) {
    until(time_ms);
    line(X, time_ms / 1000, 1, B);
  }
  EXPECT_EQ(ended(), Texts{"0@0+10 0 at 12000"});
}

// Behind the clock: what it sends of other symbols says how far it is.
TEST_F(CoreSummariesTest, ASourceThatIsStillInTheWindowHoldsIt) {
  now_ms = 1'000'000;
  line(X, 5);
  for (int i = 0; i < 50; ++i) {
    until(now_ms + 100);
    line(X, 6, 1, B);
  }
  EXPECT_EQ(ended(), Texts{});
  line(X, 7);
  line(X, 10, 1, B);
  until(now_ms + 1'900);
  EXPECT_EQ(ended(), Texts{"1@0+10 0 at 1005000"}) << "by its next bar; the other symbol has none";
  until(now_ms + 200);
  EXPECT_EQ(ended(), (Texts{"0@0+10 0 at 1007100", "1@10+10 0 at 1007100"}));
}

// What is known of who fed a window stays bounded, whatever comes late, and however many connections come and go.
TEST_F(CoreSummariesTest, AHistoryBehindTheNewestBarTakesNoRoom) {
  line(X, 1'000'000);
  apply();
  const std::size_t before = state_bytes();
  for (Second second = 0; second < 20'000; second += 10) {
    trade(Y, second);
    line(Y, second + 1);
  }
  apply();
  EXPECT_LT(state_bytes(), before + 500);
}

TEST_F(CoreSummariesTest, AHistoryBehindABarOfARunWithoutSummariesTakesNoRoom) {
  options.summaries.window_s = 0;
  begin_run();
  line(X, 1'000'000);
  options.summaries.window_s = 1;
  begin_run();
  apply();
  const std::size_t before = state_bytes();
  for (Second second = 0; second < 20'000; ++second) trade(Y, second);
  apply();
  EXPECT_LT(state_bytes(), before + 500);
}

TEST_F(CoreSummariesTest, ConnectionsThatAreGoneTakeNoRoom) {
  line(X, 1);
  apply();
  const std::size_t before = state_bytes();
  for (SourceId source = 100; source < 5'000; ++source) {
    events.add_source_start({source});
    line(source, 1);
    events.add_source_end({source, now_ms});
  }
  apply();
  EXPECT_LT(state_bytes(), before + 1'000);
}

TEST_F(CoreSummariesTest, ASourceThatIsNotReadHoldsIt) {
  line(X, 5);
  until(11'900);
  until(13'000, {{X, true, false}});
  until(14'900);
  EXPECT_EQ(ended(), Texts{});
  until(15'100);
  EXPECT_EQ(ended(), Texts{"0@0+10 0 at 15000"});
}

TEST_F(CoreSummariesTest, ASourceThatEndedDoesNotHoldIt) {
  line(X, 5);
  until(11'900, {{X, true, true}});
  events.add_source_end({X, now_ms});
  until(12'000);
  EXPECT_EQ(ended(), Texts{"0@0+10 0 at 12000"});
}

TEST_F(CoreSummariesTest, AProducerWithinItsGraceHoldsIt) {
  line(P, 5);
  until(8'000);
  events.add_source_end({P, now_ms});
  until(17'900);
  EXPECT_EQ(ended(), Texts{});
  until(18'000);
  EXPECT_EQ(ended(), Texts{"0@0+10 0 at 18000"});
}

TEST_F(CoreSummariesTest, ABarOfAnEndedWindowJoinsTheSeriesOnly) {
  line(X, 5);
  line(X, 6);
  until(12'000);
  EXPECT_EQ(ended(), Texts{"0@0+10 0 at 12000"});
  line(X, 8);
  line(X, 20);
  EXPECT_EQ(ended(), Texts{});
  EXPECT_EQ(core.summary_counts().bars_after_window, 1u);
  line(X, 30);
  EXPECT_EQ(ended(), Texts{"0@20+10 1 at 12000"});
}

TEST_F(CoreSummariesTest, LateTradesAndBarsThatCloseBehindChangeNothing) {
  for (Second second = 1; second < 8; ++second) line(X, second, 100 + static_cast<double>(second));
  Core other;
  trade(Y, 2, 999);
  line(Y, 3, 999);
  line(X, 10, 100);
  apply();
  ASSERT_EQ(effects.summaries.size(), 1u);
  const std::string with_late = text_of(effects.summaries[0]);
  EventBatch again;
  again.add_run_start({"run", "1", options, 1000, 1000, {}});
  again.add_symbol("A");
  again.add_source_start({X});
  for (Second second = 1; second < 8; ++second) {
    const double price = 100 + static_cast<double>(second);
    again.add_bar_line(X, {A, second, {price, price, price, price, 1, 1}});
  }
  again.add_bar_line(X, {A, 10, {1, 1, 1, 100, 1, 1}});
  EffectBatch without;
  other.apply(again, 1, without);
  ASSERT_EQ(without.summaries.size(), 1u);
  EXPECT_EQ(text_of(without.summaries[0]), with_late);
}

TEST_F(CoreSummariesTest, TheEndOfAllFilesDoesNotWaitForTheClock) {
  line(X, 5);
  line(P, 6, 1, B);
  events.add_source_end({X, now_ms});
  events.add_source_end({P, now_ms});
  events.add_input_end({2500});
  events.add_symbol("C");
  line(Y, 30, 1, C);
  events.add_source_end({Y, now_ms});
  events.add_input_end({2600});
  events.add_input_end({2700});
  EXPECT_EQ(ended(), (Texts{"0@0+10 0 at 2500", "2@30+10 0 at 2600"}))
      << "the producer of the other symbol is within its grace";
}

TEST_F(CoreSummariesTest, TheEndOfAllFilesEndsNoWindowOfAConnectionThatIsThere) {
  now_ms = 100'000;
  line(X, 105);
  until(103'000);
  events.add_input_end({now_ms});
  EXPECT_EQ(ended(), Texts{}) << "it is quiet, but the window is not over";
}

TEST_F(CoreSummariesTest, TheEndOfAllFilesEndsNoWindowWithAnOpenSecond) {
  trade(X, 5);
  events.add_source_end({X, now_ms});  // 5 is not over by the clock
  events.add_input_end({2500});
  EXPECT_EQ(ended(), Texts{});
  until(12'000);
  EXPECT_EQ(ended(), Texts{"0@0+10 0 at 12000"});
}

TEST_F(CoreSummariesTest, AWindowGoesOnAcrossRuns) {
  line(X, 5);
  line(X, 6);
  begin_run();
  line(X, 7);
  line(X, 12);
  EXPECT_EQ(ended(), Texts{"0@0+10 1 at 1000"});
}

TEST_F(CoreSummariesTest, AnotherLengthEndsWhatIsUnderWay) {
  line(X, 5);
  line(X, 6);
  options.summaries.window_s = 3;
  begin_run();
  EXPECT_EQ(ended(), Texts{"0@0+10 0 at 1000"});
  line(X, 9);
  line(X, 12);
  line(X, 15);
  EXPECT_EQ(ended(), (Texts{"0@9+3 1 at 1000", "0@12+3 1 at 1000"}));
}

TEST_F(CoreSummariesTest, BackToTheFirstLengthNoWindowIsMadeTwice) {
  line(X, 5);
  line(X, 6);
  options.summaries.window_s = 3;
  begin_run();
  line(X, 7);
  options.summaries.window_s = 10;
  begin_run();
  EXPECT_EQ(ended(), (Texts{"0@0+10 0 at 1000", "0@6+3 1 at 1000"}));
  line(X, 8);
  line(X, 12);
  line(X, 20);
  EXPECT_EQ(ended(), Texts{"0@10+10 1 at 1000"});
  EXPECT_EQ(core.summary_counts().bars_after_window, 1u);
}

TEST_F(CoreSummariesTest, ARunWithoutSummariesForgetsTheSeries) {
  line(X, 5);
  line(X, 6);
  options.summaries.window_s = 0;
  begin_run();
  EXPECT_EQ(ended(), Texts{"0@0+10 0 at 1000"});
  line(X, 15);
  line(X, 25);
  until(40'000);
  EXPECT_EQ(ended(), Texts{});
  options.summaries.window_s = 10;
  begin_run();
  line(X, 45);
  line(X, 46);
  line(X, 52);
  EXPECT_EQ(ended(), Texts{"0@40+10 0 at 40000"});
}

TEST_F(CoreSummariesTest, DecisionsSeeTheDensityOfTheWindowThatEndedLast) {
  options.decisions.emit = true;
  options.decisions.confidence_is_legitimacy = true;
  options.decisions.tau_on = options.decisions.tau_off = 0.5;
  begin_run();
  events.add_gate_verdict({true, "gate", {}, "", ""});
  const auto reasons = [&](Second from, Second to) {
    for (Second second = from; second < to; ++second) line(X, second, 100 * (1 + static_cast<double>(second * second % 7) / 100));
    apply();
    Texts texts;
    for (const Decision& decision : effects.decisions) texts.emplace_back(reason_text(decision.allowed.reason));
    return texts;
  };
  // Nothing ended yet: the density is 0, and what would trade is prohibited.
  for (const std::string& reason : reasons(0, 10)) EXPECT_NE(reason, "active_triadic");
  // The bar of 10 ends the first window, whose bars are legitimate but for the first two.
  const Texts later = reasons(10, 30);
  EXPECT_EQ(std::count(later.begin(), later.end(), "prohibited_by_legitimacy"), 0);
  EXPECT_GT(std::count(later.begin(), later.end(), "active_triadic"), 0);
}

}  // namespace
}  // namespace streamd
