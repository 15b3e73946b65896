// The six features of a bar, of the log returns r_0 … r_(W-1) of its symbol's latest closes (quotient/close_series.h),
// with ε = 1e-6, var the population variance, m the mean of r:
//   vol_ratio   sqrt(var r + ε) / (max r − min r + ε)
//   curvature   ln(1 + sqrt(var d + ε)), d_i = r_(i+1) − 2 r_i + r_(i−1); 0 when W < 3
//   drawdown    max(peak − s) / (|s_last − r_0| + ε), s the running sum of r from r_0, peak its running maximum
//   burstiness  Σ|r| / (sqrt(Σr²) + ε)
//   acorr_1     Σab / sqrt(Σa² Σb²), a = r without its last, b = r without its first, both less m; −1 … 1; 0 when
//               it is undefined: the returns are equal but for rounding
//   var_ratio   sqrt(var of the last min(64, W) returns + ε) / (sqrt(var of the last min(256, W) + ε) + ε)
// (docs/contract.md). Pure, and free of libm: the same bits on every machine.
#pragma once

#include <array>
#include <optional>
#include <span>

#include "market/window_summary.h"

namespace streamd {

struct QuotientFeatures {
  std::array<double, kFeatures> values{};  // by Feature; finite: what would not be is 0
  bool is_legitimate = false;              // evidence: the returns' standard deviation is at least 1e-12
};

// Nothing for fewer than two returns. All of them count, of any number; a return that is not finite makes all features
// 0 and the evidence illegitimate.
std::optional<QuotientFeatures> quotient_of(std::span<const double> returns);

}  // namespace streamd
