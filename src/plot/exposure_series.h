// What the decisions of one symbol want and what that would earn, second by second. Pure.
//
// The exposure e is direction · target_exposure; on hold it stays, and a change smaller than min_trade is not made.
// gross grows by e_before · (c − c_before), c the decision's close. A change costs |e − e_before| · c · (fee +
// slippage), nothing where c is not above 0. net = gross − costs.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/units.h"
#include "plot/decision_lines.h"

namespace streamd::plot {

struct SeriesOptions {
  double fee_rate = 0.0005;
  double slippage = 0.0003;
  double min_trade = 0;
};

struct SeriesPoint {
  UnixMillis timestamp_ms = 0;
  double exposure = 0;
  double delta = 0;
  double gross = 0;
  double costs = 0;
  float urgency = 0;
  std::int8_t state = 0;
  bool observe = false;

  double net() const { return gross - costs; }
};

// What is held before the first of a symbol's decisions: nothing; but where they begin with a hold that tells an
// exposure (of the cost gate), that one, at no cost.
double held_at_start(std::span<const FileDecision> decisions);
// And after a decision, where `held` was before.
double held_after(const FileDecision& decision, double held, const SeriesOptions& options);

// `decisions` of one symbol, by time, and what was held before them. What is before `from_ms` is not in the series,
// only what it left to hold: PnL begins there.
std::vector<SeriesPoint> exposure_series(std::span<const FileDecision> decisions, double held,
                                         const SeriesOptions& options, UnixMillis from_ms = 0);

}  // namespace streamd::plot
