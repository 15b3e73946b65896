// A model exchange with its full list of trades, streams that drop, repeat and reorder, connections that are lost or
// overlap, a REST that lags, fails and refuses, and times without room: what GapFiller emits is the list, in order, each trade once, minus
// exactly what it reported as given up. From seeds.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <variant>

#include "feed/gap_filler.h"

namespace streamd::feed {
namespace {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }
  ElapsedMillis ms(ElapsedMillis bound) { return static_cast<ElapsedMillis>(below(static_cast<std::uint64_t>(bound))); }
  bool chance(double share) { return static_cast<double>(engine_() >> 11) * 0x1p-53 < share; }

 private:
  std::mt19937_64 engine_;
};

struct Listed {
  AggTrade trade;
  ElapsedMillis in_rest_ms;
};

// How badly one play goes.
struct Weather {
  explicit Weather(Random& random)
      : is_clear(random.chance(0.3)), repeat(random.chance(0.5) ? 0.1 : 0), delay_ms(random.chance(0.7) ? 80 : 1),
        skip(random.chance(0.3) ? 0.05 : 0), lose(random.chance(0.7) ? 0.001 : 0),
        rotate(random.chance(0.5) ? 0.001 : 0), hold(random.chance(0.4) ? 0.0003 : 0) {
    if (is_clear) return;
    if (random.chance(0.5)) drop = random.chance(0.3) ? 0.3 : 0.01;
    if (random.chance(0.6)) lag_ms = 3000;
    if (random.chance(0.5)) fail = 0.3;
    if (random.chance(0.5)) cut = 0.2;
    if (random.chance(0.3)) refuse = 0.0005;
    if (random.chance(0.2)) outage = 0.0002;
  }

  bool is_clear;  // connections are lost, and that is all: nothing is missed that nobody could know of
  double repeat;
  ElapsedMillis delay_ms;
  double skip;  // ids that no trade gets
  double lose, rotate;
  double hold;  // what is emitted finds no room for a time
  double drop = 0;
  ElapsedMillis lag_ms = 1;
  double fail = 0, cut = 0;
  double refuse = 0, outage = 0;  // a symbol, or all, for long
};

class Play {
 public:
  explicit Play(unsigned seed)
      : random_(seed), weather_(random_), max_waiting_(1 + random_.below(random_.chance(0.5) ? 200 : 10)),
        lists_(1 + random_.below(5)), emitted_(lists_.size()), lost_(lists_.size()), absent_(lists_.size()),
        refused_until_ms_(lists_.size()), request_under_way_(lists_.size()) {
    limits_.page = 1 + random_.below(20);
    limits_.max_under_way = 1 + random_.below(4);
    limits_.give_up_ms = 4000;
    if (random_.chance(0.5)) limits_.tail_delay_ms = random_.ms(100);
    if (random_.chance(0.5)) limits_.settle_ms = random_.ms(10);
    std::vector<std::optional<std::uint64_t>> last_ids;
    for (std::size_t symbol = 0; symbol < lists_.size(); ++symbol) {
      next_id_.push_back(random_.below(2) * random_.below(1'000'000));
      for (std::uint64_t i = random_.below(50); i > 0; --i) trade(symbol, false);
      const std::vector<Listed>& list = lists_[symbol];
      const bool goes_on = !list.empty() && random_.chance(0.6);
      last_ids.push_back(goes_on ? std::optional(list[random_.below(list.size())].trade.id) : std::nullopt);
      first_.push_back(last_ids.back() ? std::optional(*last_ids.back() + 1) : std::nullopt);
    }
    filler_.emplace(last_ids, max_waiting_, limits_, seed);
  }

  void run() {
    connect();
    for (; now_ms_ < 40'000; ++now_ms_) {
      market();
      connections();
      room();
      step();
    }
    flutter();
    quiet();
    check();
  }

  const GapCounts& counts() const { return filler_->counts(); }
  std::uint64_t holds() const { return holds_; }
  std::uint64_t postponed() const {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < lists_.size(); ++i) sum += filler_->sequence(i).postponed();
    return sum;
  }
  std::uint64_t trades() const {
    std::uint64_t sum = 0;
    for (const auto& each : emitted_) sum += each.size();
    return sum;
  }

 private:
  struct LiveTrade {
    int connection;
    std::size_t symbol;
    AggTrade trade;
  };
  struct Answer {
    TradeRequest request;
    std::vector<AggTrade> page;
  };
  using Event = std::variant<LiveTrade, TradeRequest, Answer>;  // what arrives, a request at the exchange

  void trade(std::size_t symbol, bool is_live) {
    std::uint64_t& id = next_id_[symbol];
    if (random_.chance(weather_.skip)) id += 1 + random_.below(5);
    const AggTrade trade{id++, now_ms_, fmt::format("{}.{}", symbol, id), fmt::format("{}", random_.below(100))};
    std::vector<Listed>& list = lists_[symbol];
    const ElapsedMillis after_ms = list.empty() ? 0 : list.back().in_rest_ms;  // REST leaves nothing out
    list.push_back({trade, is_live ? std::max(after_ms, now_ms_ + random_.ms(weather_.lag_ms)) : now_ms_});
    if (!is_live) return;
    for (const int connection : open_) {
      if (random_.chance(weather_.drop)) continue;
      do {
        events_.emplace(now_ms_ + 1 + random_.ms(weather_.delay_ms), LiveTrade{connection, symbol, trade});
      } while (random_.chance(weather_.repeat));
    }
  }

  void market() {
    if (now_ms_ % 1000 == 0) busy_ = random_.below(lists_.size());
    if (random_.chance(0.05)) trade(random_.chance(0.7) ? busy_ : random_.below(lists_.size()), true);
    if (random_.chance(0.0002)) {  // a burst
      for (int i = 0; i < 100; ++i) trade(busy_, true);
    }
    if (random_.chance(weather_.refuse)) refused_until_ms_[random_.below(lists_.size())] = now_ms_ + 8000;
    if (random_.chance(weather_.outage)) outage_until_ms_ = now_ms_ + 12'000;
  }

  void connect() {
    const bool was_interrupted = open_.empty();
    open_.push_back(++last_connection_);
    opened_ms_ = now_ms_;
    if (was_interrupted) doubt();
  }

  void doubt() {
    for (std::size_t i = 0; i < lists_.size(); ++i) filler_->may_have_missed(i, now_ms_);
  }

  void connections() {
    const bool overlapped = now_ms_ - opened_ms_ > weather_.delay_ms;
    if (open_.empty()) {
      if (random_.chance(0.002)) connect();
    } else if (random_.chance(weather_.lose)) {
      open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(random_.below(open_.size())));
      if (!overlapped && !open_.empty()) doubt();
    } else if (open_.size() == 1 && random_.chance(weather_.rotate)) {
      connect();
    } else if (open_.size() == 2 && overlapped && random_.chance(0.005)) {
      open_.erase(open_.begin());
    }
  }

  // Of those who take what is emitted.
  void room() {
    if (!random_.chance(is_held_ ? 0.0005 : weather_.hold)) return;
    is_held_ = !is_held_;
    if (is_held_) ++holds_;
    if (!is_held_) filler_->go_on(now_ms_);
  }

  void arrive(const LiveTrade& live) {
    if (std::find(open_.begin(), open_.end(), live.connection) == open_.end()) return;
    if (!first_[live.symbol]) first_[live.symbol] = live.trade.id;
    if (is_held_) {
      filler_->postpone(live.symbol, live.trade, now_ms_, out_);
    } else {
      filler_->live(live.symbol, live.trade, now_ms_, out_);
    }
    ASSERT_LE(filler_->sequence(live.symbol).waiting(), max_waiting_);
  }

  void arrive(const TradeRequest& request) {
    Answer answer{request, {}};
    std::size_t most = request.limit;
    if (random_.chance(weather_.cut)) most = random_.below(most);
    for (const Listed& listed : lists_[request.symbol]) {
      if (listed.trade.id < request.from) continue;
      if (listed.in_rest_ms > now_ms_ || answer.page.size() == most) break;
      answer.page.push_back(listed.trade);
    }
    events_.emplace(now_ms_ + 1 + random_.ms(200), std::move(answer));
  }

  void arrive(Answer& answer) {
    const TradeRequest& request = answer.request;
    request_under_way_[request.symbol] = false;
    if (now_ms_ < outage_until_ms_ || random_.chance(weather_.fail * 0.2)) {
      filler_->failed(request, RequestFailure::any, now_ms_, out_);
    } else if (now_ms_ < refused_until_ms_[request.symbol] || random_.chance(weather_.fail)) {
      filler_->failed(request, RequestFailure::this_one, now_ms_, out_);
    } else if (random_.chance(weather_.fail * 0.05)) {
      budget_.told_to_wait(429, 2, now_ms_);
      filler_->failed(request, RequestFailure::told_to_wait, now_ms_, out_);
    } else {
      filler_->answered(request, std::move(answer.page), now_ms_, out_);
    }
  }

  void step() {
    while (!events_.empty() && events_.begin()->first <= now_ms_) {
      Event event = std::move(events_.extract(events_.begin()).mapped());
      std::visit([this](auto& each) { arrive(each); }, event);
    }
    if (is_held_) return take_output();
    const bool is_due = filler_->wait_ms(budget_, now_ms_) == 0;
    bool has_asked = false;
    while (const std::optional<TradeRequest> request = filler_->next_request(budget_, now_ms_)) {
      has_asked = true;
      ASSERT_FALSE(request_under_way_[request->symbol]);
      request_under_way_[request->symbol] = true;
      ASSERT_LE(filler_->under_way(), limits_.max_under_way);
      events_.emplace(now_ms_ + 1 + random_.ms(200), *request);
    }
    ASSERT_EQ(is_due, has_asked) << "wait_ms()";
    take_output();
  }

  void take_output() {
    for (EmittedTrade& each : out_.trades) emitted_[each.symbol].push_back(std::move(each.trade));
    for (const GapReport& report : out_.reports) {
      ASSERT_LE(report.ids.from, report.ids.to);
      if (report.kind == GapReport::Kind::given_up) lost_[report.symbol].push_back(report);
      if (report.kind == GapReport::Kind::never_existed) absent_[report.symbol].push_back(report.ids);
    }
    out_ = {};
  }

  // Brief interruptions, one after the other: answers to what was asked before come behind them.
  void flutter() {
    for (const ElapsedMillis end_ms = now_ms_ + random_.ms(3000); now_ms_ < end_ms; ++now_ms_) {
      if (random_.chance(0.02)) trade(random_.below(lists_.size()), true);
      if (open_.empty() && random_.chance(0.02)) connect();
      if (!open_.empty() && random_.chance(0.02)) open_.clear();
      step();
    }
  }

  // Nothing happens any more, and the weather is fine: all that can come, comes.
  void quiet() {
    weather_.fail = weather_.cut = 0;
    if (std::exchange(is_held_, false)) filler_->go_on(now_ms_);
    outage_until_ms_ = 0;
    refused_until_ms_.assign(lists_.size(), 0);
    if (open_.empty()) connect();
    run_until_idle();
    for (std::size_t i = 0; i < lists_.size(); ++i) ASSERT_FALSE(filler_->sequence(i).hole()) << "forgotten";
    if (weather_.is_clear) return;
    now_ms_ += weather_.lag_ms;
    doubt();
    run_until_idle();
  }

  void run_until_idle() {
    const ElapsedMillis end_ms = now_ms_ + 1'000'000;
    while (!events_.empty() || filler_->wait_ms(budget_, now_ms_)) {
      ASSERT_LT(now_ms_, end_ms) << "it never ends";
      ++now_ms_;
      step();
      if (testing::Test::HasFatalFailure()) return;
    }
  }

  void check() {
    for (std::size_t symbol = 0; symbol < lists_.size(); ++symbol) {
      SCOPED_TRACE(fmt::format("symbol {}", symbol));
      EXPECT_FALSE(filler_->sequence(symbol).hole());
      std::size_t next = 0;
      std::size_t next_lost = 0;
      const std::vector<AggTrade>& emitted = emitted_[symbol];
      const std::vector<GapReport>& lost = lost_[symbol];
      EXPECT_TRUE(lost.empty() || !weather_.is_clear);
      for (const auto& [trade, in_rest_ms] : lists_[symbol]) {
        if (!first_[symbol] || trade.id < *first_[symbol]) continue;
        while (next_lost < lost.size() && lost[next_lost].ids.to < trade.id) ++next_lost;
        if (next_lost < lost.size() && lost[next_lost].ids.from <= trade.id) {
          EXPECT_LE(lost[next_lost].after_ms.value_or(0), trade.time_ms);
          EXPECT_GE(lost[next_lost].before_ms.value(), trade.time_ms);
          continue;
        }
        ASSERT_LT(next, emitted.size()) << "trade " << trade.id << " and all behind it are missing";
        ASSERT_EQ(emitted[next].id, trade.id);
        ASSERT_EQ(emitted[next].price, trade.price);
        ASSERT_EQ(emitted[next].quantity, trade.quantity);
        ++next;
      }
      EXPECT_EQ(next, emitted.size()) << "more than the exchange has";
      check_absent(symbol);
    }
  }

  void check_absent(std::size_t symbol) {
    for (const IdRange& ids : absent_[symbol]) {
      for (const Listed& listed : lists_[symbol]) {
        EXPECT_FALSE(ids.from <= listed.trade.id && listed.trade.id <= ids.to) << listed.trade.id << " does exist";
      }
    }
  }

  Random random_;
  Weather weather_;
  std::size_t max_waiting_;
  std::vector<std::vector<Listed>> lists_;
  std::vector<std::vector<AggTrade>> emitted_;
  std::vector<std::vector<GapReport>> lost_;
  std::vector<std::vector<IdRange>> absent_;
  std::vector<ElapsedMillis> refused_until_ms_;
  std::vector<bool> request_under_way_;
  std::vector<std::uint64_t> next_id_;
  std::vector<std::optional<std::uint64_t>> first_;  // the id with which each begins
  RequestLimits limits_;
  std::optional<GapFiller> filler_;
  WeightBudget budget_{100'000, 1};
  FeedOutput out_;
  ElapsedMillis now_ms_ = 1'000;
  ElapsedMillis opened_ms_ = 0;
  ElapsedMillis outage_until_ms_ = 0;
  std::size_t busy_ = 0;
  bool is_held_ = false;
  std::uint64_t holds_ = 0;
  std::vector<int> open_;  // connections
  int last_connection_ = 0;
  std::multimap<ElapsedMillis, Event> events_;
};

TEST(GapFillerProperty, WhatIsEmittedIsTheExchangesListMinusWhatIsReported) {
  GapCounts sum;
  std::uint64_t trades = 0;
  std::uint64_t postponed = 0;
  std::uint64_t holds = 0;
  constexpr unsigned kSeeds = 300;
  for (unsigned seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Play play(seed);
    play.run();
    if (HasFailure()) return;
    const GapCounts& counts = play.counts();
    EXPECT_EQ(counts.found, counts.filled + counts.given_up);
    sum.found += counts.found;
    sum.filled += counts.filled;
    sum.given_up += counts.given_up;
    sum.trades_filled += counts.trades_filled;
    sum.trades_lost += counts.trades_lost;
    sum.never_existed += counts.never_existed;
    sum.tails_asked += counts.tails_asked;
    trades += play.trades();
    postponed += play.postponed();
    holds += play.holds();
  }
  // Or the weather was too fine to prove anything.
  const std::string all = fmt::format(
      "{} trades, {} of REST, {} lost, {} ids never existed, {} postponed; {} gaps, {} filled, {} given up; {} tails",
      trades, sum.trades_filled, sum.trades_lost, sum.never_existed, postponed, sum.found, sum.filled, sum.given_up,
      sum.tails_asked);
  EXPECT_GT(sum.filled, 10 * kSeeds) << all;
  EXPECT_GT(sum.given_up, kSeeds / 2) << all;
  EXPECT_GT(sum.never_existed, kSeeds) << all;
  EXPECT_GT(sum.tails_asked, 2 * kSeeds) << all;
  EXPECT_GT(postponed, kSeeds) << all;
  EXPECT_GT(holds, kSeeds) << all;
}

}  // namespace
}  // namespace streamd::feed
