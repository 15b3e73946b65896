#include "core/core.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "support/aggregator_bench.h"

namespace streamd {
namespace {

constexpr SymbolId A = 0;
constexpr SymbolId B = 1;
constexpr SourceId X = 7;
constexpr SourceId Y = 8;

Trade at(SymbolId symbol, UnixMillis event_time_ms, double price = 1) { return {event_time_ms, price, 1, symbol}; }

BarLine line_at(SymbolId symbol, Second second, double price) {
  return {symbol, second, {price, price, price, price, 1, 1}};
}

TEST(EventBatch, NeighboursOfOneKindAndSourceAreOneRun) {
  EventBatch events;
  events.add_trade(X, at(A, 1));
  events.add_trade(X, at(B, 2));
  events.add_trade(Y, at(A, 3));
  events.add_bar_line(Y, line_at(A, 1, 1));
  events.add_trade(Y, at(A, 4));
  ASSERT_EQ(events.runs().size(), 4u);
  EXPECT_EQ(events.runs()[0].count, 2u);
  EXPECT_EQ(events.runs()[0].source, X);
  EXPECT_EQ(events.runs()[1].count, 1u);
  EXPECT_EQ(events.runs()[1].source, Y);
  EXPECT_EQ(events.runs()[2].kind, EventKind::bar_lines);
  EXPECT_EQ(events.runs()[3].kind, EventKind::trades);
  EXPECT_EQ(events.size(), 5u);
}

TEST(EventBatch, ClearLeavesNothing) {
  EventBatch events;
  EXPECT_TRUE(events.empty());
  events.add_symbol("A");
  events.add_source_start({X, "label"});
  events.add_trade(X, at(A, 1));
  events.add_bar_line(X, line_at(A, 1, 1));
  events.add_source_label({X, "other"});
  events.add_source_end({X, 1});
  events.add_tail_position({});
  events.add_tick({});
  events.add_write_open();
  EXPECT_EQ(events.runs().size(), 9u);
  events.clear();
  EXPECT_TRUE(events.empty());
  EXPECT_EQ(events.size(), 0u);
  events.add_trade(Y, at(B, 9));
  ASSERT_EQ(events.runs().size(), 1u);
  ASSERT_EQ(events.trades().size(), 1u);
  EXPECT_EQ(events.trades()[0].symbol, B);
}

class CoreTest : public ::testing::Test {
 protected:
  // Applies what was added to `events` and gives the writes.
  Texts apply() {
    effects.clear();
    core.apply(events, 1, effects);
    events.clear();
    return texts_of(effects.writes);
  }
  void start(SourceId source, std::string label = "") { events.add_source_start({source, std::move(label)}); }

  Core core;
  EventBatch events;
  EffectBatch effects;
};

TEST_F(CoreTest, EventsAreAppliedInTheirOrderAcrossKinds) {
  start(X);
  events.add_trade(X, at(A, 10000, 1));
  events.add_bar_line(X, line_at(A, 10, 5));  // the trade before it is in, the trade after it is late
  events.add_trade(X, at(A, 10500, 2));
  events.add_trade(X, at(A, 11000, 3));
  events.add_write_open();
  events.add_trade(X, at(A, 11001, 4));
  events.add_source_end({X, 12000});
  EXPECT_EQ(apply(), (Texts{"0@10 1 1 1 1 v1 n1", "0@10 5 5 5 5 v1 n1 line", "0@10 2 2 2 2 v1 n1",
                            "0@11 3 3 3 3 v1 n1", "0@11 4 4 4 4 v1 n1"}));
  EXPECT_EQ(core.counts().late_trades, 1u);
  EXPECT_EQ(core.counts().seconds_closed, 2u);
}

TEST_F(CoreTest, EachRunFeedsItsOwnSource) {
  start(X);
  start(Y);
  events.add_trade(X, at(A, 10000, 1));
  events.add_trade(Y, at(A, 10001, 2));
  events.add_trade(X, at(B, 11000, 3));  // X leaves, Y does not
  EXPECT_EQ(apply(), Texts{});
  events.add_trade(Y, at(B, 11000, 4));
  EXPECT_EQ(apply(), Texts{"0@10 1 2 1 2 v2 n2"});
}

TEST_F(CoreTest, SecondsStayOpenFromBatchToBatch) {
  start(X);
  events.add_trade(X, at(A, 10000, 1));
  EXPECT_EQ(apply(), Texts{});
  events.add_trade(X, at(A, 10500, 2));
  EXPECT_EQ(apply(), Texts{});
  events.add_tick({11000, 11000, false, {}});
  EXPECT_EQ(apply(), Texts{});
  events.add_tick({12000, 12000, false, {}});
  EXPECT_EQ(apply(), Texts{"0@10 1 2 1 2 v2 n2"});
}

TEST_F(CoreTest, EffectsAreAddedToThoseThatAreThere) {
  start(X);
  events.add_bar_line(X, line_at(A, 10, 5));
  apply();
  events.add_bar_line(X, line_at(A, 11, 6));
  core.apply(events, 1, effects);
  EXPECT_EQ(texts_of(effects.writes), (Texts{"0@10 5 5 5 5 v1 n1 line", "0@11 6 6 6 6 v1 n1 line"}));
}

TEST_F(CoreTest, TheSameEffectBatchMayChangeBetweenCalls) {
  start(X);
  events.add_trade(X, at(A, 10000, 1));
  apply();
  EffectBatch other;
  events.add_trade(X, at(A, 11000, 2));
  core.apply(events, 1, other);
  EXPECT_EQ(texts_of(other.writes), Texts{"0@10 1 1 1 1 v1 n1"});
  EXPECT_TRUE(effects.writes.empty());
}

TEST_F(CoreTest, LabelsAreNumberedFromOneAndAnnouncedOnce) {
  start(X, "one");
  start(Y, "two");
  start(9, "one");
  start(10);
  events.add_source_label({Y, "three"});
  for (SourceId source : {X, Y, SourceId{9}, SourceId{10}}) events.add_bar_line(source, line_at(A, 10, 5));
  EXPECT_EQ(apply(), (Texts{"0@10 5 5 5 5 v1 n1 line L1", "0@10 5 5 5 5 v1 n1 line L3",
                            "0@10 5 5 5 5 v1 n1 line L1", "0@10 5 5 5 5 v1 n1 line"}));
  EXPECT_EQ(effects.new_labels, (std::vector<std::string>{"one", "two", "three"}));
  events.add_source_label({X, "two"});
  events.add_source_label({Y, ""});
  events.add_bar_line(X, line_at(A, 11, 5));
  events.add_bar_line(Y, line_at(A, 11, 5));
  EXPECT_EQ(apply(), (Texts{"0@11 5 5 5 5 v1 n1 line L2", "0@11 5 5 5 5 v1 n1 line"}));
  EXPECT_TRUE(effects.new_labels.empty());
}

TEST_F(CoreTest, SymbolNamesPassThroughInOrder) {
  events.add_symbol("ES");
  events.add_symbol("BTCUSDT");
  EXPECT_EQ(apply(), Texts{});
  EXPECT_EQ(effects.new_symbols, (std::vector<std::string>{"ES", "BTCUSDT"}));
  EXPECT_EQ(core.symbols(), effects.new_symbols);
  EXPECT_FALSE(effects.empty());
}

TEST_F(CoreTest, TheNewestPositionOfEachFileIsRemembered) {
  TailPosition position;
  position.path = "a.ndjson";
  position.inode = 1;
  position.offset = 5;
  events.add_tail_position(position);
  position.inode = 2;
  events.add_tail_position(position);
  position.inode = 1;
  position.path = "a.ndjson.1";
  position.offset = 9;
  position.finished = true;
  events.add_tail_position(position);
  EXPECT_EQ(apply(), Texts{});
  const auto& positions = core.tail_ledger().positions();
  ASSERT_EQ(positions.size(), 2u);
  EXPECT_EQ(positions[0].inode, 2u);
  EXPECT_EQ(positions[0].offset, 5u);
  EXPECT_EQ(positions[1].path, "a.ndjson.1");
  EXPECT_EQ(positions[1].offset, 9u);
  EXPECT_TRUE(positions[1].finished);
  EXPECT_TRUE(effects.empty());
}

TEST_F(CoreTest, NoEventsNoEffects) {
  EXPECT_EQ(apply(), Texts{});
  EXPECT_TRUE(effects.empty());
}

// The journal may hold the same events in other batches than those in which they were first applied.
TEST(CoreReplay, HowEventsAreBatchedChangesNoEffect) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    std::mt19937_64 random(seed);
    Core large;
    Core small;
    EffectBatch large_effects;
    EffectBatch small_effects;
    EventBatch all;
    EventBatch part;
    const auto add = [&](auto method, auto... arguments) {
      (all.*method)(arguments...);
      (part.*method)(arguments...);
      if (random() % 4 == 0) {
        small.apply(part, 1, small_effects);
        part.clear();
      }
    };
    add(&EventBatch::add_source_start, SourceStart{X, "x"});
    add(&EventBatch::add_source_start, SourceStart{Y, ""});
    UnixMillis now_ms = 100000;
    for (int step = 0; step < 300; ++step) {
      now_ms += static_cast<UnixMillis>(random() % 200);
      const SourceId source = random() % 2 == 0 ? X : Y;
      const auto symbol = static_cast<SymbolId>(random() % 3);
      const UnixMillis event_time_ms = now_ms - static_cast<UnixMillis>(random() % 3000);
      switch (random() % 20) {
        case 0: add(&EventBatch::add_tick, Tick{now_ms, now_ms, false, {}}); break;
        case 1: add(&EventBatch::add_write_open); break;
        case 2: add(&EventBatch::add_bar_line, source, line_at(symbol, second_of(event_time_ms), 3)); break;
        case 3: add(&EventBatch::add_source_label, SourceLabel{source, std::to_string(random() % 5)}); break;
        default: add(&EventBatch::add_trade, source, at(symbol, event_time_ms, static_cast<double>(random() % 9)));
      }
    }
    large.apply(all, 1, large_effects);
    small.apply(part, 1, small_effects);
    ASSERT_EQ(texts_of(small_effects.writes), texts_of(large_effects.writes)) << "seed " << seed;
    ASSERT_EQ(small_effects.new_labels, large_effects.new_labels) << "seed " << seed;
    ASSERT_GT(large_effects.writes.size(), 20u);
  }
}

TEST(EffectBatch, BytesGrowWithWhatIsInIt) {
  EffectBatch effects;
  const std::size_t empty = effects.bytes();
  effects.writes.resize(100);
  EXPECT_GE(effects.bytes(), empty + 100 * sizeof(BarWrite));
  effects.clear();
  EXPECT_EQ(effects.bytes(), empty);
  EXPECT_TRUE(effects.empty());
}

}  // namespace
}  // namespace streamd
