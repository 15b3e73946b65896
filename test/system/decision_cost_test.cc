// The cost gate, and the strategy before it, computed anew beside the daemon, as naively as their rules read, from
// nothing but the states and closes of its decisions.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>

#include "system/bar_oracle.h"
#include "system/daemon_process.h"
#include "system/decision_lines.h"
#include "system/test_seed.h"

namespace streamd {
namespace {

constexpr std::int64_t kSecond = 1'700'000'000;
constexpr double kRate = 0.0005 + 0.0003;

struct CostRules {
  double edge_bps = 0;
  double budget = 0;
  double window_s = 60;
};

// One symbol under an open gate, full confidence, no sensor: what must be decided at each close.
class SymbolByHand {
 public:
  explicit SymbolByHand(const CostRules& rules) : rules_(rules) {}

  // Fills in what follows from state and close; returns the cost.
  double decide(DecisionValues& values) {
    want(values);
    const double proposed = values.hold ? target_ : static_cast<double>(values.direction) * values.target_exposure;
    const double change = values.close > 0 ? std::fabs(proposed - target_) : 0;
    const double cost = change * values.close * kRate;
    const std::int64_t now_s = values.timestamp_ms / 1000;
    if (std::fabs(proposed) > std::fabs(target_) && is_blocked(values, change, cost, now_s)) return 0;
    if (cost > 0) paid_.emplace_back(now_s, cost);
    target_ = proposed;
    return cost;
  }

 private:
  void want(DecisionValues& values) {
    const bool directed = values.state == 1 || values.state == -1;
    age_ = directed && values.state == previous_ ? age_ + 1 : 0;
    previous_ = values.state;
    values.direction = values.state == -2 ? thesis_ : directed ? values.state : 0;
    values.target_exposure = directed ? 0.05 * (1 - std::exp(-age_ / 20.0)) : 0;
    values.urgency = directed ? std::fmin(1, 0.3 + 0.1 * age_) : values.state == 0 ? 0.5 : 0;
    values.hold = values.state == -2;
    values.actionability = 1;
    values.reason = directed ? "active_triadic" : values.state == 0 ? "intentional_flat" : "epistemic_unknown (⊥)";
    thesis_ = values.hold || values.target_exposure > 0 ? values.direction : 0;
  }
  bool is_blocked(DecisionValues& values, double change, double cost, std::int64_t now_s) {
    double spent = 0;
    for (const auto& [second, paid] : paid_) {
      if (static_cast<double>(second) >= static_cast<double>(now_s) - rules_.window_s) spent += paid;
    }
    const bool over_budget = rules_.budget > 0 && cost > std::fmax(0, rules_.budget - spent);
    const bool under_edge =
        rules_.edge_bps > 0 &&
        change * values.close * rules_.edge_bps * 1e-4 * values.actionability * values.urgency < cost;
    if (!over_budget && !under_edge) return false;
    values.direction = target_ > 0 ? 1 : target_ < 0 ? -1 : 0;
    values.target_exposure = std::fabs(target_);
    values.urgency = 0;
    values.hold = true;
    values.actionability = 0;
    values.reason += over_budget && under_edge ? " + cost_gate_budget+edge"
                     : over_budget             ? " + cost_gate_budget"
                                               : " + cost_gate_edge";
    return true;
  }

  const CostRules rules_;
  double target_ = 0;
  std::vector<std::pair<std::int64_t, double>> paid_;
  std::int64_t thesis_ = 0;
  std::int64_t previous_ = 0;
  int age_ = 0;
};

class DecisionCostTest : public testing::Test {
 protected:
  // Symbols of very different prices that rise, fall, and stand still; every second, with gaps.
  static std::string walks(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::string text;
    std::map<std::string, double> prices = {{"CHEAP", 2}, {"DEAR", 95'473.29}, {"HUGE", 4e8}};
    for (int i = 0; i < 600; ++i) {
      const double drift = (i / 60) % 3 == 0 ? 4e-4 : (i / 60) % 3 == 1 ? -4e-4 : 0;
      for (auto& [symbol, price] : prices) {
        price *= 1 + drift + (static_cast<double>(random() % 2001) - 1000) * 3e-7;
        if (random() % 10 != 0) text += trade_line(symbol, (kSecond + i) * 1000, price, 1);
      }
    }
    return text;
  }
  // The decisions of a replay, in order.
  static std::vector<DecisionLine> decide(const std::string& text, const Arguments& flags) {
    TempFolder folder;
    open_gate(folder);
    write_file(folder / "day.ndjson", text);
    Arguments arguments = replaying({"--tail", "day.ndjson", "--emit-decisions"});
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    DaemonProcess daemon(folder, arguments);
    EXPECT_EQ(daemon.wait_exit(), 0);
    std::vector<DecisionLine> lines = read_decisions(daemon.output());
    EXPECT_GT(lines.size(), 1500u);
    return lines;
  }
  static bool is_close(double a, double b) { return std::fabs(a - b) <= 1e-12 * std::fmax(std::fabs(a), std::fabs(b)); }
  // Every line is what the rules give by hand.
  static void expect_by_hand(const std::vector<DecisionLine>& lines, const CostRules& rules) {
    std::map<std::string, SymbolByHand> symbols;
    for (const DecisionLine& line : lines) {
      SymbolByHand& symbol = symbols.try_emplace(line.values.symbol, rules).first->second;
      DecisionValues expected = line.values;
      const double cost = symbol.decide(expected);
      EXPECT_TRUE(is_close(cost, line.cost)) << "expected cost " << cost << " in " << line.text;
      EXPECT_TRUE(is_close(expected.target_exposure, line.values.target_exposure)) << expected << "\n" << line.text;
      EXPECT_TRUE(is_close(expected.urgency, line.values.urgency)) << expected << "\n" << line.text;
      expected.target_exposure = line.values.target_exposure;
      expected.urgency = line.values.urgency;
      EXPECT_EQ(expected, line.values) << line.text;
      if (HasFailure()) return;
    }
  }
  // What each line moved, from the lines alone: on hold the exposure stays.
  static void expect_costs_of_moves(const std::vector<DecisionLine>& lines) {
    std::map<std::string, double> exposures;
    for (const DecisionLine& line : lines) {
      double& exposure = exposures[line.values.symbol];
      const double now =
          line.values.hold ? exposure : static_cast<double>(line.values.direction) * line.values.target_exposure;
      EXPECT_TRUE(is_close(std::fabs(now - exposure) * line.values.close * kRate, line.cost)) << line.text;
      exposure = now;
    }
  }
  static std::size_t count_endings(const std::vector<DecisionLine>& lines, const std::string& ending) {
    return static_cast<std::size_t>(std::count_if(
        lines.begin(), lines.end(), [&](const DecisionLine& line) { return line.values.reason.ends_with(ending); }));
  }
};

TEST_F(DecisionCostTest, TheContractsExampleHoldsEveryIncrease) {
  const auto lines = decide(walks(test_seed()), {"--decision-cost-budget", "50", "--decision-cost-window", "60",
                                                 "--decision-edge-bps", "0.8"});
  expect_by_hand(lines, {.edge_bps = 0.8, .budget = 50, .window_s = 60});
  for (const DecisionLine& line : lines) {
    EXPECT_EQ(line.values.target_exposure, 0) << line.text;
    EXPECT_EQ(line.cost, 0) << line.text;
  }
  // 0.05 of 95,473 never costs 50; of 400 million the first step does.
  EXPECT_GT(count_endings(lines, "active_triadic + cost_gate_edge"), 300u);
  EXPECT_GT(count_endings(lines, "active_triadic + cost_gate_budget+edge"), 100u);
  for (const DecisionLine& line : lines) {
    EXPECT_FALSE(line.values.reason.ends_with(line.values.symbol == "HUGE" ? " + cost_gate_edge" : "+edge"))
        << line.text;
  }
}

TEST_F(DecisionCostTest, ABudgetBoundsWhatIncreasesCostInAnyWindow) {
  constexpr double kBudget = 2;
  const auto lines = decide(walks(test_seed()), {"--decision-cost-budget", "2"});
  expect_by_hand(lines, {.budget = kBudget});
  expect_costs_of_moves(lines);
  EXPECT_GT(count_endings(lines, " + cost_gate_budget"), 20u);
  EXPECT_EQ(count_endings(lines, "edge"), 0u);

  std::map<std::string, double> exposures;
  std::map<std::string, std::vector<std::pair<std::int64_t, double>>> increases;
  std::size_t reductions_beyond = 0;
  for (const DecisionLine& line : lines) {
    double& exposure = exposures[line.values.symbol];
    const double now =
        line.values.hold ? exposure : static_cast<double>(line.values.direction) * line.values.target_exposure;
    if (std::fabs(now) > std::fabs(exposure)) {
      auto& list = increases[line.values.symbol];
      list.emplace_back(line.values.timestamp_ms, line.cost);
      double sum = 0;
      for (const auto& [time_ms, cost] : list) sum += time_ms >= line.values.timestamp_ms - 60'000 ? cost : 0;
      EXPECT_LE(sum, kBudget * (1 + 1e-12)) << line.text;
    } else if (std::fabs(now) < std::fabs(exposure)) {
      EXPECT_FALSE(line.values.hold) << line.text;
      reductions_beyond += line.cost > kBudget / 2 ? 1 : 0;
    }
    exposure = now;
  }
  EXPECT_GT(increases["DEAR"].size(), 5u);
  EXPECT_GT(reductions_beyond, 0u);
}

TEST_F(DecisionCostTest, AWindowForgetsWhatWasPaidBeforeIt) {
  const std::string text = walks(test_seed());
  const auto lines = decide(text, {"--decision-cost-budget", "2", "--decision-cost-window", "5"});
  expect_by_hand(lines, {.budget = 2, .window_s = 5});
  const auto shortest = decide(text, {"--decision-cost-budget", "2", "--decision-cost-window", "0.25"});
  expect_by_hand(shortest, {.budget = 2, .window_s = 1});  // at least a second
}

TEST_F(DecisionCostTest, AnEdgeAboveTheCostLetsUrgentOnesThrough) {
  const auto lines = decide(walks(test_seed()), {"--decision-edge-bps", "17"});
  expect_by_hand(lines, {.edge_bps = 17});
  expect_costs_of_moves(lines);
  EXPECT_GT(count_endings(lines, "active_triadic + cost_gate_edge"), 10u);
  EXPECT_GT(count_endings(lines, "active_triadic"), 100u);
}

TEST_F(DecisionCostTest, WithoutItNothingIsHeldAndNothingCosts) {
  const auto lines = decide(walks(test_seed()), {});
  EXPECT_EQ(count_endings(lines, "edge") + count_endings(lines, "budget"), 0u);
  double largest = 0;
  for (const DecisionLine& line : lines) {
    EXPECT_EQ(line.cost, 0) << line.text;
    largest = std::fmax(largest, line.values.target_exposure);
  }
  EXPECT_GT(largest, 0.04);
}

}  // namespace
}  // namespace streamd
