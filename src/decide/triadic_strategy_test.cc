// The strategy against golden files, and each row of its table by hand.
#include "decide/triadic_strategy.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "support/golden_lines.h"

namespace streamd {
namespace {

Posture posture_of(std::string_view name) {
  for (const Posture posture :
       {Posture::unwind, Posture::observe, Posture::trade_normal, Posture::trade_convex}) {
    if (posture_name(posture) == name) return posture;
  }
  ADD_FAILURE() << name;
  return Posture::observe;
}

// Columns that a file does not have stand for confidence 1 and no sensor; taus for 0.
int check_golden(const std::string& path) {
  return read_golden(path, [](simdjson::dom::element object) {
    StrategyOptions options;
    options.base_size = object["base_size"].get_double();
    if (object["tau_on"].error() == simdjson::SUCCESS) {
      options.tau_on = object["tau_on"].get_double();
      options.tau_off = object["tau_off"].get_double();
    }
    TriadicStrategy strategy;
    int number = 0;
    for (const simdjson::dom::array values : object["rows"]) {
      SCOPED_TRACE("row " + std::to_string(number++));
      const GoldenRow row(object, values);
      StrategyInput input;
      input.state = static_cast<TriadicState>(row.integer("state"));
      if (row.has("posture")) {
        input.posture = posture_of(row.text("posture"));
        input.confidence = row.number("confidence");
        input.recommended = row.flag("recommended");
      } else {
        input.posture = row.flag("gate_open") ? Posture::trade_normal : Posture::observe;
      }
      const Intent intent = strategy.next(input, options);
      ASSERT_EQ(reason_text(intent.reason), row.text("reason"));
      ASSERT_EQ(intent.direction, row.integer("direction"));
      ASSERT_EQ(intent.hold, row.flag("hold"));
      ASSERT_PRED2(agree, intent.target_exposure, row.number("target_exposure"));
      ASSERT_PRED2(agree, intent.urgency, row.number("urgency"));
      ASSERT_PRED2(agree, intent.actionability, row.number("actionability"));
    }
  });
}

// direction exposure urgency hold actionability reason; exposure and urgency to four digits.
std::string text_of(const Intent& intent) {
  char text[200];
  std::snprintf(text, sizeof text, "%d %.4f %.4f %s %.2f %s", intent.direction, intent.target_exposure, intent.urgency,
                intent.hold ? "hold" : "go", intent.actionability, std::string(reason_text(intent.reason)).c_str());
  return text;
}

class Trader {
 public:
  StrategyOptions options{.tau_on = 0.7, .tau_off = 0.4, .base_size = 0.1};

  std::string next(TriadicState state, double confidence = 1, Posture posture = Posture::trade_normal,
                   bool recommended = false) {
    return text_of(strategy_.next({state, posture, confidence, recommended}, options));
  }

 private:
  TriadicStrategy strategy_;
};

constexpr auto kBuy = TriadicState::buy;
constexpr auto kSell = TriadicState::sell;
constexpr auto kFlat = TriadicState::flat;
constexpr auto kUnknown = TriadicState::unknown;
constexpr auto kParadox = TriadicState::paradox;

TEST(TriadicStrategy, AgreesWithTheGoldenFiles) { EXPECT_EQ(check_golden(own_golden("triadic_strategy.jsonl")), 10); }

TEST(TriadicStrategy, AgreesWithTheGoldenFilesBesideTheCheckout) {
  const std::string path = shared_golden("triadic_strategy.jsonl");
  if (!is_there(path)) GTEST_SKIP() << path << " is not there";
  EXPECT_EQ(check_golden(path), 24);
}

TEST(TriadicStrategy, ExposureRampsUpWhileTheStateStays) {
  Trader trader;
  EXPECT_EQ(trader.next(kBuy), "1 0.0000 0.3000 go 1.00 active_triadic");
  EXPECT_EQ(trader.next(kBuy), "1 0.0049 0.4000 go 1.00 active_triadic");       // 0.1 (1 - e^-0.05)
  EXPECT_EQ(trader.next(kBuy, 0.5), "1 0.0048 0.2500 go 0.50 active_triadic");  // 0.1 (1 - e^-0.1) 0.5
  EXPECT_EQ(trader.next(kSell), "-1 0.0000 0.3000 go 1.00 active_triadic");
  EXPECT_EQ(trader.next(kFlat), "0 0.0000 0.5000 go 1.00 intentional_flat");
  EXPECT_EQ(trader.next(kSell), "-1 0.0000 0.3000 go 1.00 active_triadic");
}

TEST(TriadicStrategy, TheRampIsTheExponential) {
  TriadicStrategy strategy;
  for (int age = 0; age < 2'000; ++age) {
    const Intent intent = strategy.next({kBuy, Posture::trade_normal, 1, false}, {.base_size = 1});
    ASSERT_PRED2(agree, intent.target_exposure, -std::expm1(-age / 20.0)) << age;
  }
}

TEST(TriadicStrategy, UnwindObserveAndParadoxLeaveTheMemoryAsItIs) {
  Trader trader;
  trader.next(kBuy);
  trader.next(kBuy);
  EXPECT_EQ(trader.next(kSell, 1, Posture::unwind), "0 0.0000 1.0000 go 0.00 posture_unwind (M9)");
  EXPECT_EQ(trader.next(kSell, 1, Posture::observe), "1 0.0000 0.0000 hold 0.00 posture_observe (M4/M6)");
  EXPECT_EQ(trader.next(kParadox), "0 0.0000 1.0000 go 0.00 systemic_collapse_prohibit (⚡)");
  // Observe and unwind go before the paradox.
  EXPECT_EQ(trader.next(kParadox, 1, Posture::observe), "1 0.0000 0.0000 hold 0.00 posture_observe (M4/M6)");
  EXPECT_EQ(trader.next(kParadox, 1, Posture::unwind), "0 0.0000 1.0000 go 0.00 posture_unwind (M9)");
  // Had one of them counted as holding, a confidence below tau_on would suspend this; had age been reset, 0.3.
  EXPECT_EQ(trader.next(kBuy, 0.5), "1 0.0048 0.2500 go 0.50 active_triadic");
}

TEST(TriadicStrategy, HoldsTheThesisWhileUnknownAndThenUntilTauOn) {
  Trader trader;
  EXPECT_EQ(trader.next(kUnknown), "0 0.0000 0.0000 hold 1.00 epistemic_unknown (⊥)");
  trader.next(kBuy);
  trader.next(kBuy);
  EXPECT_EQ(trader.next(kUnknown, 0.9), "1 0.0000 0.0000 hold 0.90 epistemic_unknown (⊥)");
  EXPECT_EQ(trader.next(kSell, 0.69), "1 0.0000 0.0000 hold 0.69 m5_suspension_buffer");
  EXPECT_EQ(trader.next(kSell, 0.1), "1 0.0000 0.0000 hold 0.10 m5_suspension_buffer");
  EXPECT_EQ(trader.next(kSell, 0.7), "-1 0.0067 0.3500 go 0.70 active_triadic");  // age 2: suspended bars count
  // Not holding any more: now tau_off decides.
  EXPECT_EQ(trader.next(kSell, 0.4), "-1 0.0056 0.2400 go 0.40 active_triadic");
  EXPECT_EQ(trader.next(kSell, 0.39), "0 0.0000 0.2000 go 0.39 prohibited_by_legitimacy");
  EXPECT_EQ(trader.next(kUnknown, 0.39), "0 0.0000 0.0000 hold 0.39 epistemic_unknown (⊥)");
}

TEST(TriadicStrategy, AThesisNeedsExposure) {
  Trader trader;
  trader.next(kBuy);  // age 0: no exposure
  EXPECT_EQ(trader.next(kUnknown), "0 0.0000 0.0000 hold 1.00 epistemic_unknown (⊥)");
}

TEST(TriadicStrategy, TheSensorPermits) {
  Trader trader;
  EXPECT_EQ(trader.next(kBuy, 0.1, Posture::trade_normal, true),
            "1 0.0000 0.0300 go 0.10 active_triadic + influence_sensor");
  EXPECT_EQ(trader.next(kUnknown, 0.1), "0 0.0000 0.0000 hold 0.10 epistemic_unknown (⊥)");
  EXPECT_EQ(trader.next(kBuy, 0.1), "0 0.0000 0.0000 hold 0.10 m5_suspension_buffer");
  EXPECT_EQ(trader.next(kBuy, 0.1, Posture::trade_convex, true),
            "1 0.0010 0.0400 go 0.10 active_triadic (CONVEX) + influence_sensor");
  // Where it is permitted anyway, too.
  EXPECT_EQ(trader.next(kBuy, 1, Posture::trade_normal, true),
            "1 0.0095 0.5000 go 1.00 active_triadic + influence_sensor");
  EXPECT_EQ(trader.next(kSell, 1, Posture::observe, true), "1 0.0000 0.0000 hold 0.00 posture_observe (M4/M6)");
}

TEST(TriadicStrategy, ConvexDoublesTheBaseUpToOne) {
  Trader trader;
  trader.next(kSell, 1, Posture::trade_convex);
  EXPECT_EQ(trader.next(kSell, 1, Posture::trade_convex), "-1 0.0098 0.4000 go 1.00 active_triadic (CONVEX)");
  trader.options.base_size = 0.9;
  for (int i = 0; i < 50; ++i) trader.next(kSell);
  EXPECT_EQ(trader.next(kSell, 1, Posture::trade_convex), "-1 1.0000 1.0000 go 1.00 active_triadic (CONVEX)");
}

TEST(TriadicStrategy, RefusesBytesThatAreNoMemory) {
  const auto loads = [](int thesis, int previous, int holding) {
    ByteSink bytes;
    bytes.put(static_cast<std::int8_t>(thesis));
    bytes.put(static_cast<std::int8_t>(previous));
    bytes.put(static_cast<std::uint8_t>(holding));
    bytes.put(std::uint32_t{5});
    ByteSource source(bytes.bytes());
    return TriadicStrategy().load(source);
  };
  EXPECT_TRUE(loads(-1, -2, 1));
  EXPECT_FALSE(loads(2, 0, 0));
  EXPECT_FALSE(loads(-2, 0, 0));
  EXPECT_FALSE(loads(0, 2, 0));
  EXPECT_FALSE(loads(0, -3, 0));
  EXPECT_FALSE(loads(0, 0, 2));
}

}  // namespace
}  // namespace streamd
