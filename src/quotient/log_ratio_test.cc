#include "quotient/log_ratio.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace streamd {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

long double exact(double from, double to) {
  const auto wide_from = static_cast<long double>(from);
  return std::abs(to / from - 1) < 0.5 ? std::log1p((to - wide_from) / wide_from) : std::log(to / wide_from);
}

void expect_exact(double from, double to) {
  const long double golden = exact(from, to);
  EXPECT_LE(std::abs(log_ratio(from, to) - golden), 1e-15L * std::abs(golden)) << from << " to " << to;
}

TEST(LogRatio, IsTheLogarithm) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> exponent(-20, 20);
  for (int i = 0; i < 20'000; ++i) expect_exact(std::pow(10, exponent(random)), std::pow(10, exponent(random)));
  for (double ratio = 0.3; ratio < 4; ratio += 0.001) expect_exact(7.5, 7.5 * ratio);
  expect_exact(1e-6, std::numeric_limits<float>::max());
  expect_exact(std::numeric_limits<float>::max(), 1e-6);
}

TEST(LogRatio, IsExactNearOne) {
  std::mt19937_64 random(2);
  std::uniform_real_distribution<double> exponent(-16, -1);
  for (int i = 0; i < 20'000; ++i) {
    const double step = std::pow(10, exponent(random));
    expect_exact(100, 100 * (1 + step));
    expect_exact(100, 100 * (1 - step));
  }
}

TEST(LogRatio, OfEqualOnesIsZero) {
  for (const double value : {1e-6, 0.1, 1.0, 3e38}) EXPECT_EQ(log_ratio(value, value), 0);
}

TEST(LogRatio, KnowsPowersOfTwo) {
  EXPECT_EQ(log_ratio(3, 6), log_ratio(1, 2));
  EXPECT_EQ(log_ratio(1, 1024), 10 * log_ratio(1, 2));
  EXPECT_EQ(log_ratio(1024, 1), -10 * log_ratio(1, 2));
}

TEST(LogRatio, ScalesByPowersOfTwoWithoutATrace) {
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> exponent(-8, 8);
  for (int i = 0; i < 10'000; ++i) {
    const double from = std::pow(10, exponent(random));
    const double to = i % 2 == 0 ? from * (1 + 1e-4 * exponent(random)) : std::pow(10, exponent(random));
    const double scale = std::ldexp(1, static_cast<int>(random() % 200) - 100);
    ASSERT_EQ(log_ratio(from * scale, to * scale), log_ratio(from, to)) << from << " to " << to;
  }
}

TEST(LogRatio, OfWhatIsNotFiniteIsNaN) {
  EXPECT_TRUE(std::isnan(log_ratio(1, kInfinity)));
  EXPECT_TRUE(std::isnan(log_ratio(kInfinity, 1)));
  EXPECT_TRUE(std::isnan(log_ratio(kInfinity, kInfinity)));
}

}  // namespace
}  // namespace streamd
