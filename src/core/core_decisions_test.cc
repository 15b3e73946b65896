// From events to decisions and bar notices: which bars are decided, when, and under what.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/core.h"
#include "support/effect_texts.h"

namespace streamd {
namespace {

using Texts = std::vector<std::string>;
constexpr SymbolId A = 0;
constexpr SourceId X = 7;
constexpr SourceId Y = 8;

struct CoreDecisionsTest : ::testing::Test {
  CoreDecisionsTest() {
    begin_run("run1");
    events.add_symbol("A");
    events.add_source_start({X});
    events.add_source_start({Y});
    apply();
  }
  void begin_run(const std::string& id) {
    RunStart start{id, "1", options, 1000, 1000, {}};
    events.add_run_start(std::move(start));
  }
  void trade(SourceId source, UnixMillis time_ms, double price) { events.add_trade(source, {time_ms, price, 1, A}); }
  void line(Second second, double price) {
    events.add_bar_line(X, {A, second, {price, price, price, price, 1, 1}});
  }
  void gate(bool open, const std::string& source) { events.add_gate_verdict({open, source, {}, "", ""}); }
  void apply() {
    effects.clear();
    core.apply(events, ++revision, effects);
    events.clear();
  }
  // "<second> <close> <run> <gate's source>"
  Texts decided() {
    apply();
    Texts texts;
    std::size_t next = 0;
    for (std::size_t i = 0; i < effects.decisions.size(); ++i) {
      while (next < effects.contexts.size() && effects.contexts[next].first_decision == i) ++next;
      if (next == 0) return {"a decision without context"};
      const DecisionContext& context = effects.contexts[next - 1].context;
      const Decision& decision = effects.decisions[i];
      texts.push_back(fmt::format("{} {} {} {}", decision.second, decision.close, context.run_id, context.gate.source));
    }
    return texts;
  }

  static CoreOptions with_decisions() {
    CoreOptions options;
    options.decisions.emit = true;
    options.amend = {true, 300, 1 << 20};
    return options;
  }

  CoreOptions options = with_decisions();
  Core core;
  EventBatch events;
  EffectBatch effects;
  std::uint64_t revision = 0;
};

TEST_F(CoreDecisionsTest, OneForEachSecondWhenItCloses) {
  trade(X, 10'100, 5);
  trade(X, 10'900, 6);
  EXPECT_EQ(decided(), Texts{});
  trade(X, 11'000, 7);
  EXPECT_EQ(decided(), Texts{"10 6 run1 "});
  trade(X, 12'000, 8);
  trade(X, 13'000, 9);
  EXPECT_EQ(decided(), (Texts{"11 7 run1 ", "12 8 run1 "}));
}

TEST_F(CoreDecisionsTest, LateTradesNeverDecideAgain) {
  trade(X, 10'100, 5);
  trade(X, 11'000, 7);
  EXPECT_EQ(decided(), Texts{"10 5 run1 "});
  trade(X, 10'999, 9);
  EXPECT_EQ(decided(), Texts{});
  EXPECT_EQ(effects.writes.size(), 1u);
  EXPECT_EQ(texts_of_notices(effects), Texts{"0@10 5 9 5 9 v2 n2 r3"});
}

TEST_F(CoreDecisionsTest, WhatShutdownWroteCountsInTheBarThatCloses) {
  trade(X, 10'500, 5);
  trade(X, 10'600, 9);
  events.add_write_open();
  trade(X, 10'100, 4);
  trade(X, 11'000, 7);
  EXPECT_EQ(decided(), Texts{"10 9 run1 "});
  EXPECT_EQ(texts_of_notices(effects), Texts{"0@10 4 9 4 9 v3 n3 r0"});
}

TEST_F(CoreDecisionsTest, ASecondThatIsWhollyWrittenIsDecidedAllTheSame) {
  trade(X, 10'500, 5);
  events.add_write_open();
  apply();
  trade(X, 11'000, 7);
  EXPECT_EQ(decided(), Texts{"10 5 run1 "});
  EXPECT_TRUE(effects.writes.empty());
}

TEST_F(CoreDecisionsTest, ALineClosesItsSecondWithItsOwnValues) {
  trade(X, 10'500, 5);
  line(10, 50);
  EXPECT_EQ(decided(), Texts{"10 50 run1 "});
  EXPECT_EQ(texts_of_notices(effects), Texts{"0@10 50 50 50 50 v1 n1 r0"});
  line(10, 60);
  EXPECT_EQ(decided(), Texts{});
  EXPECT_EQ(texts_of_notices(effects), Texts{"0@10 60 60 60 60 v1 n1 r3"});
}

TEST_F(CoreDecisionsTest, ABarBehindANewerOneIsToldButNotDecided) {
  trade(X, 10'500, 5);
  trade(Y, 10'600, 6);  // keeps it open
  trade(X, 11'500, 7);
  trade(X, 12'000, 8);
  EXPECT_EQ(decided(), Texts{"11 7 run1 "});
  trade(Y, 13'000, 9);
  EXPECT_EQ(decided(), Texts{});
  EXPECT_EQ(texts_of_notices(effects), Texts{"0@10 5 6 5 6 v2 n2 r0"});
}

TEST_F(CoreDecisionsTest, TheGateCountsAsItIsWhenTheSecondCloses) {
  trade(X, 10'000, 1);
  trade(X, 11'000, 1);
  gate(true, "open.jsonl");
  trade(X, 12'000, 1);
  trade(X, 13'000, 1);
  gate(false, "closed.jsonl");
  trade(X, 14'000, 1);
  EXPECT_EQ(decided(), (Texts{"10 1 run1 ", "11 1 run1 open.jsonl", "12 1 run1 open.jsonl", "13 1 run1 closed.jsonl"}));
  EXPECT_EQ(effects.contexts.size(), 3u);
  EXPECT_FALSE(effects.decisions[0].gate_open);
  EXPECT_EQ(effects.decisions[0].posture, Posture::observe);
  EXPECT_TRUE(effects.decisions[1].gate_open);
  EXPECT_EQ(effects.decisions[1].posture, Posture::trade_normal);
  EXPECT_EQ(effects.decisions[3].posture, Posture::observe);
  trade(X, 15'000, 1);
  EXPECT_EQ(decided(), Texts{"14 1 run1 closed.jsonl"});
}

TEST_F(CoreDecisionsTest, WhatARunStartClosesIsOfTheNewRun) {
  trade(X, 900, 5);  // over by the wall clock of the next run's start
  EXPECT_EQ(decided(), Texts{});
  begin_run("run2");
  EXPECT_EQ(decided(), Texts{"0 5 run2 "});
}

TEST_F(CoreDecisionsTest, IdleAndEndedSecondsAreDecided) {
  trade(X, 1'500, 5);
  for (ElapsedMillis now = 1'000; now <= 4'000; now += 100) events.add_tick({now, now, false, {}});
  EXPECT_EQ(decided(), Texts{"1 5 run1 "});
  trade(Y, 5'000, 6);
  events.add_source_end({Y, 9'000});
  EXPECT_EQ(decided(), Texts{"5 6 run1 "});
}

TEST_F(CoreDecisionsTest, SwitchedOffThereAreNone) {
  options = {};
  begin_run("run2");
  apply();
  events.add_source_start({9});
  events.add_trade(9, {20'000, 1, 1, A});
  events.add_trade(9, {21'000, 1, 1, A});
  EXPECT_EQ(decided(), Texts{});
  EXPECT_EQ(effects.writes.size(), 1u);
  EXPECT_TRUE(effects.bar_notices.empty());
}

TEST_F(CoreDecisionsTest, TheyAreCounted) {
  options.decisions.cost.edge_bps = 0.5;
  begin_run("run2");
  gate(true, "g");
  events.add_source_start({9});
  for (int i = 0; i < 60; ++i) events.add_trade(9, {20'000 + i * 1000, 100.0 + i * (1 + i % 3), 1, A});
  apply();
  EXPECT_EQ(core.decision_counts().decisions, 59u);
  EXPECT_GT(core.decision_counts().blocked, 10u);
  EXPECT_EQ(core.decision_counts().cost, 0);  // every increase is held, so nothing is ever reduced either
}

}  // namespace
}  // namespace streamd
