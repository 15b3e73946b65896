// The statistics against their definitions: by sorting, and by trying all runs.
#include "quotient/window_statistics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <vector>

namespace streamd {
namespace {

using Values = std::vector<double>;

Values feature_of(const std::vector<FeatureValues>& bars, std::size_t feature) {
  Values values;
  for (const FeatureValues& bar : bars) values.push_back(bar.at(feature));
  return values;
}

double naive_quantile(Values values, double share) {
  std::sort(values.begin(), values.end());
  const double position = static_cast<double>(values.size() - 1) * share;
  const double below = std::floor(position);
  const double lower = values.at(static_cast<std::size_t>(below));
  const double upper = values.at(static_cast<std::size_t>(std::ceil(position)));
  return lower + (upper - lower) * (position - below);
}

double naive_mad(Values values) {
  const double median = naive_quantile(values, 0.5);
  for (double& value : values) value = std::abs(value - median);
  return naive_quantile(values, 0.5);
}

std::int64_t naive_run(const Values& values, const std::function<bool(double)>& belongs) {
  std::ptrdiff_t longest = 0;
  for (auto begin = values.begin(); begin != values.end(); ++begin) {
    longest = std::max(longest, std::find_if_not(begin, values.end(), belongs) - begin);
  }
  return longest;
}

void expect_statistics(const std::vector<FeatureValues>& bars) {
  WindowSummary summary;
  WindowStatistics().fill(bars, summary);
  for (std::size_t feature = 0; feature < kFeatures; ++feature) {
    SCOPED_TRACE(std::string(kFeatureNames.at(feature)) + " of " + std::to_string(bars.size()));
    const Values values = feature_of(bars, feature);
    const FeatureStatistics& found = summary.features.at(feature);
    long double sum = 0;
    for (const double value : values) sum += value;
    ASSERT_NEAR(found.mean, static_cast<double>(sum / static_cast<long double>(values.size())), 1e-12);
    ASSERT_DOUBLE_EQ(found.median, naive_quantile(values, 0.5));
    ASSERT_DOUBLE_EQ(found.mad, naive_mad(values));
    ASSERT_EQ(found.run_length_pos, naive_run(values, [](double value) { return value >= 0; }));
    ASSERT_EQ(found.run_length_neg, naive_run(values, [](double value) { return value <= 0; }));
  }
  const auto expect_quantiles = [&](Feature feature, const std::array<double, kSummaryQuantiles>& quantiles) {
    const Values values = feature_of(bars, static_cast<std::size_t>(feature));
    for (std::size_t i = 0; i < kSummaryQuantiles; ++i) {
      ASSERT_DOUBLE_EQ(quantiles.at(i), naive_quantile(values, kQuantileShares.at(i))) << kQuantileShares.at(i);
    }
  };
  ASSERT_NO_FATAL_FAILURE(expect_quantiles(Feature::vol_ratio, summary.vol_ratio_quantiles));
  ASSERT_NO_FATAL_FAILURE(expect_quantiles(Feature::curvature, summary.curvature_quantiles));
}

// Each feature of another kind: continuous, with many zeros, few different ones, one alone, a walk, drifting.
std::vector<FeatureValues> random_bars(std::size_t count, std::mt19937_64& random) {
  std::normal_distribution<double> normal;
  const auto few = [&](int kinds) { return static_cast<double>(random() % static_cast<std::uint64_t>(kinds)); };
  std::vector<FeatureValues> bars;
  double walk = 0;
  const double only = few(3) - 1;
  for (std::size_t i = 0; i < count; ++i) {
    walk += normal(random);
    FeatureValues bar = {normal(random), few(2) * normal(random), few(3) - 1, only, walk, walk / 10 + few(4)};
    std::rotate(bar.begin(), bar.begin() + static_cast<std::ptrdiff_t>(count % kFeatures), bar.end());
    bars.push_back(bar);
  }
  return bars;
}

TEST(WindowStatistics, AgreeWithTheirDefinitions) {
  std::mt19937_64 random(1);
  for (std::size_t count = 1; count <= 130; ++count) {
    for (int i = 0; i < 4; ++i) ASSERT_NO_FATAL_FAILURE(expect_statistics(random_bars(count, random)));
  }
  for (const std::size_t count : {299, 300, 1001, 3599, 3600}) {
    ASSERT_NO_FATAL_FAILURE(expect_statistics(random_bars(count, random)));
  }
}

TEST(WindowStatistics, ByHand) {
  std::vector<FeatureValues> bars;
  for (const double value : {-1.0, 2.0, 0.0, 3.0, -4.0, 0.0}) bars.push_back({value, 10 * value, 0, value, value, 7});
  WindowSummary summary;
  WindowStatistics().fill(bars, summary);
  const FeatureStatistics& first = summary.features[0];
  EXPECT_EQ(first.mean, 0);
  EXPECT_EQ(first.median, 0);
  EXPECT_EQ(first.mad, 1.5);  // of 0 0 1 2 3 4
  EXPECT_EQ(first.run_length_pos, 3);
  EXPECT_EQ(first.run_length_neg, 2);
  EXPECT_EQ(summary.features[2].run_length_pos, 6) << "zero is both";
  EXPECT_EQ(summary.features[2].run_length_neg, 6);
  EXPECT_EQ(summary.features[5].run_length_neg, 0);
  EXPECT_EQ(summary.features[5].median, 7);
  EXPECT_DOUBLE_EQ(summary.vol_ratio_quantiles[0], -3.85);  // -4 + (-1 − -4) · 0.05
  EXPECT_DOUBLE_EQ(summary.vol_ratio_quantiles[2], 2.75);   // 2 + (3 − 2) · 0.75
  EXPECT_DOUBLE_EQ(summary.curvature_quantiles[3], 29.5);
}

TEST(WindowStatistics, ThoseOfOneBarAreItsValues) {
  WindowSummary summary;
  WindowStatistics().fill(std::vector<FeatureValues>{{1, 2, 3, 4, -5, 6}}, summary);
  EXPECT_EQ(summary.features[4].mean, -5);
  EXPECT_EQ(summary.features[4].median, -5);
  EXPECT_EQ(summary.features[4].mad, 0);
  EXPECT_EQ(summary.features[4].run_length_pos, 0);
  EXPECT_EQ(summary.features[4].run_length_neg, 1);
  for (const double quantile : summary.vol_ratio_quantiles) EXPECT_EQ(quantile, 1);
  for (const double quantile : summary.curvature_quantiles) EXPECT_EQ(quantile, 2);
}

// What a window before had says nothing of the next.
TEST(WindowStatistics, OfOneWindowAfterTheOther) {
  std::mt19937_64 random(2);
  WindowStatistics statistics;
  for (const std::size_t count : {100, 3, 50, 1}) {
    const auto bars = random_bars(count, random);
    WindowSummary again;
    WindowSummary fresh;
    statistics.fill(bars, again);
    WindowStatistics().fill(bars, fresh);
    for (std::size_t i = 0; i < kFeatures; ++i) EXPECT_EQ(again.features[i].mad, fresh.features[i].mad) << count;
    EXPECT_EQ(again.vol_ratio_quantiles, fresh.vol_ratio_quantiles);
  }
}

}  // namespace
}  // namespace streamd
