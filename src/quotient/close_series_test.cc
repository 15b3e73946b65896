#include "quotient/close_series.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "quotient/quotient_features.h"

namespace streamd {
namespace {

std::vector<double> random_closes(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> step(0, 1e-3);
  std::vector<double> closes;
  double close = 100;
  for (std::size_t i = 0; i < count; ++i) closes.push_back(close *= std::exp(step(random)));
  return closes;
}

std::vector<double> newest(const std::vector<double>& closes, std::size_t until) {
  const std::size_t first = until - std::min(until, CloseSeries::kCloses);
  return {closes.begin() + static_cast<std::ptrdiff_t>(first), closes.begin() + static_cast<std::ptrdiff_t>(until)};
}

std::vector<double> returns_of(const CloseSeries& series) { return {series.returns().begin(), series.returns().end()}; }

std::string saved(const CloseSeries& series) {
  ByteSink bytes;
  series.save(bytes);
  return bytes.take();
}

TEST(CloseSeries, IsTheLogReturnsOfTheLast257ClosesBitForBit) {
  const auto closes = random_closes(1500, 1);
  CloseSeries series;
  EXPECT_EQ(series.size(), 0u);
  for (std::size_t i = 1; i <= closes.size(); ++i) {
    series.append(closes[i - 1]);
    ASSERT_EQ(series.size(), std::min<std::size_t>(i, 257));
    const auto expected = log_returns(newest(closes, i));
    ASSERT_EQ(returns_of(series), expected) << "close " << i;
    const auto features = quotient_of(series.returns());
    const auto expected_features = quotient_of(expected);
    ASSERT_EQ(features.has_value(), i >= 3);
    if (features) {
      ASSERT_EQ(features->values, expected_features->values) << "close " << i;
    }
  }
}

TEST(CloseSeries, ALogReturnIsOfSinglesAndOfNothingBelowTheLowestClose) {
  const auto ratio = [](double from, double to) { return log_returns(std::vector{from, to}).at(0); };
  EXPECT_NEAR(ratio(100, 101), std::log(1.01), 1e-15);
  EXPECT_EQ(ratio(100, 100.0000001), 0);  // one and the same in single precision
  EXPECT_EQ(ratio(-5, 0), 0);
  EXPECT_EQ(ratio(1e-6, 1e-9), 0);
  EXPECT_NEAR(ratio(-1, 1), std::log(1e6), 1e-14);
  EXPECT_TRUE(log_returns(std::vector<double>{}).empty());
  EXPECT_TRUE(log_returns(std::vector{5.0}).empty());
}

TEST(CloseSeries, ACloseBeyondSinglePrecisionMakesNaNOfItsTwoReturnsAlone) {
  CloseSeries series;
  for (const double close : {1.0, 2.0, 1e300, 2.0, 4.0}) series.append(close);
  const auto returns = returns_of(series);
  ASSERT_EQ(returns.size(), 4u);
  EXPECT_NEAR(returns[0], std::log(2), 1e-15);
  EXPECT_TRUE(std::isnan(returns[1]));
  EXPECT_TRUE(std::isnan(returns[2]));
  EXPECT_NEAR(returns[3], std::log(2), 1e-15);
}

TEST(CloseSeries, GoesOnWhereItWasSaved) {
  const auto closes = random_closes(900, 2);
  for (const std::size_t at : {0, 1, 2, 3, 100, 256, 257, 258, 320, 321, 322, 500, 700}) {
    SCOPED_TRACE("saved after " + std::to_string(at));
    CloseSeries whole;
    for (std::size_t i = 0; i < at; ++i) whole.append(closes[i]);
    CloseSeries loaded;
    const std::string bytes = saved(whole);
    ByteSource source(bytes);
    ASSERT_TRUE(loaded.load(source));
    EXPECT_TRUE(source.at_end());
    ASSERT_EQ(loaded.size(), whole.size());
    for (std::size_t i = at; i < closes.size(); ++i) {
      whole.append(closes[i]);
      loaded.append(closes[i]);
      ASSERT_EQ(returns_of(loaded), returns_of(whole)) << "close " << i;
    }
    EXPECT_EQ(saved(loaded), saved(whole));
  }
}

// What is saved tells nothing of the closes before.
TEST(CloseSeries, IsSavedAsItsLast257ClosesAre) {
  const auto closes = random_closes(700, 3);
  CloseSeries series;
  for (const double close : closes) series.append(close);
  CloseSeries late;
  for (const double close : newest(closes, closes.size())) late.append(close);
  EXPECT_EQ(saved(series), saved(late));
}

TEST(CloseSeries, RefusesBytesThatAreNone) {
  CloseSeries series;
  for (const double close : random_closes(300, 4)) series.append(close);
  const std::string bytes = saved(series);
  const auto loads = [](const std::string& text) {
    CloseSeries loaded;
    ByteSource source(text);
    return loaded.load(source);
  };
  EXPECT_TRUE(loads(bytes));
  EXPECT_FALSE(loads(bytes.substr(0, bytes.size() - 1)));
  EXPECT_FALSE(loads(""));

  const auto with = [](double newest_close, std::uint32_t returns) {
    ByteSink sink;
    sink.put(newest_close);
    sink.put(returns);
    for (std::uint32_t i = 0; i < returns; ++i) sink.put(0.25);
    return sink.take();
  };
  EXPECT_TRUE(loads(with(1, 256)));
  EXPECT_FALSE(loads(with(1, 257)));
  EXPECT_TRUE(loads(with(0, 0)));
  EXPECT_FALSE(loads(with(0, 1)));
  EXPECT_FALSE(loads(with(-1, 1)));
  EXPECT_FALSE(loads(with(1e-9, 1)));
  EXPECT_FALSE(loads(with(std::numeric_limits<double>::quiet_NaN(), 1)));
}

}  // namespace
}  // namespace streamd
