// The cost gate against golden files, the contract's example by hand, and what always passes.
#include "decide/cost_gate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "support/golden_lines.h"

namespace streamd {
namespace {

int check_golden(const std::string& path) {
  return read_golden(path, [](simdjson::dom::element object) {
    const auto param = [&object](const char* name) { return object["params"][name].get_double().value(); };
    const CostGateOptions options{param("fee_rate"), param("slippage"), param("edge_bps"), param("cost_budget"),
                                  param("cost_window_s")};
    std::map<std::string_view, CostGate> gates;
    int number = 0;
    for (const simdjson::dom::array values : object["rows"]) {
      SCOPED_TRACE("row " + std::to_string(number++));
      const GoldenRow row(object, values);
      Intent wanted;
      wanted.direction = row.integer("in_direction");
      wanted.target_exposure = row.number("in_target_exposure");
      wanted.urgency = row.number("in_urgency");
      wanted.hold = row.flag("in_hold");
      wanted.actionability = row.number("in_actionability");
      wanted.reason.ground = Ground::active;
      const GatedIntent gated = gates[row.text("symbol")].next(wanted, row.number("price"),
                                                               second_of(row.big_integer("ts_ms")), options);
      ASSERT_EQ(reason_text(gated.intent.reason), row.text("reason"));
      ASSERT_EQ(gated.blocked, row.flag("blocked"));
      ASSERT_EQ(gated.intent.direction, row.integer("direction"));
      ASSERT_EQ(gated.intent.hold, row.flag("hold"));
      ASSERT_PRED2(agree, gated.intent.target_exposure, row.number("target_exposure"));
      ASSERT_PRED2(agree, gated.intent.urgency, row.number("urgency"));
      ASSERT_PRED2(agree, gated.intent.actionability, row.number("actionability"));
      ASSERT_PRED2(agree, gated.cost, row.number("cost"));
    }
  });
}

Intent wanting(double signed_target, double urgency = 1, double actionability = 1) {
  Intent wanted;
  wanted.direction = (signed_target > 0) - (signed_target < 0);
  wanted.target_exposure = std::abs(signed_target);
  wanted.urgency = urgency;
  wanted.actionability = actionability;
  wanted.reason.ground = Ground::active;
  return wanted;
}

Intent holding() {
  Intent wanted = wanting(0, 0);
  wanted.hold = true;
  wanted.reason.ground = Ground::epistemic_unknown;
  return wanted;
}

// "direction exposure reason cost", the reason as what the gate appended; with a price of 1000 unless told.
class Desk {
 public:
  explicit Desk(const CostGateOptions& options) : options_(options) {}

  std::string next(Second now, const Intent& wanted, double price = 1000) {
    const GatedIntent gated = gate_.next(wanted, price, now, options_);
    const Reason reason = gated.intent.reason;
    EXPECT_EQ(gated.blocked, reason.over_budget || reason.under_edge);
    EXPECT_EQ(reason.ground, wanted.reason.ground);
    if (gated.blocked) {
      EXPECT_TRUE(gated.intent.hold);
      EXPECT_EQ(gated.intent.urgency, 0);
      EXPECT_EQ(gated.intent.actionability, 0);
    } else {
      EXPECT_EQ(gated.intent.hold, wanted.hold);
      EXPECT_EQ(gated.intent.urgency, wanted.urgency);
      EXPECT_EQ(gated.intent.actionability, wanted.actionability);
    }
    char text[100];
    std::snprintf(text, sizeof text, "%d %.3f %s%s%s %.3f", gated.intent.direction, gated.intent.target_exposure,
                  gated.blocked ? "held" : "pass", reason.over_budget ? " budget" : "",
                  reason.under_edge ? " edge" : "", gated.cost);
    return text;
  }
  std::string next(Second now, double signed_target, double price = 1000) {
    return next(now, wanting(signed_target), price);
  }
  void set(const CostGateOptions& options) { options_ = options; }

 private:
  CostGate gate_;
  CostGateOptions options_;
};

TEST(CostGate, AgreesWithTheGoldenFiles) { EXPECT_EQ(check_golden(own_golden("cost_gate.jsonl")), 10); }

TEST(CostGate, AgreesWithTheGoldenFilesBesideTheCheckout) {
  const std::string path = shared_golden("cost_gate.jsonl");
  if (!is_there(path)) GTEST_SKIP() << path << " is not there";
  EXPECT_EQ(check_golden(path), 24);
}

// The contract's example: --decision-cost-budget 50 --decision-cost-window 60 --decision-edge-bps 0.8. Fee and slippage
// are 8 bps of what changes hands; an edge of 0.8 bps never covers them, so there is no increase from nothing.
TEST(CostGate, TheContractsExampleHoldsEveryIncrease) {
  const CostGateOptions options{.edge_bps = 0.8, .cost_budget = 50, .cost_window_s = 60};
  CostGate gate;
  for (int i = 1; i <= 100; ++i) {
    const GatedIntent gated = gate.next(wanting((i % 2 == 0 ? 0.0005 : -0.0005) * i), 1000, i, options);
    ASSERT_TRUE(gated.blocked);
    ASSERT_EQ(reason_text(gated.intent.reason), "active_triadic + cost_gate_edge");
    ASSERT_EQ(gated.intent.direction, 0);
    ASSERT_EQ(gated.intent.target_exposure, 0);
    ASSERT_EQ(gated.cost, 0);
  }
  // Exposure that is there may be reduced, or turned round at the same size, and not grow again.
  Desk desk({.cost_budget = 50, .cost_window_s = 60});
  EXPECT_EQ(desk.next(1, 0.5), "1 0.500 pass 0.400");  // 0.5 · 1000 · 0.0008
  desk.set(options);
  EXPECT_EQ(desk.next(2, 0.4), "1 0.400 pass 0.080");
  EXPECT_EQ(desk.next(3, 0.41), "1 0.400 held edge 0.000");
  EXPECT_EQ(desk.next(4, -0.4), "-1 0.400 pass 0.640");
  EXPECT_EQ(desk.next(5, -0.401), "-1 0.400 held edge 0.000");
  EXPECT_EQ(desk.next(6, 0), "0 0.000 pass 0.320");
}

// A budget of 50 over 60 s, at a price of 100,000: a change of 0.1 costs 0.1 · 100,000 · 0.0008 = 8.
TEST(CostGate, TheContractsBudgetByHand) {
  constexpr double kPrice = 100'000;
  Desk desk({.cost_budget = 50, .cost_window_s = 60});
  EXPECT_EQ(desk.next(0, 0.1, kPrice), "1 0.100 pass 8.000");
  EXPECT_EQ(desk.next(10, 0.3, kPrice), "1 0.300 pass 16.000");           // 24 spent
  EXPECT_EQ(desk.next(20, 0.2, kPrice), "1 0.200 pass 8.000");            // 32: reductions are paid, too
  EXPECT_EQ(desk.next(30, 0.45, kPrice), "1 0.200 held budget 0.000");    // 20 > 18
  EXPECT_EQ(desk.next(31, 0.42, kPrice), "1 0.420 pass 17.600");          // 49.6
  EXPECT_EQ(desk.next(32, 0.43, kPrice), "1 0.420 held budget 0.000");    // 0.8 > 0.4
  EXPECT_EQ(desk.next(33, -0.42, kPrice), "-1 0.420 pass 67.200");        // no larger, so never asked; 116.8
  EXPECT_EQ(desk.next(34, -0.421, kPrice), "-1 0.420 held budget 0.000");
  EXPECT_EQ(desk.next(35, 0, kPrice), "0 0.000 pass 33.600");             // 150.4
  EXPECT_EQ(desk.next(91, 0.1, kPrice), "0 0.000 held budget 0.000");     // of 31 on: 118.4
  EXPECT_EQ(desk.next(93, 0.1, kPrice), "0 0.000 held budget 0.000");     // of 33 on: 100.8
  EXPECT_EQ(desk.next(94, 0.1, kPrice), "1 0.100 pass 8.000");            // of 34 on: 33.6; then 41.6
  EXPECT_EQ(desk.next(95, 0.21, kPrice), "1 0.100 held budget 0.000");    // that of 35 still counts: 8.8 > 8.4
  EXPECT_EQ(desk.next(96, 0.21, kPrice), "1 0.210 pass 8.800");           // now it does not
}

TEST(CostGate, AtLeastOneSecondCounts) {
  Desk desk({.cost_budget = 1, .cost_window_s = 0.1});
  EXPECT_EQ(desk.next(1, 0.5, 2'000), "1 0.500 pass 0.800");
  EXPECT_EQ(desk.next(2, 0.7, 2'000), "1 0.500 held budget 0.000");  // 0.32 > 0.2
  EXPECT_EQ(desk.next(3, 0.7, 2'000), "1 0.700 pass 0.320");
}

TEST(CostGate, BothReasonsAreSaid) {
  Desk desk({.edge_bps = 0.8, .cost_budget = 0.1, .cost_window_s = 60});
  EXPECT_EQ(desk.next(1, 0.5), "0 0.000 held budget edge 0.000");
  EXPECT_EQ(desk.next(2, 0.1), "0 0.000 held edge 0.000");
  desk.set({.edge_bps = 8.5, .cost_budget = 0.1, .cost_window_s = 60});
  EXPECT_EQ(desk.next(3, 0.5), "0 0.000 held budget 0.000");
}

TEST(CostGate, TheEdgeGrowsWithActionabilityAndUrgency) {
  Desk desk({.edge_bps = 16});
  EXPECT_EQ(desk.next(1, wanting(0.1, 0.7, 0.7)), "0 0.000 held edge 0.000");
  EXPECT_EQ(desk.next(2, wanting(0.1, 0.45, 1)), "0 0.000 held edge 0.000");
  EXPECT_EQ(desk.next(3, wanting(0.1, 0.7, 0.75)), "1 0.100 pass 0.080");
}

TEST(CostGate, HoldingCostsNothingAndKeepsTheTarget) {
  Desk desk({.edge_bps = 20, .cost_budget = 0.5});
  EXPECT_EQ(desk.next(1, -0.5), "-1 0.500 pass 0.400");
  EXPECT_EQ(desk.next(2, holding()), "0 0.000 pass 0.000");
  EXPECT_EQ(desk.next(3, -0.6), "-1 0.600 pass 0.080");  // from -0.5
}

TEST(CostGate, WithoutAPriceChangesCostNothing) {
  Desk desk({.edge_bps = 0.8, .cost_budget = 0.01});
  EXPECT_EQ(desk.next(1, 0.5, 0), "1 0.500 pass 0.000");
  EXPECT_EQ(desk.next(2, -0.7, -20), "-1 0.700 pass 0.000");
  EXPECT_EQ(desk.next(3, -0.8), "-1 0.700 held budget edge 0.000");  // and the target is remembered
  EXPECT_EQ(desk.next(4, -0.6), "-1 0.600 pass 0.080");
}

TEST(CostGate, WhileItIsOffEverythingPassesAndTheTargetIsRemembered) {
  Desk desk({});
  EXPECT_EQ(desk.next(1, 0.9), "1 0.900 pass 0.000");
  desk.set({.edge_bps = 0.8});
  EXPECT_EQ(desk.next(2, 0.95), "1 0.900 held edge 0.000");
}

TEST(CostGate, GoesOnFromItsBytes) {
  const CostGateOptions options{.cost_budget = 0.3, .cost_window_s = 5};
  const auto saved = [](const CostGate& gate) {
    ByteSink bytes;
    gate.save(bytes);
    return bytes.take();
  };
  CostGate gate;
  for (int i = 0; i < 200; ++i) {
    CostGate loaded;
    const std::string bytes = saved(gate);
    EXPECT_LE(bytes.size(), 12 + 6 * 16u);  // what has left the window is forgotten
    ByteSource source(bytes);
    ASSERT_TRUE(loaded.load(source) && source.at_end());
    ASSERT_EQ(saved(loaded), bytes);
    const Intent wanted = wanting(((i * 37) % 19 - 9) / 20.0);
    const GatedIntent one = gate.next(wanted, 1000, i, options);
    const GatedIntent other = loaded.next(wanted, 1000, i, options);
    ASSERT_EQ(one.blocked, other.blocked);
    ASSERT_EQ(one.cost, other.cost);
    ASSERT_EQ(one.intent.target_exposure, other.intent.target_exposure);
    ASSERT_EQ(saved(gate), saved(loaded));
  }
}

}  // namespace
}  // namespace streamd
