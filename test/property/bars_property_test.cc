// Random streams through core and store into a real database, against an oracle that knows nothing of windows, and of
// the order of arrival only ties: disorder, late trades of any age, bars among trades, repeated bars, several sources,
// ticks, ends, commits at random moments, restarts, rows that were there before.
// STREAMD_SEED=n runs one seed, STREAMD_SEEDS=n that many.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <random>

#include "core/core.h"
#include "store/bar_store.h"

namespace streamd {
namespace {

using Random = std::mt19937_64;

std::int64_t between(Random& random, std::int64_t low, std::int64_t high) {
  return std::uniform_int_distribution<std::int64_t>(low, high)(random);
}
bool chance(Random& random, double p) { return std::bernoulli_distribution(p)(random); }

// What the table must hold, from all input in order of arrival.
class Oracle {
 public:
  void trade(const std::string& symbol, const Trade& trade, const std::string& label) {
    Key& key = keys_[{symbol, second_of(trade.event_time_ms)}];
    if (key.trades.empty()) key.trade_label = label;
    key.trades.push_back(trade);
  }
  void line(const std::string& symbol, const BarLine& line, const std::string& label) {
    Key& key = keys_[{symbol, line.second}];
    key.has_line = true;
    key.line = line.values;
    key.line_label = label;
  }

  struct Row {
    Ohlcv values;
    std::string source_file;
    bool has_span;
  };
  std::map<std::pair<std::string, Second>, Row> rows() const {
    std::map<std::pair<std::string, Second>, Row> rows;
    for (const auto& [where, key] : keys_) {
      if (key.has_line) {
        rows[where] = {key.line, key.line_label, false};
      } else {
        rows[where] = {of_trades(key.trades), key.trade_label, true};
      }
    }
    return rows;
  }
  std::uint64_t trades_superseded() const {
    std::uint64_t sum = 0;
    for (const auto& [where, key] : keys_) sum += key.has_line ? key.trades.size() : 0;
    return sum;
  }

 private:
  struct Key {
    std::vector<Trade> trades;
    std::string trade_label;
    bool has_line = false;
    Ohlcv line;
    std::string line_label;
  };

  static Ohlcv of_trades(std::vector<Trade> trades) {
    Ohlcv bar;
    std::stable_sort(trades.begin(), trades.end(),
                     [](const Trade& a, const Trade& b) { return a.event_time_ms < b.event_time_ms; });
    bar.open = trades.front().price;
    bar.close = trades.back().price;
    bar.high = bar.low = bar.open;
    for (const Trade& trade : trades) {
      bar.high = std::max(bar.high, trade.price);
      bar.low = std::min(bar.low, trade.price);
      bar.volume += trade.quantity;
    }
    bar.trades = static_cast<std::int64_t>(trades.size());
    return bar;
  }

  std::map<std::pair<std::string, Second>, Key> keys_;
};

// Core and store as the daemon wires them, on one thread, restartable on the same file.
class Daemon {
 public:
  Daemon(const StoreOptions& store_options, const AggregatorOptions& options)
      : store_options_(store_options), options_(options) {
    restart();
  }

  void restart() {
    if (store_ != nullptr) {
      batch_.add_write_open();
      apply();
      commit();
    }
    superseded_before_ += counters_ == nullptr ? 0 : counters_->trades_superseded.get();
    store_.reset();
    counters_ = std::make_unique<Counters>();
    core_ = std::make_unique<Core>(CoreOptions{options_, {}, {}, {}});
    auto opened = BarStore::open(store_options_, *counters_);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    store_ = std::move(opened).value();
    symbols_.clear();
    sources_.clear();
  }

  SymbolId symbol(const std::string& name) {
    const auto [found, is_new] = symbols_.try_emplace(name, static_cast<SymbolId>(symbols_.size()));
    if (is_new) batch_.add_symbol(name);
    return found->second;
  }
  SourceId source(const std::string& label) {
    auto found = sources_.find(label);
    if (found == sources_.end()) {
      found = sources_.emplace(label, next_source_++).first;
      batch_.add_source_start({found->second, label});
    }
    return found->second;
  }
  void end_source(const std::string& label, UnixMillis wall_ms) {
    const auto found = sources_.find(label);
    if (found == sources_.end()) return;
    batch_.add_source_end({found->second, wall_ms});
    sources_.erase(found);
  }
  EventBatch& batch() { return batch_; }

  void apply() {
    core_->apply(batch_, 1, effects_);
    batch_.clear();
    store_->add(effects_);
    effects_.clear();
  }
  void commit(CommitTarget target = CommitTarget::file) {
    const auto committed = store_->commit(target, std::nullopt);
    ASSERT_TRUE(committed.ok()) << committed.error().message;
  }
  std::uint64_t trades_superseded() const { return superseded_before_ + counters_->trades_superseded.get(); }

 private:
  const StoreOptions store_options_;
  const AggregatorOptions options_;
  std::unique_ptr<Counters> counters_;
  std::unique_ptr<Core> core_;
  std::unique_ptr<BarStore> store_;
  EventBatch batch_;
  EffectBatch effects_;
  std::map<std::string, SymbolId> symbols_;
  std::map<std::string, SourceId> sources_;
  SourceId next_source_ = 1;
  std::uint64_t superseded_before_ = 0;
};

Ohlcv random_bar(Random& random) {
  Ohlcv bar;
  bar.open = static_cast<double>(between(random, -500, 5000)) / 4;
  bar.close = static_cast<double>(between(random, -500, 5000)) / 4;
  bar.high = std::max(bar.open, bar.close) + static_cast<double>(between(random, 0, 8)) / 4;
  bar.low = std::min(bar.open, bar.close) - static_cast<double>(between(random, 0, 8)) / 4;
  bar.volume = static_cast<double>(between(random, 0, 1000)) / 8;
  bar.trades = between(random, 0, 50);
  return bar;
}

void compare(const std::string& path, const Oracle& oracle) {
  auto database = duck::Database::open(path, duck::Access::read_only, {});
  ASSERT_TRUE(database.ok()) << database.error().message;
  auto connection = duck::Connection::open(*database);
  ASSERT_TRUE(connection.ok());
  auto rows = connection->query(
      "SELECT symbol, timestamp, open, high, low, close, volume, trades, source_file, "
      "(SELECT count(*) FROM ohlc_1s_spans s WHERE s.symbol = b.symbol AND s.timestamp = b.timestamp) "
      "FROM ohlc_1s b ORDER BY symbol, timestamp");
  ASSERT_TRUE(rows.ok()) << rows.error().message;
  const auto expected = oracle.rows();
  auto next = expected.begin();
  while (rows->next()) {
    ASSERT_NE(next, expected.end()) << "an extra row of " << rows->text(0);
    const auto& [where, row] = *next++;
    SCOPED_TRACE(where.first + " second " + std::to_string(where.second));
    ASSERT_EQ(rows->text(0), where.first);
    ASSERT_EQ(rows->int64(1), where.second * 1'000'000);
    EXPECT_EQ(rows->float64(2), row.values.open);
    EXPECT_EQ(rows->float64(3), row.values.high);
    EXPECT_EQ(rows->float64(4), row.values.low);
    EXPECT_EQ(rows->float64(5), row.values.close);
    EXPECT_NEAR(rows->float64(6), row.values.volume, 1e-9 * std::max(1.0, row.values.volume));
    EXPECT_EQ(rows->int64(7), row.values.trades);
    EXPECT_EQ(rows->text(8), row.source_file.empty() ? "live:" + where.first : row.source_file);
    EXPECT_EQ(rows->int64(9), row.has_span ? 1 : 0);
  }
  EXPECT_EQ(next, expected.end()) << "rows are missing, the first of " << next->first.first;
}

void run_seed(std::uint64_t seed) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  const std::string folder = ::testing::TempDir() + "bars_property_" + std::to_string(::getpid());
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const std::string path = folder + "/bars.duckdb";
  Oracle oracle;

  const Second first_second = 1'700'000'000;
  const int symbols = static_cast<int>(between(random, 1, 6));
  const std::string symbol_names[] = {"ES", "BTCUSDT", "ETHUSDT", "a name with blanks", "NQ", "X"};

  StoreOptions store_options{path, chance(random, 0.5), {}};
  AggregatorOptions options;
  options.lateness_ms = chance(random, 0.5) ? 0 : between(random, 1, 5000);
  options.idle_close_ms = between(random, 0, 2000);
  Daemon daemon(store_options, options);
  if (::testing::Test::HasFatalFailure()) return;

  const char* labels[] = {"", "tail:a.ndjson", "feed"};
  std::vector<BarLine> sent_lines;
  UnixMillis now = first_second * 1000;
  ElapsedMillis elapsed = 0;
  const std::int64_t steps = between(random, 50, 1500);
  const double p_line = chance(random, 0.3) ? 0.0 : 0.05;
  const double p_restart = 3.0 / static_cast<double>(steps);
  for (std::int64_t step = 0; step < steps; ++step) {
    now += between(random, 0, 200);
    const std::string label = labels[between(random, 0, 2)];
    const std::string name = symbol_names[between(random, 0, symbols - 1)];
    if (chance(random, p_line)) {
      BarLine line{0, second_of(now) - (chance(random, 0.5) ? 0 : between(random, 0, 60)), random_bar(random)};
      if (!sent_lines.empty() && chance(random, 0.3)) {  // the same bar again
        line = sent_lines[static_cast<std::size_t>(between(random, 0, static_cast<int>(sent_lines.size()) - 1))];
      }
      sent_lines.push_back(line);
      const SourceId source = daemon.source(label);
      line.symbol = daemon.symbol(name);
      daemon.batch().add_bar_line(source, line);
      oracle.line(name, line, label);
    } else {
      std::int64_t age = between(random, 0, 300);  // within a second
      if (chance(random, 0.2)) age = between(random, 0, 5000);
      if (chance(random, 0.05)) age = between(random, 0, 400'000);  // beyond any window
      const UnixMillis time = std::max<UnixMillis>(0, now - age);
      const SourceId source = daemon.source(label);
      const Trade trade{time, static_cast<double>(between(random, -100, 1000)) / 4,
                        static_cast<double>(between(random, 0, 1000)) / 1000, daemon.symbol(name)};
      daemon.batch().add_trade(source, trade);
      oracle.trade(name, trade, label);
    }
    if (chance(random, 0.1)) {
      elapsed += between(random, 0, 1500);
      Tick tick{now + between(random, -500, 3000), elapsed, chance(random, 0.2), {}};
      if (chance(random, 0.3)) tick.busy.push_back({daemon.source(label), chance(random, 0.5), chance(random, 0.5)});
      daemon.batch().add_tick(std::move(tick));
    }
    if (chance(random, 0.02)) daemon.end_source(label, now);
    if (chance(random, 0.02)) daemon.batch().add_write_open();
    if (chance(random, 0.2)) daemon.apply();
    if (chance(random, 0.02)) daemon.commit(chance(random, 0.5) ? CommitTarget::log : CommitTarget::file);
    if (chance(random, p_restart)) daemon.restart();
    if (::testing::Test::HasFatalFailure()) return;
  }
  daemon.restart();
  compare(path, oracle);
  EXPECT_EQ(daemon.trades_superseded(), oracle.trades_superseded());
  std::filesystem::remove_all(folder);
}

TEST(BarsProperty, TheTableIsWhatANaiveOracleMakesOfAllInput) {
  if (const char* one = std::getenv("STREAMD_SEED")) return run_seed(std::strtoull(one, nullptr, 10));
  const char* many = std::getenv("STREAMD_SEEDS");
  const std::uint64_t seeds = many != nullptr ? std::strtoull(many, nullptr, 10) : 25;
  for (std::uint64_t seed = 1; seed <= seeds && !HasFailure(); ++seed) run_seed(seed);
}

// Bars that were in the file before the daemon have no span: trades never change them, lines replace them.
TEST(BarsProperty, RowsFromBeforeTheDaemonAreNeverChangedByTrades) {
  const std::string folder = ::testing::TempDir() + "bars_before_" + std::to_string(::getpid());
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const std::string path = folder + "/bars.duckdb";
  const StoreOptions options{path, false, {}};
  { Daemon makes_the_tables(options, {}); }
  {
    auto database = duck::Database::open(path, duck::Access::read_write, {});
    ASSERT_TRUE(database.ok());
    auto connection = duck::Connection::open(*database);
    ASSERT_TRUE(connection.ok());
    ASSERT_TRUE(connection
                    ->run("INSERT INTO ohlc_1s SELECT 'S', make_timestamp(s::BIGINT * 1000000), 1, 2, 0.5, 1.5, 10, 3, 'old' "
                          "FROM (VALUES (1700000000), (1700000001)) t(s)")
                    .ok());
  }
  Oracle oracle;
  Daemon daemon(options, {});
  const SourceId source = daemon.source("feed");
  const SymbolId symbol = daemon.symbol("S");
  const Ohlcv old{1, 2, 0.5, 1.5, 10, 3};
  oracle.line("S", {symbol, 1'700'000'000, old}, "old");
  oracle.line("S", {symbol, 1'700'000'001, old}, "old");
  for (const UnixMillis time : {1'700'000'000'100, 1'700'000'001'100, 1'700'000'002'100}) {
    const Trade trade{time, 7, 1, symbol};
    daemon.batch().add_trade(source, trade);
    oracle.trade("S", trade, "feed");
  }
  const BarLine line{symbol, 1'700'000'001, {5, 6, 4, 5, 1, 1}};
  daemon.batch().add_bar_line(source, line);
  oracle.line("S", line, "feed");
  daemon.restart();
  compare(path, oracle);
  EXPECT_EQ(daemon.trades_superseded(), 2u);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace streamd
