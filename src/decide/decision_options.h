// What of the options decides about decisions. Part of the core's options, so journalled with each run.
#pragma once

#include <cstdint>

namespace streamd {

inline constexpr std::uint32_t kMinStateWindow = 2;  // closes
inline constexpr std::uint32_t kMaxStateWindow = 100'000;

struct CostGateOptions {
  double fee_rate = 0.0005;   // >= 0
  double slippage = 0.0003;   // >= 0
  double edge_bps = 0;        // >= 0; 0: no minimum edge
  double cost_budget = 0;     // >= 0, in quote currency; 0: no budget
  double cost_window_s = 60;  // > 0; at least one second counts

  bool is_on() const { return cost_budget > 0 || edge_bps > 0; }
  bool are_in_range() const {  // false for NaN, too
    return fee_rate >= 0 && slippage >= 0 && edge_bps >= 0 && cost_budget >= 0 && cost_window_s > 0;
  }
};

struct DecisionOptions {
  bool emit = false;
  std::uint32_t state_window = 200;  // closes, 2 … 100,000
  double tau_on = 0;                 // >= tau_off
  double tau_off = 0;
  double base_size = 0.05;           // 0 … 1
  bool confidence_is_legitimacy = false;
  bool influence = false;            // the sensor is asked
  CostGateOptions cost;

  bool are_in_range() const {
    return state_window >= kMinStateWindow && state_window <= kMaxStateWindow && tau_on >= tau_off && base_size >= 0 &&
           base_size <= 1 && cost.are_in_range();
  }
};

}  // namespace streamd
