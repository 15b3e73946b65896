// The summariser on random days against a model that keeps all bars and looks at them anew for each window; and one
// that is saved and loaded on the way against one that is not.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "quotient/summariser.h"

namespace streamd {
namespace {

// All that a summary says.
std::vector<double> numbers_of(const WindowSummary& summary) {
  std::vector<double> numbers = {static_cast<double>(summary.symbol), static_cast<double>(summary.start),
                                 static_cast<double>(summary.window_s), static_cast<double>(summary.count),
                                 summary.legitimacy_density, summary.unknown_frac,
                                 static_cast<double>(summary.event_marker), static_cast<double>(summary.artifact_ms)};
  for (const FeatureStatistics& feature : summary.features) {
    numbers.insert(numbers.end(), {feature.mean, feature.median, feature.mad,
                                   static_cast<double>(feature.run_length_pos),
                                   static_cast<double>(feature.run_length_neg)});
  }
  for (const auto& quantiles : {summary.vol_ratio_quantiles, summary.curvature_quantiles}) {
    numbers.insert(numbers.end(), quantiles.begin(), quantiles.end());
  }
  return numbers;
}

std::vector<std::vector<double>> numbers_of(const std::vector<WindowSummary>& summaries) {
  std::vector<std::vector<double>> numbers;
  for (const WindowSummary& summary : summaries) numbers.push_back(numbers_of(summary));
  return numbers;
}

class Model {
 public:
  void begin_run(std::int32_t window_s, UnixMillis wall_ms, std::vector<WindowSummary>& ended) {
    const auto under_way = under_way_;
    for (const auto& [symbol, start] : under_way) {
      if (window_s != window_s_) end(symbol, wall_ms, ended);
    }
    if (window_s == 0) bars_.clear();
    if (window_s != 0 && window_s != last_window_s_) {
      last_window_s_ = window_s;
      for (auto& [symbol, bars] : bars_) {
        for (Bar& bar : bars) bar.is_in_window = false;
      }
    }
    window_s_ = window_s;
    late_ = 0;
  }

  void add_bar(SymbolId symbol, Second second, double close, UnixMillis wall_ms, std::vector<WindowSummary>& ended) {
    const Second start = second / window_s_ * window_s_;
    if (under_way_.contains(symbol) && under_way_[symbol] < start) end(symbol, wall_ms, ended);
    newest_[symbol] = second;
    const bool is_late = ended_[{symbol, window_s_}].contains(start);
    bars_[symbol].push_back({second, close, !is_late});
    late_ += is_late ? 1 : 0;
    if (!is_late) under_way_[symbol] = start;
  }

  template <typename IsOver>
  void end_windows(Second by, UnixMillis wall_ms, IsOver is_over, std::vector<WindowSummary>& ended) {
    const auto under_way = under_way_;
    for (const auto& [symbol, start] : under_way) {
      if (start + window_s_ <= by && is_over(symbol, start)) end(symbol, wall_ms, ended);
    }
  }

  std::uint64_t late() const { return late_; }
  Second unended_from(SymbolId symbol) const {
    if (const auto start = under_way_.find(symbol); start != under_way_.end()) return start->second;
    const auto starts = ended_.find({symbol, last_window_s_});
    if (starts == ended_.end() || starts->second.empty()) return std::numeric_limits<Second>::min();
    return *starts->second.rbegin() + last_window_s_;
  }
  Second newest(SymbolId symbol) const {
    const auto found = newest_.find(symbol);
    return found == newest_.end() ? std::numeric_limits<Second>::min() : found->second;
  }
  std::optional<double> legitimacy(SymbolId symbol) const {
    const auto found = legitimacy_.find(symbol);
    return found == legitimacy_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  struct Bar {
    Second second;
    double close;
    bool is_in_window;
  };

  void end(SymbolId symbol, UnixMillis wall_ms, std::vector<WindowSummary>& ended) {
    WindowSummary summary;
    summary.symbol = symbol;
    summary.start = under_way_.at(symbol);
    summary.window_s = window_s_;
    summary.artifact_ms = wall_ms;
    std::vector<FeatureValues> features;
    std::vector<double> closes;
    int bars = 0;
    int legitimate = 0;
    for (const Bar& bar : bars_[symbol]) {
      closes.push_back(bar.close);
      const bool is_of_window = bar.second >= summary.start && bar.second < summary.start + window_s_;
      if (!is_of_window || !bar.is_in_window) continue;
      ++bars;
      const std::size_t kept = std::min<std::size_t>(closes.size(), 257);
      const auto quotient = quotient_of(log_returns(std::span(closes).last(kept)));
      if (!quotient) continue;
      features.push_back(quotient->values);
      legitimate += quotient->is_legitimate ? 1 : 0;
      const double curvature = quotient->values[static_cast<std::size_t>(Feature::curvature)];
      const double drawdown = quotient->values[static_cast<std::size_t>(Feature::drawdown)];
      if (std::abs(curvature) >= 1 || std::abs(drawdown) >= 1) summary.event_marker = true;
    }
    summary.count = static_cast<std::int64_t>(features.size());
    summary.legitimacy_density = static_cast<double>(legitimate) / bars;
    summary.unknown_frac = 1 - static_cast<double>(summary.count) / window_s_;
    if (!features.empty()) WindowStatistics().fill(features, summary);
    ended.push_back(summary);
    ended_[{symbol, window_s_}].insert(summary.start);
    under_way_.erase(symbol);
    legitimacy_[symbol] = summary.legitimacy_density;
  }

  std::int32_t window_s_ = 0;
  std::int32_t last_window_s_ = 0;
  std::map<SymbolId, std::vector<Bar>> bars_;
  std::map<SymbolId, Second> under_way_;           // starts
  std::map<std::pair<SymbolId, std::int32_t>, std::set<Second>> ended_;  // starts, by length
  std::map<SymbolId, Second> newest_;
  std::map<SymbolId, double> legitimacy_;
  std::uint64_t late_ = 0;
};

std::string saved(const Summariser& summariser) {
  ByteSink bytes;
  summariser.save(bytes);
  return bytes.take();
}

std::unique_ptr<Summariser> loaded(const std::string& bytes) {
  auto summariser = std::make_unique<Summariser>();
  ByteSource source(bytes);
  EXPECT_TRUE(summariser->load(source));
  EXPECT_TRUE(source.at_end());
  return summariser;
}

struct Seen {
  int summaries = 0;
  std::uint64_t late = 0;
  int loads = 0;
};

// One random day; what is seen is added up.
void live(std::uint64_t seed, Seen& seen) {
  std::mt19937_64 random(seed);
  const auto one_in = [&](std::uint64_t n) { return random() % n == 0; };
  std::normal_distribution<double> step(0, 1e-3);
  const std::vector<SymbolId> symbols = {0, 1, 3, 9, 40};
  std::map<SymbolId, Second> newest;
  std::map<SymbolId, double> close;
  const std::vector<std::int32_t> lengths = {10, 0, 7, 10, 60, 1};

  Model model;
  Summariser whole;
  auto resumed = std::make_unique<Summariser>();
  Second now = 1000;
  std::int32_t window_s = 0;
  for (UnixMillis wall_ms = 1; wall_ms <= 3000; ++wall_ms) {
    SCOPED_TRACE("step " + std::to_string(wall_ms));
    std::vector<WindowSummary> expected;
    std::vector<WindowSummary> found;
    std::vector<WindowSummary> found_resumed;
    if (wall_ms == 1 || one_in(400)) {
      window_s = wall_ms == 1 ? 10 : lengths[random() % lengths.size()];
      model.begin_run(window_s, wall_ms, expected);
      seen.late += whole.counts().bars_after_window;
      whole.begin_run({window_s}, wall_ms, found);
      resumed->begin_run({window_s}, wall_ms, found_resumed);
    } else if (one_in(6)) {
      const std::uint64_t salt = random();
      const auto is_over = [salt](SymbolId symbol, Second start) {
        return (salt ^ (symbol * 77 + static_cast<std::uint64_t>(start))) % 3 != 0;
      };
      const Second by = now + 8 - static_cast<Second>(random() % 16);
      model.end_windows(by, wall_ms, is_over, expected);
      whole.end_windows(by, wall_ms, is_over, found);
      resumed->end_windows(by, wall_ms, is_over, found_resumed);
    } else if (window_s > 0) {
      const SymbolId symbol = symbols[random() % symbols.size()];
      const Second behind = one_in(4) ? static_cast<Second>(random() % 20) : 0;
      const Second second = std::max(now - behind, newest[symbol] + 1);
      newest[symbol] = second;
      double& price = close[symbol];
      price = price == 0 ? 100 : one_in(3) ? price : price * std::exp(step(random));
      model.add_bar(symbol, second, price, wall_ms, expected);
      whole.add_bar(symbol, second, price, wall_ms, found);
      resumed->add_bar(symbol, second, price, wall_ms, found_resumed);
    }
    if (one_in(3)) now += one_in(50) ? 90 : 1;
    ASSERT_EQ(numbers_of(found), numbers_of(expected));
    ASSERT_EQ(numbers_of(found_resumed), numbers_of(expected));
    ASSERT_EQ(whole.counts().bars_after_window, model.late());
    seen.summaries += static_cast<int>(found.size());
    if (one_in(20)) {
      resumed = loaded(saved(*resumed));
      ++seen.loads;
      ASSERT_EQ(saved(*resumed), saved(whole));
    }
    for (const SymbolId symbol : {0u, 3u, 40u, 41u}) {
      ASSERT_EQ(resumed->legitimacy(symbol), model.legitimacy(symbol));
      ASSERT_EQ(resumed->unended_from(symbol), whole.unended_from(symbol));
      // What ended before the newest bar matters to no later one, so it need not be known.
      if (model.unended_from(symbol) > model.newest(symbol)) {
        ASSERT_EQ(resumed->unended_from(symbol), model.unended_from(symbol));
      } else {
        ASSERT_LE(resumed->unended_from(symbol), model.newest(symbol));
      }
    }
  }
  seen.late += whole.counts().bars_after_window;
}

TEST(SummariserRandom, AgreesWithTheModelAlsoWhenItIsLoadedOnTheWay) {
  Seen seen;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    ASSERT_NO_FATAL_FAILURE(live(seed, seen));
  }
  EXPECT_GT(seen.summaries, 5'000);
  EXPECT_GT(seen.late, 500u);
  EXPECT_GT(seen.loads, 3'000);
}

std::string some_state() {
  Summariser summariser;
  std::vector<WindowSummary> ended;
  summariser.begin_run({10}, 1, ended);
  for (Second second = 0; second < 24; ++second) summariser.add_bar(2, second, second % 3 == 0 ? 100 : 101, 1, ended);
  return saved(summariser);
}

TEST(SummariserState, RefusesBytesThatAreNone) {
  const std::string bytes = some_state();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    Summariser summariser;
    ByteSource source(std::string_view(bytes).substr(0, size));
    ASSERT_FALSE(summariser.load(source)) << size << " of " << bytes.size() << " bytes";
  }
}

// Medians could not be found among them.
TEST(SummariserState, RefusesFeaturesThatAreNoNumbers) {
  for (const double value : {1.5, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    std::string bytes = some_state();
    std::memcpy(bytes.data() + bytes.size() - sizeof value, &value, sizeof value);  // the last bar's last feature
    Summariser summariser;
    ByteSource source(bytes);
    EXPECT_EQ(summariser.load(source), std::isfinite(value)) << value;
  }
}

// Whatever bytes are taken for a state: it can be gone on with.
TEST(SummariserState, BytesThatAreTakenMakeASoundState) {
  const std::string bytes = some_state();
  int taken = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const char flip : {'\x01', '\x40', '\xff'}) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ flip);
      Summariser summariser;
      ByteSource source(damaged);
      if (!summariser.load(source)) continue;
      ++taken;
      std::vector<WindowSummary> ended;
      summariser.end_windows(1'000'000'000, 1, [](SymbolId, Second) { return true; }, ended);
      if (summariser.is_on()) summariser.add_bar(2, 2'000'000'000, 100, 1, ended);
      for (const WindowSummary& summary : ended) {
        EXPECT_GE(summary.legitimacy_density, 0);
        EXPECT_LE(summary.legitimacy_density, 1);
        EXPECT_GE(summary.unknown_frac, 0);
        EXPECT_EQ(summary.start % summary.window_s, 0);
        for (const FeatureStatistics& feature : summary.features) EXPECT_TRUE(std::isfinite(feature.mean));
      }
    }
  }
  EXPECT_GT(taken, 100);
}

}  // namespace
}  // namespace streamd
