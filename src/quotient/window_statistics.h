// The statistics of a window: of its bars' features, one feature after the other. Quantiles, the median among them,
// interpolate linearly between the order statistics at position (n − 1) · share. Pure.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "market/window_summary.h"

namespace streamd {

using FeatureValues = std::array<double, kFeatures>;  // of one bar, by Feature; finite

class WindowStatistics {
 public:
  // Fills the statistics and quantiles of `summary`. `bars` in order of time, one at least.
  void fill(std::span<const FeatureValues> bars, WindowSummary& summary);

 private:
  std::vector<double> values_;  // of one feature; kept for its memory alone
};

}  // namespace streamd
