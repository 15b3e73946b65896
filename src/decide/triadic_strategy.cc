#include "decide/triadic_strategy.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace streamd {
namespace {

// 1 - e^(-age/20). A table, so that no library's exp() decides about bits; from its end on it is 1.
constexpr std::size_t kRampAges = 768;
constexpr std::array<double, kRampAges> ramps() {
  constexpr long double kDecay = 0.951229424500714016173642L;  // e^(-1/20)
  std::array<double, kRampAges> ramps{};
  long double rest = 1;
  for (double& ramp : ramps) {
    ramp = static_cast<double>(1 - rest);
    rest *= kDecay;
  }
  return ramps;
}
constexpr std::array<double, kRampAges> kRamps = ramps();
static_assert(kRamps.front() == 0 && kRamps.back() == 1);

double ramp_at(std::uint32_t age) { return kRamps[std::min<std::size_t>(age, kRampAges - 1)]; }

Intent flat_intent(double urgency, double actionability, Ground ground) {
  return {.urgency = urgency, .actionability = actionability, .reason = {.ground = ground}};
}

Intent held_intent(int thesis, double actionability, Ground ground) {
  return {.direction = thesis, .hold = true, .actionability = actionability, .reason = {.ground = ground}};
}

}  // namespace

int direction_of(TriadicState state) {
  if (state == TriadicState::buy) return 1;
  return state == TriadicState::sell ? -1 : 0;
}

Intent TriadicStrategy::next(const StrategyInput& input, const StrategyOptions& options) {
  if (input.posture == Posture::unwind) return flat_intent(1, 0, Ground::posture_unwind);
  if (input.posture == Posture::observe) return held_intent(thesis_, 0, Ground::posture_observe);
  if (input.state == TriadicState::paradox) return flat_intent(1, 0, Ground::systemic_collapse);

  age_ = direction_of(input.state) != 0 && input.state == previous_ ? age_ + 1 : 0;
  const Intent intent = intent_of(input, options);
  thesis_ = static_cast<std::int8_t>(intent.hold || intent.target_exposure > 0 ? intent.direction : 0);
  previous_ = input.state;
  holding_ = intent.hold;
  return intent;
}

Intent TriadicStrategy::intent_of(const StrategyInput& input, const StrategyOptions& options) const {
  const double confidence = input.confidence;
  if (input.state == TriadicState::flat) return flat_intent(0.5, confidence, Ground::intentional_flat);
  if (input.state == TriadicState::unknown) return held_intent(thesis_, confidence, Ground::epistemic_unknown);
  switch (permission(input, options)) {
    case Permission::suspended: return held_intent(thesis_, confidence, Ground::suspension_buffer);
    case Permission::prohibited: return flat_intent(0.2, confidence, Ground::prohibited);
    case Permission::permitted: break;
  }
  return active(input, options);
}

TriadicStrategy::Permission TriadicStrategy::permission(const StrategyInput& input,
                                                        const StrategyOptions& options) const {
  if (input.recommended) return Permission::permitted;
  if (holding_) return input.confidence >= options.tau_on ? Permission::permitted : Permission::suspended;
  return input.confidence < options.tau_off ? Permission::prohibited : Permission::permitted;
}

Intent TriadicStrategy::active(const StrategyInput& input, const StrategyOptions& options) const {
  const bool convex = input.posture == Posture::trade_convex;
  const double base = convex ? 2 * options.base_size : options.base_size;
  Intent intent;
  intent.direction = direction_of(input.state);
  intent.target_exposure = std::clamp(base * ramp_at(age_) * input.confidence, 0.0, 1.0);
  intent.urgency = std::clamp((0.3 + 0.1 * age_) * input.confidence, 0.0, 1.0);
  intent.actionability = input.confidence;
  intent.reason.ground = convex ? Ground::active_convex : Ground::active;
  intent.reason.influence_sensor = input.recommended;
  return intent;
}

void TriadicStrategy::save(ByteSink& bytes) const {
  bytes.put(thesis_);
  bytes.put(static_cast<std::int8_t>(previous_));
  bytes.put(static_cast<std::uint8_t>(holding_));
  bytes.put(age_);
}

bool TriadicStrategy::load(ByteSource& bytes) {
  thesis_ = bytes.get<std::int8_t>();
  const auto previous = bytes.get<std::int8_t>();
  const auto holding = bytes.get<std::uint8_t>();
  age_ = bytes.get<std::uint32_t>();
  // Never a paradox: that leaves the memory as it is.
  constexpr auto kFirst = static_cast<int>(TriadicState::unknown);
  if (previous < kFirst || previous > static_cast<int>(TriadicState::buy)) return false;
  previous_ = static_cast<TriadicState>(previous);
  holding_ = holding != 0;
  return bytes.ok() && holding <= 1 && thesis_ >= -1 && thesis_ <= 1;
}

}  // namespace streamd
