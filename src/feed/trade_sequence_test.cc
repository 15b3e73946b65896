#include "feed/trade_sequence.h"

#include <gtest/gtest.h>

#include <initializer_list>

namespace streamd::feed {
namespace {

using Ids = std::vector<std::uint64_t>;

AggTrade trade(std::uint64_t id) { return {id, static_cast<std::int64_t>(id) * 10, std::to_string(id), "1"}; }

class Sequence {
 public:
  explicit Sequence(std::optional<std::uint64_t> last_id = std::nullopt, std::size_t max_waiting = 100)
      : sequence_(last_id, max_waiting) {}

  Ids live(std::initializer_list<std::uint64_t> ids) {
    std::vector<AggTrade> out;
    for (const std::uint64_t id : ids) sequence_.live(trade(id), out);
    return ids_of(out);
  }
  Ids filled(std::uint64_t from, std::initializer_list<std::uint64_t> ids, Page page = Page::last) {
    std::vector<AggTrade> out;
    std::vector<AggTrade> answer;
    for (const std::uint64_t id : ids) answer.push_back(trade(id));
    absent_ = sequence_.filled(from, std::move(answer), page, out);
    return ids_of(out);
  }
  Ids give_up() {
    std::vector<AggTrade> out;
    lost_ = sequence_.give_up(out);
    return ids_of(out);
  }
  TradeSequence* operator->() { return &sequence_; }
  const std::vector<IdRange>& absent() const { return absent_; }
  const std::optional<LostTrades>& lost() const { return lost_; }

 private:
  static Ids ids_of(const std::vector<AggTrade>& trades) {
    Ids ids;
    for (const AggTrade& each : trades) {
      EXPECT_EQ(each.price, std::to_string(each.id));
      ids.push_back(each.id);
    }
    return ids;
  }

  TradeSequence sequence_;
  std::vector<IdRange> absent_;
  std::optional<LostTrades> lost_;
};

TEST(TradeSequence, BeginsWithTheFirstLiveTrade) {
  Sequence sequence;
  EXPECT_EQ(sequence->last_id(), std::nullopt);
  sequence->may_have_missed();
  EXPECT_EQ(sequence->hole(), std::nullopt) << "nothing to go on from";
  EXPECT_EQ(sequence.live({100, 101, 99}), (Ids{100, 101})) << "99 came before the beginning";
  EXPECT_EQ(sequence->last_id(), 101u);
  EXPECT_EQ(sequence->hole(), std::nullopt);
}

TEST(TradeSequence, BeginsWithIdZero) {
  Sequence sequence;
  EXPECT_EQ(sequence.live({0, 1}), (Ids{0, 1}));
  EXPECT_EQ(sequence->last_id(), 1u);
}

TEST(TradeSequence, GoesOnBehindTheLastIdOfAnEarlierRun) {
  Sequence sequence(41);
  EXPECT_EQ(sequence->hole(), std::nullopt);
  EXPECT_EQ(sequence.live({44, 45}), Ids{});
  EXPECT_EQ(sequence->hole(), (Hole{42, 43}));
  EXPECT_EQ(sequence.filled(42, {42, 43}), (Ids{42, 43, 44, 45}));
  EXPECT_EQ(sequence->hole(), std::nullopt);
  EXPECT_EQ(sequence.live({41, 42, 46}), Ids{46});
}

TEST(TradeSequence, RepeatsAndReorderingAreHarmless) {
  Sequence sequence(0);
  EXPECT_EQ(sequence.live({1, 1, 3, 3, 2, 2, 1, 5, 4}), (Ids{1, 2, 3, 4, 5}));
  EXPECT_EQ(sequence->repeats(), 4u);
}

TEST(TradeSequence, TwoConnectionsDeliverTheSame) {
  Sequence sequence(0);
  EXPECT_EQ(sequence.live({1, 2, 4, 1, 2, 3, 4, 5, 5}), (Ids{1, 2, 3, 4, 5}));
  EXPECT_EQ(sequence->hole(), std::nullopt);
}

TEST(TradeSequence, RestLagsBehindTheStream) {
  Sequence sequence(0);
  sequence.live({5, 6});
  EXPECT_EQ(sequence.filled(1, {}), Ids{});
  EXPECT_EQ(sequence->hole(), (Hole{1, 4}));
  EXPECT_EQ(sequence.filled(1, {1, 2}), (Ids{1, 2}));
  EXPECT_EQ(sequence->hole(), (Hole{3, 4}));
  EXPECT_EQ(sequence.filled(3, {3, 4, 5}), (Ids{3, 4, 5, 6}));
  EXPECT_TRUE(sequence.absent().empty());
}

TEST(TradeSequence, RestMayBeAheadOfTheStream) {
  Sequence sequence(0);
  sequence.live({3});
  EXPECT_EQ(sequence.filled(1, {1, 2, 3, 4, 5}), (Ids{1, 2, 3, 4, 5}));
  EXPECT_EQ(sequence.live({4, 5, 6}), Ids{6});
  EXPECT_EQ(sequence->hole(), std::nullopt);
}

TEST(TradeSequence, AnAnswerMayBeOutOfDateOrOutOfOrder) {
  Sequence sequence(0);
  sequence.live({3});
  sequence.live({1, 2, 6});
  EXPECT_EQ(sequence.filled(1, {2, 1, 3, 4}), Ids{4});
  EXPECT_EQ(sequence->hole(), (Hole{5, 5}));
  EXPECT_EQ(sequence.filled(9, {9}), Ids{}) << "nobody asked for it";
  EXPECT_EQ(sequence->hole(), (Hole{5, 5}));
}

TEST(TradeSequence, IdsThatTheExchangeDoesNotHaveAreReported) {
  Sequence sequence(0);
  sequence.live({5, 8});
  EXPECT_EQ(sequence.filled(1, {2, 5, 9}), (Ids{2, 5, 8, 9})) << "8 came live";
  EXPECT_EQ(sequence.absent(), (std::vector<IdRange>{{1, 1}, {3, 4}, {6, 7}}));
  EXPECT_EQ(sequence->hole(), std::nullopt);
}

TEST(TradeSequence, GivesUpAHoleAndGoesOnBehindIt) {
  Sequence sequence(0);
  sequence.live({1, 4, 5, 8});
  EXPECT_EQ(sequence.give_up(), (Ids{4, 5}));
  EXPECT_EQ(sequence.lost()->ids, (IdRange{2, 3}));
  EXPECT_EQ(sequence.lost()->after_ms, 10);
  EXPECT_EQ(sequence.lost()->before_ms, 40);
  EXPECT_EQ(sequence->hole(), (Hole{6, 7}));
  EXPECT_EQ(sequence.live({2, 3}), Ids{}) << "what was given up does not come any more";
  sequence.give_up();
  EXPECT_EQ(sequence.give_up(), Ids{});
  EXPECT_FALSE(sequence.lost());
}

TEST(TradeSequence, NothingIsKnownBeforeTheFirstTradeOfARun) {
  Sequence sequence(4);
  sequence.live({7});
  EXPECT_EQ(sequence.give_up(), Ids{7});
  EXPECT_EQ(sequence.lost()->after_ms, std::nullopt);
}

TEST(TradeSequence, TheNewestOfTooManyWaitingOnesAreAskedForLater) {
  Sequence sequence(0, 3);
  sequence.live({5, 7, 9, 8, 10, 6});
  EXPECT_EQ(sequence->waiting(), 3u);
  EXPECT_EQ(sequence->postponed(), 3u);
  EXPECT_EQ(sequence->hole(), (Hole{1, 4}));
  EXPECT_EQ(sequence.filled(1, {1, 2, 3, 4}), (Ids{1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(sequence->hole(), (Hole{8, 10}));
  EXPECT_EQ(sequence.live({12}), Ids{});
  EXPECT_EQ(sequence->hole(), (Hole{8, 11}));
  EXPECT_EQ(sequence.filled(8, {8, 9, 10, 11}), (Ids{8, 9, 10, 11, 12}));
}

TEST(TradeSequence, WithoutRoomToWaitAllComesFromRest) {
  Sequence sequence(0, 0);
  EXPECT_EQ(sequence.live({2, 3}), Ids{});
  EXPECT_EQ(sequence->hole(), (Hole{1, 3}));
  EXPECT_EQ(sequence.filled(1, {1, 2}, Page::full), (Ids{1, 2}));
  EXPECT_EQ(sequence.live({3}), Ids{3});
  EXPECT_EQ(sequence->hole(), std::nullopt);
}

TEST(TradeSequence, GivesUpWhatFoundNoRoomToWait) {
  Sequence sequence(0, 1);
  sequence.live({1, 3, 4, 5});
  EXPECT_EQ(sequence.give_up(), Ids{3});
  EXPECT_EQ(sequence.lost()->ids, (IdRange{2, 2}));
  EXPECT_EQ(sequence.give_up(), Ids{});
  EXPECT_EQ(sequence.lost()->ids, (IdRange{4, 5}));
  EXPECT_EQ(sequence.lost()->after_ms, 30);
  EXPECT_EQ(sequence.live({6}), Ids{6});
}

TEST(TradeSequence, WhatIsPostponedIsAHole) {
  Sequence sequence;
  sequence->postpone(trade(100));
  sequence->postpone(trade(103));
  sequence->postpone(trade(102));
  EXPECT_EQ(sequence->hole(), (Hole{100, 103})) << "it begins with the first one, kept or not";
  EXPECT_EQ(sequence.live({104, 106}), Ids{});
  EXPECT_EQ(sequence.filled(100, {100, 101, 102, 103}), (Ids{100, 101, 102, 103, 104}));
  sequence->postpone(trade(103));
  sequence->postpone(trade(107));
  EXPECT_EQ(sequence->postponed(), 4);
  EXPECT_EQ(sequence->repeats(), 1);
  EXPECT_EQ(sequence.filled(105, {105}), (Ids{105, 106}));
  EXPECT_EQ(sequence->hole(), (Hole{107, 107}));
}

TEST(TradeSequence, AfterALostConnectionRestTellsWhetherSomethingWasMissed) {
  Sequence sequence(0);
  sequence.live({1});
  sequence->may_have_missed();
  EXPECT_EQ(sequence->hole(), (Hole{2, std::nullopt}));
  sequence->asked();
  EXPECT_EQ(sequence.filled(2, {2, 3}, Page::full), (Ids{2, 3}));
  EXPECT_EQ(sequence->hole(), (Hole{4, std::nullopt})) << "there may be more";
  sequence->asked();
  EXPECT_EQ(sequence.filled(4, {4}), Ids{4});
  EXPECT_EQ(sequence->hole(), std::nullopt);
}

TEST(TradeSequence, AfterALostConnectionALiveTradeTellsWhetherSomethingWasMissed) {
  Sequence sequence(0);
  sequence.live({1});
  sequence->may_have_missed();
  EXPECT_EQ(sequence.live({1}), Ids{});
  EXPECT_EQ(sequence->hole(), (Hole{2, std::nullopt})) << "a repeat tells nothing";
  EXPECT_EQ(sequence.live({3}), Ids{});
  EXPECT_EQ(sequence->hole(), (Hole{2, 2}));
  EXPECT_EQ(sequence.filled(2, {2}), (Ids{2, 3}));
  EXPECT_EQ(sequence->hole(), std::nullopt);
}

TEST(TradeSequence, AnAnswerFromBeforeTheDoubtDoesNotEndIt) {
  Sequence sequence(0);
  sequence.live({1, 3});
  sequence->asked();
  sequence->may_have_missed();
  EXPECT_EQ(sequence.filled(2, {2, 3}), (Ids{2, 3}));
  EXPECT_EQ(sequence->hole(), (Hole{4, std::nullopt}));
  sequence->asked();
  sequence.filled(4, {});
  EXPECT_EQ(sequence->hole(), std::nullopt);
}

TEST(TradeSequence, AnAnswerToAnEarlierDoubtDoesNotEndALaterOne) {
  Sequence sequence(0);
  sequence->may_have_missed();
  sequence->asked();
  sequence->may_have_missed();
  sequence.filled(1, {});
  EXPECT_EQ(sequence->hole(), (Hole{1, std::nullopt}));
}

TEST(TradeSequence, NothingIsLostWhenADoubtIsGivenUp) {
  Sequence sequence(0);
  sequence->may_have_missed();
  EXPECT_EQ(sequence.give_up(), Ids{});
  EXPECT_FALSE(sequence.lost());
  EXPECT_EQ(sequence->hole(), std::nullopt);
  EXPECT_EQ(sequence.live({2}), Ids{});
  EXPECT_EQ(sequence->hole(), (Hole{1, 1})) << "the next trade tells";
}

}  // namespace
}  // namespace streamd::feed
