// The aggregator against models too simple to be wrong, over seeded disorder.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "bars/second_aggregator.h"
#include "support/aggregator_bench.h"

namespace streamd {
namespace {

using Key = std::pair<SymbolId, Second>;

constexpr int kSources = 3;
constexpr int kSymbols = 3;

// Trades around a clock that moves on: mostly near it, some far behind, some ahead.
class RandomTrades {
 public:
  explicit RandomTrades(std::uint64_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
  UnixMillis now_ms() const { return now_ms_; }
  SourceId source() { return static_cast<SourceId>(below(kSources)); }
  SymbolId symbol() { return static_cast<SymbolId>(below(kSymbols)); }
  Trade trade() {
    now_ms_ += static_cast<UnixMillis>(below(300));
    const std::uint64_t reach = below(10) == 0 ? 20000 : below(2) == 0 ? 2000 : 100;
    const UnixMillis event_time_ms = std::max<UnixMillis>(0, now_ms_ - 50 - static_cast<UnixMillis>(below(reach)) +
                                                                 static_cast<UnixMillis>(below(reach) / 4));
    // Few prices: ties. Quantities whose sums are exact in any order.
    return {event_time_ms, static_cast<double>(below(9)) - 4, static_cast<double>(below(16)) / 8, symbol()};
  }

 private:
  std::mt19937_64 random_;
  UnixMillis now_ms_ = 100000;
};

// Row by row what the store ends up with.
struct Rows {
  struct Row {
    PartialBar trades;
    bool has_line = false;
    Ohlcv line;
  };
  std::map<Key, Row> rows;

  void add(const BarWrite& write) {
    Row& row = rows[{write.symbol, write.second}];
    if (write.origin == BarOrigin::line) {
      row.has_line = true;
      row.line = write.bar.values;
    } else {
      row.trades.merge(write.bar);
    }
  }
};

TEST(SecondAggregatorRandom, TheWritesOfEveryKeyGiveTheBarOfAllItsTrades) {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomTrades random(seed);
    std::vector<BarWrite> writes;
    SecondAggregator aggregator({.lateness_ms = static_cast<std::int64_t>(random.below(4)) * 700,
                                 .idle_close_ms = static_cast<ElapsedMillis>(random.below(3)) * 500},
                                writes);
    Rows expected;
    SourceId next_source = kSources;
    std::vector<SourceId> sources;
    for (SourceId source = 0; source < kSources; ++source) {
      sources.push_back(source);
      aggregator.start_source(source, kLiveLabel);
    }
    std::uint64_t sent = 0;
    for (int step = 0; step < 400; ++step) {
      SourceId& source = sources[random.source()];
      switch (random.below(40)) {
        case 0: aggregator.write_open_seconds(); break;
        case 1:
          aggregator.end_source(source, random.now_ms());
          source = next_source++;
          aggregator.start_source(source, kLiveLabel);
          break;
        case 2: {
          const Trade place = random.trade();
          const Second second = second_of(place.event_time_ms);
          const double price = place.price;
          const BarLine line{place.symbol, second, {price, price, price, price, 1, 1}};
          aggregator.add_bar_line(source, line);
          expected.rows[{line.symbol, second}].has_line = true;
          expected.rows[{line.symbol, second}].line = line.values;
          break;
        }
        case 3:
        case 4:
        case 5:
          aggregator.tick({random.now_ms(), random.now_ms(), random.below(10) == 0,
                           {{source, random.below(4) == 0, random.below(4) == 0}}});
          break;
        default: {
          std::vector<Trade> trades(1 + random.below(5));
          for (Trade& trade : trades) {
            trade = random.trade();
            const Second second = second_of(trade.event_time_ms);
            expected.rows[{trade.symbol, second}].trades.add(
                static_cast<std::uint16_t>(trade.event_time_ms - start_ms(second)), trade.price, trade.quantity);
          }
          aggregator.add_trades(source, trades.data(), trades.size());
          sent += trades.size();
        }
      }
    }
    const UnixMillis end = random.now_ms() + 100000;
    for (SourceId source : sources) aggregator.end_source(source, end);
    aggregator.tick({end, end, false, {}});  // for the sources that ended before the end of their seconds
    const std::size_t written = writes.size();
    aggregator.write_open_seconds();
    ASSERT_EQ(writes.size(), written) << "a second stayed open with nobody left to feed it";

    Rows actual;
    std::uint64_t written_trades = 0;
    for (const BarWrite& write : writes) {
      actual.add(write);
      if (write.origin == BarOrigin::trades) written_trades += static_cast<std::uint64_t>(write.bar.values.trades);
    }
    ASSERT_EQ(written_trades, sent);
    ASSERT_EQ(actual.rows.size(), expected.rows.size());
    for (const auto& [key, row] : expected.rows) {
      const Rows::Row& got = actual.rows[key];
      ASSERT_EQ(got.has_line, row.has_line) << key.first << "@" << key.second;
      ASSERT_EQ(got.line, row.line) << key.first << "@" << key.second;
      ASSERT_EQ(got.trades.values, row.trades.values) << key.first << "@" << key.second;
      ASSERT_EQ(got.trades.open_offset_ms, row.trades.open_offset_ms);
      ASSERT_EQ(got.trades.close_offset_ms, row.trades.close_offset_ms);
    }
  }
}

TEST(SecondAggregatorRandom, HowTradesAreBatchedChangesNothing) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    RandomTrades random(seed);
    AggregatorBench one_by_one;
    AggregatorBench batched;
    for (SourceId source = 0; source < kSources; ++source) {
      one_by_one.aggregator.start_source(source, source);
      batched.aggregator.start_source(source, source);
    }
    for (int step = 0; step < 100; ++step) {
      const SourceId source = random.source();
      std::vector<Trade> trades(random.below(20));
      for (Trade& trade : trades) trade = random.trade();
      batched.aggregator.add_trades(source, trades.data(), trades.size());
      for (const Trade& trade : trades) one_by_one.aggregator.add_trades(source, &trade, 1);
      ASSERT_EQ(batched.written(), one_by_one.written()) << "seed " << seed << ", step " << step;
    }
  }
}

// When a second closes, by the letter of docs/semantics.md and by looking at everything each time. Idleness is off.
class ClosingModel {
 public:
  explicit ClosingModel(std::int64_t lateness_ms) : lateness_ms_(lateness_ms) {}

  std::set<Key> trade(SourceId source, SymbolId symbol, UnixMillis event_time_ms) {
    std::set<Key> closed;
    const Second second = second_of(event_time_ms);
    UnixMillis& watermark = watermarks_[source];
    watermark = std::max(watermark, event_time_ms);
    for (auto& [key, open] : open_) {
      const auto feeder = open.find(source);
      if (feeder == open.end() || watermark < end_ms(key.second) + lateness_ms_) continue;
      const bool ahead = feeder->second;
      if (ahead || (key.first == symbol && key.second < second)) open.erase(feeder);
    }
    take_closed(closed);
    const Key key{symbol, second};
    if (open_.count(key) == 0 && last_closed_.count(symbol) != 0 && second <= last_closed_[symbol]) return closed;
    open_[key].try_emplace(source, watermark < end_ms(second) + lateness_ms_);
    return closed;
  }

  // A source is over, and so are all seconds by the wall clock.
  std::set<Key> end(SourceId source) {
    std::set<Key> closed;
    for (auto& [key, open] : open_) open.erase(source);
    take_closed(closed);
    watermarks_.erase(source);
    return closed;
  }

 private:
  void take_closed(std::set<Key>& closed) {
    for (auto it = open_.begin(); it != open_.end();) {
      if (!it->second.empty()) {
        ++it;
        continue;
      }
      const auto [last, is_new] = last_closed_.try_emplace(it->first.first, it->first.second);
      last->second = std::max(last->second, it->first.second);
      closed.insert(it->first);
      it = open_.erase(it);
    }
  }

  const std::int64_t lateness_ms_;
  std::map<SourceId, UnixMillis> watermarks_;
  std::map<Key, std::map<SourceId, bool>> open_;  // who feeds it, and whether ahead of its watermark
  std::map<SymbolId, Second> last_closed_;
};

TEST(SecondAggregatorRandom, SecondsCloseExactlyWhenTheRulesSay) {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    RandomTrades random(seed);
    const std::int64_t lateness_ms = static_cast<std::int64_t>(random.below(4)) * 900;
    std::vector<BarWrite> writes;
    SecondAggregator aggregator({.lateness_ms = lateness_ms, .idle_close_ms = 1'000'000'000}, writes);
    ClosingModel model(lateness_ms);
    std::set<Key> open;
    std::vector<SourceId> sources;
    for (SourceId source = 0; source < kSources; ++source) {
      sources.push_back(source);
      aggregator.start_source(source, kLiveLabel);
    }
    SourceId next_source = kSources;
    for (int step = 0; step < 500; ++step) {
      SourceId& source = sources[random.source()];
      const std::uint64_t closed_before = aggregator.counts().seconds_closed;
      const std::uint64_t late_before = aggregator.counts().late_trades;
      writes.clear();
      std::set<Key> expected;
      if (random.below(60) == 0) {
        aggregator.end_source(source, 1'000'000'000);
        expected = model.end(source);
        source = next_source++;
        aggregator.start_source(source, kLiveLabel);
      } else {
        const Trade trade = random.trade();
        aggregator.add_trades(source, &trade, 1);
        expected = model.trade(source, trade.symbol, trade.event_time_ms);
      }
      // A late trade's write comes last.
      if (aggregator.counts().late_trades != late_before) writes.pop_back();
      std::set<Key> closed;
      for (const BarWrite& write : writes) closed.insert({write.symbol, write.second});
      ASSERT_EQ(closed, expected) << "seed " << seed << ", step " << step << ", lateness " << lateness_ms;
      ASSERT_EQ(writes.size(), expected.size()) << "seed " << seed << ", step " << step;
      ASSERT_EQ(aggregator.counts().seconds_closed - closed_before, expected.size());
    }
    ASSERT_EQ(aggregator.counts().seconds_forced, 0u) << "the model knows no limit";
    EXPECT_GT(aggregator.counts().seconds_closed, 50u);
  }
}

}  // namespace
}  // namespace streamd
