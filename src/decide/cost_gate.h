// Holds an intent at the last target when what it costs to get there is over the budget of the last seconds, or is not
// covered by the edge. Reductions always pass. One object a symbol: its memory. Last step of decide/decision_engine.
// Pure. It estimates notional costs; it never knows of executions.
#pragma once

#include <cstddef>
#include <vector>

#include "base/byte_codec.h"
#include "base/units.h"
#include "decide/decision_options.h"
#include "market/decision.h"

namespace streamd {

struct GatedIntent {
  Intent intent;
  bool blocked = false;
  double cost = 0;  // 0 when the gate is off or blocked it
};

class CostGate {
 public:
  // `now`: the bar's second; ascends. While the gate is off everything passes at no cost, and the target is remembered
  // all the same: once it is on, it starts from the exposure that the sinks were told last.
  GatedIntent next(const Intent& wanted, double price, Second now, const CostGateOptions& options);

  void save(ByteSink& bytes) const;
  // False: these are not the bytes of one.
  bool load(ByteSource& bytes);

 private:
  struct Payment {
    Second second;
    double cost;
  };

  void forget_payments_before(double second);
  double spent() const;
  void pay(Second now, double cost);

  double last_target_ = 0;  // signed
  std::vector<Payment> payments_;
  std::size_t oldest_ = 0;  // payments before this one have left the window
};

}  // namespace streamd
