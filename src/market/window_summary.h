// The summary of one symbol's bars in one window of time: what quotient/ makes of them and the table quotient_summaries
// holds. The six features of a bar are those of its symbol's latest closes (quotient/quotient_features.h).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/units.h"
#include "market/trade.h"

namespace streamd {

enum class Feature : std::uint8_t { vol_ratio, curvature, drawdown, burstiness, acorr_1, var_ratio };
inline constexpr std::size_t kFeatures = 6;
// As in the columns' names, by Feature.
inline constexpr std::array<std::string_view, kFeatures> kFeatureNames = {"vol_ratio",  "curvature", "drawdown",
                                                                          "burstiness", "acorr_1",   "var_ratio"};

inline constexpr std::size_t kSummaryQuantiles = 4;
inline constexpr std::array<double, kSummaryQuantiles> kQuantileShares = {0.01, 0.05, 0.95, 0.99};

// Of one feature over the window's bars that have one.
struct FeatureStatistics {
  double mean = 0;
  double median = 0;
  double mad = 0;                     // median absolute deviation from the median
  std::int64_t run_length_pos = 0;    // longest run of values >= 0, in bars
  std::int64_t run_length_neg = 0;    // longest run of values <= 0
};

// One a (symbol, start, window_s). With `count` 0 there are no statistics: what stands in them means nothing.
struct WindowSummary {
  SymbolId symbol = 0;
  Second start = 0;            // a multiple of window_s
  std::int32_t window_s = 0;   // seconds, > 0; the window ends before start + window_s
  std::int64_t count = 0;      // bars with features
  double legitimacy_density = 0;  // share of the window's bars whose evidence is legitimate, 0 … 1
  double unknown_frac = 0;        // 1 − count / window_s
  bool event_marker = false;      // some bar's |curvature| or |drawdown| was 1 or more
  std::array<FeatureStatistics, kFeatures> features;                 // by Feature
  std::array<double, kSummaryQuantiles> vol_ratio_quantiles{};       // at kQuantileShares
  std::array<double, kSummaryQuantiles> curvature_quantiles{};
  UnixMillis artifact_ms = 0;  // the journalled wall clock when it was made
};

}  // namespace streamd
