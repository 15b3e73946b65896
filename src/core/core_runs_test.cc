// What a run start means for sources: the core knows what is a connection, a tail or a producer.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/core.h"
#include "support/aggregator_bench.h"

namespace streamd {
namespace {

const Texts kNothing = {};

class CoreRunsTest : public ::testing::Test {
 protected:
  static constexpr SourceId kConnection = 1;
  static constexpr SourceId kTail = 2;
  static constexpr SourceId kProducer = 3;

  CoreRunsTest() {
    events.add_source_start({kConnection});
    events.add_source_start({kTail, "", "raw.ndjson"});
    events.add_producer_start({kProducer, "feed", "", "", 0});
    for (const SourceId source : {kConnection, kTail, kProducer}) {
      events.add_trade(source, {10'000, static_cast<double>(source), 1, source});
    }
    EXPECT_EQ(apply(), kNothing);
  }
  Texts apply() {
    EffectBatch effects;
    core.apply(events, 1, effects);
    events.clear();
    return texts_of(effects.writes);
  }
  void begin_run(std::vector<SourceId> tails) { events.add_run_start({"run", "1", {}, 50'000, 0, std::move(tails)}); }
  void tick_at(ElapsedMillis elapsed_ms) { events.add_tick({60'000, elapsed_ms, false, {}}); }

  Core core;
  EventBatch events;
};

TEST_F(CoreRunsTest, ConnectionsAndTailsThatDoNotGoOnEnd) {
  begin_run({});
  EXPECT_EQ(apply(), (Texts{"1@10 1 1 1 1 v1 n1", "2@10 2 2 2 2 v1 n1"}));
  EXPECT_TRUE(core.tails().empty());
}

TEST_F(CoreRunsTest, ATailThatGoesOnKeepsItsSecondOpen) {
  begin_run({kTail});
  EXPECT_EQ(apply(), Texts{"1@10 1 1 1 1 v1 n1"});
  events.add_trade(kTail, {10'900, 9, 1, kTail});
  events.add_trade(kTail, {11'000, 1, 1, kTail});
  EXPECT_EQ(apply(), Texts{"2@10 2 9 2 9 v2 n2"});
}

TEST_F(CoreRunsTest, AProducerCountsAsDisconnectedFromTheStart) {
  begin_run({});
  apply();
  for (ElapsedMillis at = 100; at < 10'000; at += 100) tick_at(at);
  EXPECT_EQ(apply(), kNothing);
  tick_at(10'000);
  EXPECT_EQ(apply(), Texts{"3@10 3 3 3 3 v1 n1"});
}

TEST_F(CoreRunsTest, AProducerThatConnectsInTimeGoesOn) {
  begin_run({});
  apply();
  tick_at(9'900);
  events.add_producer_start({kProducer, "feed", "", "", 0});
  tick_at(10'000);
  events.add_trade(kProducer, {10'900, 9, 1, kProducer});
  events.add_trade(kProducer, {11'000, 1, 1, kProducer});
  EXPECT_EQ(apply(), Texts{"3@10 3 9 3 9 v2 n2"});
}

TEST_F(CoreRunsTest, TwoStartsInARowAreAsOne) {
  begin_run({kTail});
  begin_run({kTail});
  EXPECT_EQ(apply(), Texts{"1@10 1 1 1 1 v1 n1"});
  events.add_trade(kTail, {11'000, 1, 1, kTail});
  EXPECT_EQ(apply(), Texts{"2@10 2 2 2 2 v1 n1"});
}

}  // namespace
}  // namespace streamd
