#include "quotient/window_statistics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "base/result.h"

namespace streamd {
namespace {

constexpr double kMedian = 0.5;

// Where a quantile lies among n sorted values: between two neighbours, or on the last.
struct Position {
  Position(std::size_t count, double share) {
    const double position = static_cast<double>(count - 1) * share;
    below = static_cast<std::size_t>(position);
    above = std::min(below + 1, count - 1);
    weight = position - static_cast<double>(below);
  }
  std::size_t below;
  std::size_t above;
  double weight;  // of the one above
};

double quantile(std::span<const double> sorted, double share) {
  const Position at(sorted.size(), share);
  return sorted[at.below] + (sorted[at.above] - sorted[at.below]) * at.weight;
}

// Changes the values' order.
double median(std::span<double> values) {
  const Position at(values.size(), kMedian);
  const auto below = values.begin() + static_cast<std::ptrdiff_t>(at.below);
  std::nth_element(values.begin(), below, values.end());
  if (at.weight == 0) return *below;
  const double above = *std::min_element(below + 1, values.end());
  return *below + (above - *below) * at.weight;
}

// Changes the values.
double median_deviation(std::span<double> values, double from) {
  for (double& value : values) value = std::abs(value - from);
  return median(values);
}

double mean(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

template <typename IsOneOfRun>
std::int64_t longest_run(std::span<const double> values, IsOneOfRun is_one_of_run) {
  std::int64_t longest = 0;
  std::int64_t run = 0;
  for (const double value : values) {
    run = is_one_of_run(value) ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

}  // namespace

void WindowStatistics::fill(std::span<const FeatureValues> bars, WindowSummary& summary) {
  STREAMD_CHECK(!bars.empty());
  values_.resize(bars.size());
  for (std::size_t feature = 0; feature < kFeatures; ++feature) {
    for (std::size_t i = 0; i < bars.size(); ++i) values_[i] = bars[i][feature];
    FeatureStatistics& statistics = summary.features[feature];
    statistics.mean = mean(values_);
    statistics.run_length_pos = longest_run(values_, [](double value) { return value >= 0; });
    statistics.run_length_neg = longest_run(values_, [](double value) { return value <= 0; });

    const bool is_vol_ratio = feature == static_cast<std::size_t>(Feature::vol_ratio);
    if (is_vol_ratio || feature == static_cast<std::size_t>(Feature::curvature)) {
      std::sort(values_.begin(), values_.end());
      auto& quantiles = is_vol_ratio ? summary.vol_ratio_quantiles : summary.curvature_quantiles;
      for (std::size_t i = 0; i < kSummaryQuantiles; ++i) quantiles[i] = quantile(values_, kQuantileShares[i]);
      statistics.median = quantile(values_, kMedian);
    } else {
      statistics.median = median(values_);
    }
    statistics.mad = median_deviation(values_, statistics.median);
  }
}

}  // namespace streamd
