// Computed by hand.
#include "plot/exposure_series.h"

#include <gtest/gtest.h>

namespace streamd::plot {
namespace {

std::vector<SeriesPoint> series_of(const std::vector<FileDecision>& decisions, const SeriesOptions& options,
                                   UnixMillis from_ms = 0) {
  return exposure_series(decisions, held_at_start(decisions), options, from_ms);
}

FileDecision decided(std::int64_t second, double close, double target, bool hold = false) {
  FileDecision decision;
  decision.timestamp_ms = second * 1000;
  decision.close = close;
  decision.target = target;
  decision.hold = hold;
  return decision;
}

struct Expected {
  double exposure, delta, gross, costs;
};

void expect_series(const std::vector<SeriesPoint>& points, const std::vector<Expected>& expected) {
  ASSERT_EQ(points.size(), expected.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    EXPECT_NEAR(points[i].exposure, expected[i].exposure, 1e-12) << i;
    EXPECT_NEAR(points[i].delta, expected[i].delta, 1e-12) << i;
    EXPECT_NEAR(points[i].gross, expected[i].gross, 1e-12) << i;
    EXPECT_NEAR(points[i].costs, expected[i].costs, 1e-12) << i;
    EXPECT_NEAR(points[i].net(), expected[i].gross - expected[i].costs, 1e-12) << i;
  }
}

constexpr SeriesOptions kEighth{
    .fee_rate = 0.125, .slippage = 0.125, .min_trade = 0};  // a change costs a quarter of it

TEST(ExposureSeries, GrossIsWhatWasHeldAndAChangeCosts) {
  const std::vector<FileDecision> decisions = {decided(1, 100, 0), decided(2, 104, 0.5), decided(3, 108, 0.5),
                                               decided(4, 100, 0.25), decided(5, 90, 0)};
  expect_series(series_of(decisions, kEighth), {{0, 0, 0, 0},
                                                {0.5, 0.5, 0, 13},           // 0.5 · 104 / 4
                                                {0.5, 0, 2, 13},             // 0.5 · 4
                                                {0.25, -0.25, -2, 19.25},    // −0.5 · 8; 0.25 · 100 / 4
                                                {0, -0.25, -4.5, 24.875}});  // −0.25 · 10; 0.25 · 90 / 4
}

TEST(ExposureSeries, TheDefaultRatesAreTheContracts) {
  const std::vector<FileDecision> decisions = {decided(1, 95'000, 0.05)};
  expect_series(series_of(decisions, {}), {{0.05, 0.05, 0, 3.8}});  // 4750 · 0.0008
}

TEST(ExposureSeries, HoldsKeepWhatIsHeldWhateverTheySay) {
  const std::vector<FileDecision> decisions = {decided(1, 100, 0.5), decided(2, 110, 0, true),
                                               decided(3, 120, -0.5, true), decided(4, 130, 0)};
  expect_series(series_of(decisions, kEighth),
                {{0.5, 0.5, 0, 12.5}, {0.5, 0, 5, 12.5}, {0.5, 0, 10, 12.5}, {0, -0.5, 15, 28.75}});
}

TEST(ExposureSeries, AFlipIsOneChangeOfBothSides) {
  const std::vector<FileDecision> decisions = {decided(1, 100, 0.5), decided(2, 96, -0.5), decided(3, 92, -0.5)};
  expect_series(series_of(decisions, kEighth), {{0.5, 0.5, 0, 12.5}, {-0.5, -1, -2, 36.5}, {-0.5, 0, 0, 36.5}});
}

TEST(ExposureSeries, SmallerChangesThanMinTradeAreNotMade) {
  SeriesOptions options = kEighth;
  options.min_trade = 0.25;
  const std::vector<FileDecision> decisions = {decided(1, 100, 0.125), decided(2, 100, 0.25), decided(3, 100, 0.4375),
                                               decided(4, 100, 0.5), decided(5, 100, 0.3125)};
  expect_series(series_of(decisions, options),
                {{0, 0, 0, 0}, {0.25, 0.25, 0, 6.25}, {0.25, 0, 0, 6.25}, {0.5, 0.25, 0, 12.5}, {0.5, 0, 0, 12.5}});
}

TEST(ExposureSeries, AFileThatBeginsInTheMiddleOfAHoldBeginsWithIt) {
  const std::vector<FileDecision> told = {decided(1, 100, -0.5, true), decided(2, 90, 0)};
  expect_series(series_of(told, kEighth), {{-0.5, 0, 0, 0}, {0, 0.5, 5, 11.25}});
  const std::vector<FileDecision> untold = {decided(1, 100, 0, true), decided(2, 90, 0.5)};
  expect_series(series_of(untold, kEighth), {{0, 0, 0, 0}, {0.5, 0.5, 0, 11.25}});
}

TEST(ExposureSeries, AWindowKnowsWhatWasHeldAndBeginsToEarn) {
  const std::vector<FileDecision> decisions = {decided(1, 100, 0.5), decided(2, 110, 0.5), decided(3, 120, 0, true),
                                               decided(4, 130, 0.25)};
  const auto points = series_of(decisions, kEighth, 3000);
  expect_series(points, {{0.5, 0, 0, 0}, {0.25, -0.25, 5, 8.125}});
  EXPECT_EQ(points.front().timestamp_ms, 3000);
  EXPECT_TRUE(series_of(decisions, kEighth, 5000).empty());
}

TEST(ExposureSeries, NothingIsPaidForAPriceBelowZero) {
  const std::vector<FileDecision> decisions = {decided(1, -4, 0.5), decided(2, -8, 0), decided(3, 0, 0.5)};
  expect_series(series_of(decisions, kEighth), {{0.5, 0.5, 0, 0}, {0, -0.5, -2, 0}, {0.5, 0.5, -2, 0}});
}

TEST(ExposureSeries, NoDecisionsAreNoPoints) {
  EXPECT_TRUE(series_of({}, {}).empty());
}

}  // namespace
}  // namespace streamd::plot
