#include "quotient/window_statistics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "quotient/four_lanes.h"
#include "quotient/selection.h"

namespace streamd {
namespace {

constexpr double kMedian = 0.5;

// Quantiles of values, in ascending order of their shares. Changes the values' order.
class Quantiles {
 public:
  explicit Quantiles(std::span<double> values) : values_(values), upper_(values) {}

  double at(double share) {
    const double position = static_cast<double>(values_.size() - 1) * share;
    const auto rank = static_cast<std::size_t>(position);
    const std::size_t skipped = values_.size() - upper_.size();
    select_rank(upper_, rank - skipped);
    upper_ = upper_.subspan(rank - skipped);
    const double weight = position - static_cast<double>(rank);
    if (weight == 0) return upper_.front();
    return upper_.front() + (least(upper_.subspan(1)) - upper_.front()) * weight;
  }

 private:
  std::span<double> values_;
  std::span<double> upper_;  // those that may come next
};

double mean_of(std::span<const double> values) {
  FourLanes four = FourLanes::all(0);
  std::size_t i = 0;
  for (; i + 4 <= values.size(); i += 4) four = four + FourLanes::at(&values[i]);
  double sum = total(four);
  for (; i < values.size(); ++i) sum += values[i];
  return sum / static_cast<double>(values.size());
}

template <typename BelongsToRun>
std::int64_t longest_run(std::span<const double> values, BelongsToRun belongs_to_run) {
  std::size_t longest = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (belongs_to_run(values[i])) continue;
    longest = std::max(longest, i - begin);
    begin = i + 1;
  }
  return static_cast<std::int64_t>(std::max(longest, values.size() - begin));
}

// The median and `quantiles`, those below the median first.
double fill_quantiles(std::span<double> values, std::array<double, kSummaryQuantiles>& quantiles) {
  static_assert(kQuantileShares[1] < kMedian && kMedian < kQuantileShares[2]);
  Quantiles ascending(values);
  quantiles[0] = ascending.at(kQuantileShares[0]);
  quantiles[1] = ascending.at(kQuantileShares[1]);
  const double median = ascending.at(kMedian);
  quantiles[2] = ascending.at(kQuantileShares[2]);
  quantiles[3] = ascending.at(kQuantileShares[3]);
  return median;
}

}  // namespace

void WindowStatistics::fill(std::span<const FeatureValues> bars, WindowSummary& summary) {
  STREAMD_CHECK(!bars.empty());
  values_.resize(bars.size());
  for (std::size_t i = 0; i < kFeatures; ++i) {
    for (std::size_t bar = 0; bar < bars.size(); ++bar) values_[bar] = bars[bar][i];
    FeatureStatistics& statistics = summary.features[i];
    statistics.mean = mean_of(values_);
    statistics.run_length_pos = longest_run(values_, [](double value) { return value >= 0; });
    statistics.run_length_neg = longest_run(values_, [](double value) { return value <= 0; });

    const auto feature = static_cast<Feature>(i);
    if (feature == Feature::vol_ratio) {
      statistics.median = fill_quantiles(values_, summary.vol_ratio_quantiles);
    } else if (feature == Feature::curvature) {
      statistics.median = fill_quantiles(values_, summary.curvature_quantiles);
    } else {
      statistics.median = Quantiles(values_).at(kMedian);
    }
    for (double& value : values_) value = std::abs(value - statistics.median);
    statistics.mad = Quantiles(values_).at(kMedian);
  }
}

}  // namespace streamd
