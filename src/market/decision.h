// The vocabulary of decisions: a bar's triadic state, the posture, the intent that the strategy wants, and the decision
// that is left of it behind the cost gate. One decision per (symbol, closed second).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/units.h"
#include "market/trade.h"
#include "market/verdict.h"

namespace streamd {

// The codes are those of the tables and payloads.
enum class TriadicState : std::int8_t { paradox = -3, unknown = -2, sell = -1, flat = 0, buy = 1 };

enum class Posture : std::uint8_t { unwind, observe, trade_normal, trade_convex };
std::string_view posture_name(Posture posture);  // "UNWIND" …

// Why an intent is as it is: the strategy's row, and what was appended to it.
enum class Ground : std::uint8_t {
  posture_unwind,
  posture_observe,
  systemic_collapse,
  intentional_flat,
  epistemic_unknown,
  suspension_buffer,
  prohibited,
  active,
  active_convex,
};
struct Reason {
  Ground ground = Ground::posture_observe;
  bool influence_sensor = false;
  bool over_budget = false;   // the cost gate held it
  bool under_edge = false;    // likewise

  friend bool operator==(const Reason&, const Reason&) = default;
};
std::string_view reason_text(Reason reason);  // as tables and payloads have it; lives forever

struct Intent {
  int direction = 0;           // -1, 0, 1
  double target_exposure = 0;  // 0 … 1
  double urgency = 0;          // 0 … 1
  bool hold = false;           // keep the target that was
  double actionability = 0;
  Reason reason;
};

struct Decision {
  Second second = 0;  // of its bar
  SymbolId symbol = 0;
  LabelId label = kLiveLabel;  // its bar's
  double close = 0;
  TriadicState state = TriadicState::flat;
  Posture posture = Posture::observe;
  bool gate_open = false;
  bool blocked = false;  // by the cost gate
  Intent allowed;        // behind the cost gate
  double cost = 0;       // of the change of exposure; 0 when the gate is off or blocked it
};

// Under what a run of decisions was made.
struct DecisionContext {
  std::string run_id;
  GateVerdict gate;
};

}  // namespace streamd
