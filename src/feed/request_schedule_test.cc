#include "feed/request_schedule.h"

#include <gtest/gtest.h>

#include <map>

namespace streamd::feed {
namespace {

constexpr Hole kTail{1, std::nullopt};

class RequestScheduleTest : public testing::Test {
 protected:
  static RequestLimits limits() {
    RequestLimits limits;
    limits.settle_ms = 100;
    limits.tail_delay_ms = 1000;
    limits.give_up_ms = 30'000;
    return limits;
  }
  // Nobody but a request is waited for.
  std::optional<TradeRequest> wait_for_next(ElapsedMillis at_most_ms = 60'000) {
    const std::optional<ElapsedMillis> wait_ms = schedule_.wait_ms(budget_, now_ms_);
    if (!wait_ms || *wait_ms > at_most_ms) return std::nullopt;
    if (*wait_ms > 0) {
      EXPECT_FALSE(schedule_.next(budget_, now_ms_ + *wait_ms - 1));
    }
    now_ms_ += *wait_ms;
    std::optional<TradeRequest> request = schedule_.next(budget_, now_ms_);
    EXPECT_TRUE(request) << "wait_ms() said so";
    return request;
  }
  std::size_t next_symbol() {
    const std::optional<TradeRequest> request = wait_for_next();
    return request ? request->symbol : 999;
  }

  ElapsedMillis now_ms_ = 5000;
  WeightBudget budget_{1'000'000, 1};
  RequestSchedule schedule_{10, limits(), 1};
};

TEST_F(RequestScheduleTest, NothingIsWanted) {
  EXPECT_FALSE(schedule_.next(budget_, now_ms_));
  EXPECT_FALSE(schedule_.wait_ms(budget_, now_ms_));
}

TEST_F(RequestScheduleTest, AHoleIsAskedForOnceItHasSettled) {
  schedule_.wants(3, Hole{7, 9}, now_ms_);
  EXPECT_EQ(schedule_.wait_ms(budget_, now_ms_), 100);
  const std::optional<TradeRequest> request = wait_for_next();
  ASSERT_TRUE(request);
  EXPECT_EQ(request->symbol, 3u);
  EXPECT_EQ(request->from, 7u);
  EXPECT_EQ(request->limit, 1000u);
  EXPECT_FALSE(schedule_.next(budget_, now_ms_ + 100'000)) << "one a symbol under way";
}

TEST_F(RequestScheduleTest, WhatClosedByItselfIsNotAskedFor) {
  schedule_.wants(3, Hole{7, 9}, now_ms_);
  schedule_.wants(3, std::nullopt, now_ms_ + 50);
  EXPECT_FALSE(schedule_.wait_ms(budget_, now_ms_ + 50));
}

TEST_F(RequestScheduleTest, AsksFromWhereTheHoleBeginsNow) {
  schedule_.wants(3, Hole{7, 9}, now_ms_);
  schedule_.wants(3, Hole{8, 9}, now_ms_ + 50);
  schedule_.wants(3, Hole{8, 12}, now_ms_ + 100);
  const std::optional<TradeRequest> request = wait_for_next();
  ASSERT_TRUE(request);
  EXPECT_EQ(request->from, 8u);
  EXPECT_EQ(now_ms_, 5150);
}

TEST_F(RequestScheduleTest, WhoGotAPageGoesBehindTheOthers) {
  for (std::size_t symbol = 0; symbol < 3; ++symbol) schedule_.wants(symbol, Hole{1, 9000}, now_ms_);
  std::map<std::size_t, std::uint64_t> from;
  for (int i = 0; i < 9; ++i) {
    const std::size_t symbol = next_symbol();
    EXPECT_EQ(symbol, static_cast<std::size_t>(i % 3));
    schedule_.answered(symbol, Page::full, Hole{from[symbol] += 1000, 9000}, now_ms_);
  }
  EXPECT_EQ(now_ms_, 5100) << "at once";
}

TEST_F(RequestScheduleTest, FewAreUnderWay) {
  for (std::size_t symbol = 0; symbol < 10; ++symbol) schedule_.wants(symbol, Hole{1, 9}, now_ms_);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(wait_for_next());
  EXPECT_FALSE(schedule_.next(budget_, now_ms_));
  EXPECT_FALSE(schedule_.wait_ms(budget_, now_ms_)) << "an answer comes first";
  schedule_.answered(2, Page::last, std::nullopt, now_ms_);
  EXPECT_EQ(next_symbol(), 4u);
}

TEST_F(RequestScheduleTest, HolesWithAnEndComeFirst) {
  schedule_.wants(1, kTail, now_ms_);
  now_ms_ += 2000;
  schedule_.wants(2, Hole{1, 9}, now_ms_ - 100);
  EXPECT_EQ(next_symbol(), 2u);
  EXPECT_EQ(next_symbol(), 1u);
}

TEST_F(RequestScheduleTest, ALiveTradeEndsATail) {
  schedule_.wants(1, kTail, now_ms_);
  schedule_.wants(1, Hole{1, 4}, now_ms_ + 10);
  EXPECT_EQ(schedule_.wait_ms(budget_, now_ms_ + 10), 100);
  schedule_.wants(1, std::nullopt, now_ms_ + 20);
  EXPECT_FALSE(schedule_.wait_ms(budget_, now_ms_ + 20));
}

TEST_F(RequestScheduleTest, ComesAgainWithBackoffAndIsGivenUpAfterTheLimit) {
  schedule_.wants(1, Hole{1, 9}, now_ms_);
  int requests = 0;
  std::vector<std::size_t> given_up;
  while (given_up.empty()) {
    ASSERT_LT(++requests, 50);
    ASSERT_EQ(next_symbol(), 1u);
    schedule_.answered(1, Page::last, Hole{1, 9}, now_ms_);  // REST lags
    given_up = schedule_.take_given_up();
  }
  EXPECT_EQ(given_up, std::vector<std::size_t>{1});
  EXPECT_GE(now_ms_, 5000 + 30'000);
  EXPECT_LE(now_ms_, 5000 + 30'000 + Backoff::kMaxMs);
  EXPECT_GE(requests, 6);
  EXPECT_LE(requests, 15);
  EXPECT_FALSE(schedule_.wait_ms(budget_, now_ms_));
  schedule_.wants(1, Hole{12, 13}, now_ms_);
  EXPECT_EQ(next_symbol(), 1u) << "the next hole has its own time";
  schedule_.failed(1, RequestFailure::this_one, now_ms_);
  EXPECT_TRUE(schedule_.take_given_up().empty());
}

TEST_F(RequestScheduleTest, WhatTheExchangeRefusesIsGivenUpSooner) {
  schedule_.wants(1, Hole{1, 9}, now_ms_);
  std::vector<std::size_t> given_up;
  for (int requests = 0; given_up.empty(); given_up = schedule_.take_given_up()) {
    ASSERT_LT(++requests, 50);
    ASSERT_EQ(next_symbol(), 1u);
    schedule_.failed(1, RequestFailure::this_one, now_ms_);
  }
  EXPECT_EQ(given_up, std::vector<std::size_t>{1});
  EXPECT_GE(now_ms_, 5000 + RequestLimits{}.refused_ms);
  EXPECT_LE(now_ms_, 5000 + RequestLimits{}.refused_ms + Backoff::kMaxMs);
}

TEST_F(RequestScheduleTest, EachStepForwardGivesTimeAgain) {
  schedule_.wants(1, Hole{1, 99}, now_ms_);
  for (std::uint64_t from = 2; from < 30; ++from) {
    ASSERT_EQ(next_symbol(), 1u);
    now_ms_ += 20'000;
    schedule_.answered(1, Page::last, Hole{from, 99}, now_ms_);
    ASSERT_EQ(next_symbol(), 1u);
    schedule_.failed(1, RequestFailure::this_one, now_ms_);
    ASSERT_TRUE(schedule_.take_given_up().empty());
  }
}

TEST_F(RequestScheduleTest, ATailThatWasAnsweredAndIsThereAgainHasItsTimeAgain) {
  schedule_.wants(1, kTail, now_ms_);
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(next_symbol(), 1u);
    schedule_.answered(1, Page::last, kTail, now_ms_);  // doubted again meanwhile
    ASSERT_EQ(schedule_.wait_ms(budget_, now_ms_), 1000);
  }
  EXPECT_TRUE(schedule_.take_given_up().empty());
}

TEST_F(RequestScheduleTest, WhatIsNotAskedForIsNotGivenUp) {
  schedule_.wants(1, Hole{1, 9}, now_ms_);
  budget_.told_to_wait(418, 3 * 24 * 3600, now_ms_);
  EXPECT_EQ(schedule_.wait_ms(budget_, now_ms_), 3 * 24 * 3600 * 1000);
  now_ms_ += 3 * 24 * 3600 * 1000;
  ASSERT_EQ(next_symbol(), 1u);
  EXPECT_TRUE(schedule_.take_given_up().empty());
  schedule_.failed(1, RequestFailure::told_to_wait, now_ms_);
  EXPECT_TRUE(schedule_.take_given_up().empty()) << "that says nothing of the hole";
  EXPECT_EQ(next_symbol(), 1u);
}

TEST_F(RequestScheduleTest, ATimeInWhichNobodyAskedDoesNotCount) {
  schedule_.wants(1, Hole{1, 9}, now_ms_);
  ASSERT_EQ(next_symbol(), 1u);
  schedule_.failed(1, RequestFailure::this_one, now_ms_);
  now_ms_ += 24 * 3600 * 1000;
  schedule_.begin_anew(now_ms_);
  ASSERT_EQ(next_symbol(), 1u);
  schedule_.failed(1, RequestFailure::any, now_ms_);
  EXPECT_TRUE(schedule_.take_given_up().empty());
  EXPECT_EQ(next_symbol(), 1u);
}

TEST_F(RequestScheduleTest, WhenNobodyAnswersAllPause) {
  for (std::size_t symbol = 0; symbol < 10; ++symbol) schedule_.wants(symbol, Hole{1, 9}, now_ms_);
  int requests = 0;
  const ElapsedMillis begin_ms = now_ms_;
  std::vector<std::size_t> given_up;
  while (given_up.empty()) {
    std::vector<std::size_t> asked;
    while (asked.size() < 4) {
      const std::optional<TradeRequest> request = wait_for_next();
      ASSERT_TRUE(request);
      asked.push_back(request->symbol);
      ASSERT_LT(++requests, 200);
    }
    for (const std::size_t symbol : asked) {
      schedule_.failed(symbol, RequestFailure::any, now_ms_ + 50);
      for (const std::size_t each : schedule_.take_given_up()) given_up.push_back(each);
    }
    now_ms_ += 50;
  }
  EXPECT_GE(now_ms_, begin_ms + 30'000);
  EXPECT_LE(requests, 60) << "ten symbols together";
  EXPECT_EQ(given_up.size(), 10u) << "also those that were not asked for again";
}

TEST_F(RequestScheduleTest, AnAnswerEndsThePause) {
  schedule_.wants(1, Hole{1, 9}, now_ms_);
  schedule_.wants(2, Hole{1, 9}, now_ms_);
  schedule_.wants(3, Hole{1, 9}, now_ms_);
  ASSERT_EQ(next_symbol(), 1u);
  ASSERT_EQ(next_symbol(), 2u);
  schedule_.failed(1, RequestFailure::any, now_ms_);
  EXPECT_FALSE(schedule_.next(budget_, now_ms_));
  schedule_.answered(2, Page::last, std::nullopt, now_ms_);
  EXPECT_EQ(schedule_.next(budget_, now_ms_)->symbol, 3u);
}

TEST_F(RequestScheduleTest, StaysWithinTheBudget) {
  WeightBudget small(40, 1);
  for (std::size_t symbol = 0; symbol < 10; ++symbol) schedule_.wants(symbol, Hole{1, 100'000}, now_ms_);
  now_ms_ += 100;
  std::uint64_t from = 1;
  int requests = 0;
  while (const std::optional<TradeRequest> request = schedule_.next(small, now_ms_)) {
    schedule_.answered(request->symbol, Page::full, Hole{++from, 100'000}, now_ms_);
    ++requests;
  }
  EXPECT_EQ(requests, 10);
  EXPECT_GE(schedule_.wait_ms(small, now_ms_), 60'000);
}

}  // namespace
}  // namespace streamd::feed
