// The steps in their order, what outlives a run, and the engine's state as bytes.
#include "decide/decision_engine.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace streamd {
namespace {

std::string saved(const DecisionEngine& engine) {
  ByteSink bytes;
  engine.save(bytes);
  return bytes.take();
}

std::unique_ptr<DecisionEngine> engine_with(const std::vector<std::string>& symbols) {
  auto engine = std::make_unique<DecisionEngine>();
  for (const std::string& name : symbols) engine->add_symbol(name);
  return engine;
}

bool can_be_loaded(std::string_view bytes, const std::vector<std::string>& symbols) {
  ByteSource source(bytes);
  return engine_with(symbols)->load(source);
}

// All of a decision, numbers to the last bit.
std::string text_of(const Decision& decision) {
  char text[400];
  const Intent& intent = decision.allowed;
  std::snprintf(text, sizeof text, "%lld %u %u %a %d %d %d %d %a | %d %a %a %d %a %s",
                static_cast<long long>(decision.second), decision.symbol, decision.label, decision.close,
                static_cast<int>(decision.state), static_cast<int>(decision.posture), decision.gate_open,
                decision.blocked, decision.cost, intent.direction, intent.target_exposure, intent.urgency, intent.hold,
                intent.actionability, std::string(reason_text(intent.reason)).c_str());
  return text;
}

DecisionOptions emitting() {
  DecisionOptions options;
  options.emit = true;
  return options;
}

// Feeds bars of a price that rises more and more, one a second.
class Riser {
 public:
  explicit Riser(const DecisionOptions& options, bool open = true) {
    engine.add_symbol("A");
    engine.begin_run(options);
    engine.set_gate({open, "controls", std::nullopt, "", ""});
    next();
    next();
  }
  Decision next(std::optional<double> legitimacy = std::nullopt) {
    ++second_;
    price_ *= 1 + 1e-4 * static_cast<double>(second_);
    return engine.decide(0, second_, 7, price_, legitimacy);
  }
  std::string next_reason(std::optional<double> legitimacy = std::nullopt) {
    return std::string(reason_text(next(legitimacy).allowed.reason));
  }

  DecisionEngine engine;

 private:
  Second second_ = 0;
  double price_ = 100;
};

DecisionOptions hesitant() {
  DecisionOptions options = emitting();
  options.tau_on = options.tau_off = 0.5;
  return options;
}

TEST(DecisionEngine, ABarBecomesADecision) {
  Riser riser({});
  const Decision decision = riser.next();
  EXPECT_EQ(decision.second, 3);
  EXPECT_EQ(decision.symbol, 0u);
  EXPECT_EQ(decision.label, 7u);
  EXPECT_NEAR(decision.close, 100.06, 0.001);
  EXPECT_EQ(decision.state, TriadicState::buy);
  EXPECT_EQ(decision.posture, Posture::trade_normal);
  EXPECT_TRUE(decision.gate_open);
  EXPECT_FALSE(decision.blocked);
  EXPECT_EQ(decision.allowed.direction, 1);
  EXPECT_EQ(decision.allowed.urgency, 0.3);
  EXPECT_EQ(decision.cost, 0);
  EXPECT_GT(riser.next().allowed.target_exposure, 0);
}

TEST(DecisionEngine, AClosedGateObserves) {
  Riser riser({}, false);
  const Decision decision = riser.next();
  EXPECT_EQ(decision.state, TriadicState::buy);
  EXPECT_EQ(decision.posture, Posture::observe);
  EXPECT_FALSE(decision.gate_open);
  EXPECT_EQ(reason_text(decision.allowed.reason), "posture_observe (M4/M6)");
  EXPECT_FALSE(riser.engine.gate().open);
  EXPECT_EQ(riser.engine.gate().source, "controls");
}

TEST(DecisionEngine, LegitimacyIsConfidenceOnlyWhenAskedFor) {
  DecisionOptions options = hesitant();
  Riser plain(options);
  EXPECT_EQ(plain.next(0.0).allowed.actionability, 1);
  options.confidence_is_legitimacy = true;
  Riser legitimate(options);
  legitimate.next(1.0);  // no holding any more, after the first bars without evidence
  EXPECT_EQ(legitimate.next(0.75).allowed.actionability, 0.75);
  EXPECT_EQ(legitimate.next_reason(0.0), "prohibited_by_legitimacy");
  EXPECT_EQ(legitimate.next().allowed.actionability, 1);  // no summaries
}

TEST(DecisionEngine, TheSensorIsAskedWhenItIsOnAndTheSymbolLegitimate) {
  DecisionOptions options = hesitant();
  options.influence = true;
  Riser riser(options);
  riser.engine.update_influence({true, {{"A", false, true}, {"B", true, false}}});
  EXPECT_EQ(riser.next_reason(), "active_triadic");
  riser.engine.update_influence({false, {{"A", true, false}}});
  EXPECT_EQ(riser.next_reason(), "active_triadic + influence_sensor");
  EXPECT_EQ(riser.next_reason(0.01), "active_triadic + influence_sensor");
  EXPECT_EQ(riser.next_reason(0.0), "active_triadic");
  options.confidence_is_legitimacy = true;
  riser.engine.begin_run(options);
  EXPECT_EQ(riser.next_reason(0.01), "active_triadic + influence_sensor");
  EXPECT_EQ(riser.next_reason(0.0), "prohibited_by_legitimacy");
  options.influence = false;
  riser.engine.begin_run(options);
  EXPECT_EQ(riser.next_reason(0.01), "prohibited_by_legitimacy");
  options.influence = true;  // what it read is still known
  riser.engine.begin_run(options);
  EXPECT_EQ(riser.next_reason(0.01), "active_triadic + influence_sensor");
}

TEST(DecisionEngine, TheCostGateComesLast) {
  DecisionOptions options = emitting();
  options.cost.edge_bps = 0.8;
  Riser riser(options);
  EXPECT_EQ(riser.next_reason(), "active_triadic");  // no exposure yet
  const Decision held = riser.next();
  EXPECT_TRUE(held.blocked);
  EXPECT_EQ(held.cost, 0);
  EXPECT_EQ(reason_text(held.allowed.reason), "active_triadic + cost_gate_edge");
  options.cost.edge_bps = 0;
  options.cost.cost_budget = 50;
  riser.engine.begin_run(options);
  const Decision paid = riser.next();
  EXPECT_FALSE(paid.blocked);
  EXPECT_NEAR(paid.cost, paid.allowed.target_exposure * paid.close * 0.0008, 1e-15);
}

TEST(DecisionEngine, ASmallerWindowForgetsTheOldestCloses) {
  std::mt19937_64 random(5);
  std::vector<double> closes;
  for (double close = 100; closes.size() < 400;) {
    closes.push_back(close *= 1 + 1e-3 * (static_cast<double>(random() % 100) - 49.5) / 50);
  }
  DecisionOptions options = emitting();
  int differed = 0;
  for (std::size_t before = 60; before < 360; before += 7) {
    options.state_window = 300;
    DecisionEngine lived;
    lived.add_symbol("A");
    lived.begin_run(options);
    for (std::size_t i = 0; i < before; ++i) lived.decide(0, static_cast<Second>(i), 0, closes[i], {});
    options.state_window = 20;
    lived.begin_run(options);
    options.state_window = 40;  // what was forgotten does not come back
    lived.begin_run(options);
    DecisionEngine young;
    young.add_symbol("A");
    young.begin_run(options);
    for (std::size_t i = before - 20; i < before; ++i) young.decide(0, static_cast<Second>(i), 0, closes[i], {});
    DecisionEngine forgetless;
    forgetless.add_symbol("A");
    forgetless.begin_run(options);
    for (std::size_t i = 0; i < before; ++i) forgetless.decide(0, static_cast<Second>(i), 0, closes[i], {});
    for (std::size_t i = before; i < before + 40; ++i) {
      const auto state = lived.decide(0, static_cast<Second>(i), 0, closes[i], {}).state;
      ASSERT_EQ(state, young.decide(0, static_cast<Second>(i), 0, closes[i], {}).state) << before << " " << i;
      if (state != forgetless.decide(0, static_cast<Second>(i), 0, closes[i], {}).state) ++differed;
    }
  }
  EXPECT_GT(differed, 0);
}

// Its bars would be missing in the window.
TEST(DecisionEngine, ARunWithoutDecisionsForgetsWhatIsKnownOfSymbols) {
  DecisionOptions options = emitting();
  DecisionEngine engine;
  engine.begin_run(options);
  engine.add_symbol("A");
  DecisionEngine fresh;
  fresh.begin_run(options);
  fresh.add_symbol("A");
  const auto close = [](int i) { return 100 + 0.3 * i * i; };
  for (int i = 0; i < 50; ++i) engine.decide(0, i, 0, close(i), {});
  options.emit = false;
  engine.begin_run(options);
  options.emit = true;
  engine.begin_run(options);
  for (int i = 90; i < 120; ++i) {
    EXPECT_EQ(text_of(engine.decide(0, i, 0, close(i), {})), text_of(fresh.decide(0, i, 0, close(i), {})));
  }
}

TEST(DecisionEngine, SymbolsHaveTheirOwnMemory) {
  auto both = engine_with({"A", "B"});
  auto first = engine_with({"A"});
  for (DecisionEngine* engine : {both.get(), first.get()}) engine->set_gate({true, "", {}, "", ""});
  std::mt19937_64 random(1);
  double price = 50;
  for (Second second = 0; second < 300; ++second) {
    price *= 1 + 1e-5 * static_cast<double>(random() % 100);
    both->decide(1, second, 0, 7 - price / 100, {});
    ASSERT_EQ(text_of(both->decide(0, second, 0, price, {})), text_of(first->decide(0, second, 0, price, {})));
  }
}

// Everything that becomes state: runs with other options, symbols that come, verdicts, readings, bars.
class RandomLife {
 public:
  explicit RandomLife(std::uint64_t seed) : random_(seed) {}

  const std::vector<std::string>& symbols() const { return symbols_; }
  // One step, the same for each engine; what they decide must be the same to the last bit.
  void step(const std::vector<DecisionEngine*>& engines) {
    const auto kind = below(40);
    if (kind == 0) {
      const DecisionOptions options = random_options();
      for (DecisionEngine* engine : engines) engine->begin_run(options);
    } else if (symbols_.empty() || (kind == 1 && symbols_.size() < 5)) {
      symbols_.push_back("S" + std::to_string(symbols_.size()));
      prices_.push_back(1 + static_cast<double>(below(100)));
      for (DecisionEngine* engine : engines) engine->add_symbol(symbols_.back());
    } else if (kind == 2) {
      GateVerdict verdict{below(4) != 0, "file" + std::to_string(below(9)), std::nullopt, "\"r\"", "null"};
      if (below(2) == 0) verdict.allowed_slip_bps = static_cast<double>(below(9));
      for (DecisionEngine* engine : engines) engine->set_gate(verdict);
    } else if (kind == 3) {
      InfluenceUpdate update{below(2) == 0, {}};
      for (auto n = below(4); n > 0; --n) {
        update.readings.push_back({"S" + std::to_string(below(7)), below(2) == 0, below(2) == 0});
      }
      for (DecisionEngine* engine : engines) engine->update_influence(update);
    } else {
      decide(engines);
    }
  }

 private:
  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
  DecisionOptions random_options() {
    DecisionOptions options = emitting();
    options.emit = below(2) == 0;
    options.state_window = static_cast<std::uint32_t>(2 + below(30));
    options.tau_off = 0.1 * static_cast<double>(below(5));
    options.tau_on = options.tau_off + 0.1 * static_cast<double>(below(5));
    options.base_size = 0.1 * static_cast<double>(below(11));
    options.confidence_is_legitimacy = below(2) == 0;
    options.influence = below(2) == 0;
    options.cost.edge_bps = below(2) == 0 ? 0 : 9;
    options.cost.cost_budget = below(3) == 0 ? 0 : 0.01;
    options.cost.cost_window_s = 0.5 + static_cast<double>(below(20));
    return options;
  }
  void decide(const std::vector<DecisionEngine*>& engines) {
    const auto symbol = static_cast<SymbolId>(below(symbols_.size()));
    second_ += static_cast<Second>(1 + below(3));
    double& price = prices_[symbol];
    price += below(4) == 0 ? 0 : 0.01 * (static_cast<double>(below(100)) - 49);
    if (below(60) == 0) price = 0;
    std::optional<double> legitimacy;
    if (below(3) != 0) legitimacy = 0.25 * static_cast<double>(below(5));
    std::string first;
    for (DecisionEngine* engine : engines) {
      const std::string text = text_of(engine->decide(symbol, second_, kLiveLabel, price, legitimacy));
      if (first.empty()) first = text;
      ASSERT_EQ(text, first);
    }
  }

  std::mt19937_64 random_;
  std::vector<std::string> symbols_;
  std::vector<double> prices_;
  Second second_ = 1'700'000'000;
};

TEST(DecisionEngine, GoesOnFromItsBytesAsIfNothingHadHappened) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomLife life(seed);
    DecisionEngine lived;
    auto reborn = engine_with({});
    for (int i = 0; i < 1'500 && !HasFatalFailure(); ++i) {
      life.step({&lived, reborn.get()});
      if (i % 31 != 0) continue;
      const std::string bytes = saved(*reborn);
      ASSERT_EQ(bytes, saved(lived)) << "step " << i;
      reborn = engine_with(life.symbols());
      ByteSource source(bytes);
      ASSERT_TRUE(reborn->load(source)) << "step " << i;
      ASSERT_TRUE(source.at_end());
      ASSERT_EQ(saved(*reborn), bytes) << "step " << i;
    }
  }
}

TEST(DecisionEngine, RefusesBytesOfAnotherKind) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomLife life(seed);
    DecisionEngine engine;
    for (int i = 0; i < 400; ++i) life.step({&engine});
    const std::string bytes = saved(engine);
    ASSERT_TRUE(can_be_loaded(bytes, life.symbols()));
    std::vector<std::string> more = life.symbols();
    more.push_back("another");
    EXPECT_FALSE(can_be_loaded(bytes, more));
    EXPECT_FALSE(can_be_loaded(bytes, {}));
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      ASSERT_FALSE(can_be_loaded(std::string_view(bytes).substr(0, size), life.symbols())) << size;
    }
    // What is loaded of damaged bytes must still be usable, and be saved as it was loaded.
    std::mt19937_64 random(seed);
    for (int i = 0; i < 2'000; ++i) {
      std::string damaged = bytes;
      for (auto n = 1 + random() % 3; n > 0; --n) damaged[random() % damaged.size()] = static_cast<char>(random());
      auto loaded = engine_with(life.symbols());
      ByteSource source(damaged);
      if (!loaded->load(source) || !source.at_end()) continue;
      ASSERT_EQ(saved(*loaded), damaged);
      for (SymbolId symbol = 0; symbol < life.symbols().size(); ++symbol) {
        loaded->decide(symbol, 1'800'000'000, kLiveLabel, 5, 0.5);
      }
    }
  }
}

TEST(DecisionEngine, RefusesOptionsOutOfRange) {
  const auto loads = [](const DecisionOptions& options) {
    DecisionEngine engine;
    std::string bytes = saved(engine);
    const std::uint32_t window = options.state_window;
    std::memcpy(&bytes[1], &window, sizeof window);
    std::memcpy(&bytes[5], &options.tau_on, sizeof options.tau_on);
    std::memcpy(&bytes[13], &options.tau_off, sizeof options.tau_off);
    std::memcpy(&bytes[21], &options.base_size, sizeof options.base_size);
    return can_be_loaded(bytes, {});
  };
  const auto changed = [](auto change) {
    DecisionOptions options = emitting();
    change(options);
    return options;
  };
  EXPECT_TRUE(loads({}));
  EXPECT_TRUE(loads(changed([](DecisionOptions& options) { options.state_window = 100'000; })));
  EXPECT_FALSE(loads(changed([](DecisionOptions& options) { options.state_window = 100'001; })));
  EXPECT_FALSE(loads(changed([](DecisionOptions& options) { options.state_window = 1; })));
  EXPECT_FALSE(loads(changed([](DecisionOptions& options) { options.tau_off = 0.1; })));
  EXPECT_FALSE(loads(changed([](DecisionOptions& options) { options.base_size = 1.1; })));
  EXPECT_FALSE(loads(changed([](DecisionOptions& options) { options.base_size = std::nan(""); })));
}

}  // namespace
}  // namespace streamd
