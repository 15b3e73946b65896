// State, posture and confidence → the intent: the first row of the contract's table that applies. One object a symbol:
// its memory. Behind decide/triadic_state and the gate, before decide/cost_gate. Pure.
#pragma once

#include <cstdint>

#include "base/byte_codec.h"
#include "market/decision.h"

namespace streamd {

// -1, 0, 1; 0 of what is no direction.
int direction_of(TriadicState state);

struct StrategyOptions {
  double tau_on = 0;  // >= tau_off
  double tau_off = 0;
  double base_size = 0.05;
};

struct StrategyInput {
  TriadicState state = TriadicState::flat;
  Posture posture = Posture::observe;
  double confidence = 1;     // 0 … 1
  bool recommended = false;  // by the influence sensor, the state's direction
};

class TriadicStrategy {
 public:
  Intent next(const StrategyInput& input, const StrategyOptions& options);

  void save(ByteSink& bytes) const;
  // False: these are not the bytes of one.
  bool load(ByteSource& bytes);

 private:
  enum class Permission : std::uint8_t { permitted, suspended, prohibited };

  Permission permission(const StrategyInput& input, const StrategyOptions& options) const;
  Intent intent_of(const StrategyInput& input, const StrategyOptions& options) const;
  Intent active(const StrategyInput& input, const StrategyOptions& options) const;

  std::int8_t thesis_ = 0;
  TriadicState previous_ = TriadicState::flat;
  bool holding_ = false;
  std::uint32_t age_ = 0;  // for how many bars the state has been the same direction, the first not counted
};

}  // namespace streamd
