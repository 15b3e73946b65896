// The features against golden files and against their definitions, spelt out in long double.
#include "quotient/quotient_features.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "quotient/close_series.h"
#include "support/golden_lines.h"

namespace streamd {
namespace {

std::optional<QuotientFeatures> features_of(const std::vector<double>& closes) {
  return quotient_of(log_returns(closes));
}

// `relative_of(feature, golden)`: the tolerance, beside an absolute one.
template <typename Relative>
int check_golden(const std::string& path, Relative relative_of, double absolute) {
  return read_golden(path, [&](simdjson::dom::element object) {
    std::vector<double> closes;
    for (const double close : object["closes"]) closes.push_back(close);
    const auto features = features_of(closes);
    ASSERT_EQ(features.has_value(), closes.size() >= 3);
    const QuotientFeatures found = features.value_or(QuotientFeatures{});
    std::size_t i = 0;
    for (const double golden : object["qfeat"]) {
      const double tolerance = absolute + relative_of(static_cast<Feature>(i), golden) * std::abs(golden);
      ASSERT_NEAR(found.values.at(i), golden, tolerance) << kFeatureNames.at(i);
      ++i;
    }
    ASSERT_EQ(i, kFeatures);
    bool legitimate = false;
    if (object["legitimate"].get(legitimate) == simdjson::SUCCESS) {
      ASSERT_EQ(found.is_legitimate, legitimate);
    }
  });
}

TEST(QuotientFeatures, AgreeWithTheGoldenFile) {
  const auto relative = [](Feature, double) { return 2e-9; };
  EXPECT_EQ(check_golden(own_golden("qfeat.jsonl"), relative, 1e-12), 35);
}

TEST(QuotientFeatures, AgreeWithTheSharedGoldenFile) {
  const std::string path = shared_golden("qfeat.jsonl");
  if (!is_there(path)) GTEST_SKIP() << path << " is not there";
  const auto relative = [](Feature feature, double golden) {
    return feature == Feature::drawdown && golden > 1000 ? 5e-3 : 1e-4;
  };
  EXPECT_GT(check_golden(path, relative, 1e-6), 0);
}

using Numbers = std::vector<long double>;
constexpr long double kEpsilon = 1e-6L;

long double mean_of(const Numbers& values) {
  long double sum = 0;
  for (const long double value : values) sum += value;
  return sum / static_cast<long double>(values.size());
}

long double variance_of(const Numbers& values) {
  const long double mean = mean_of(values);
  long double squares = 0;
  for (const long double value : values) squares += (value - mean) * (value - mean);
  return squares / static_cast<long double>(values.size());
}

Numbers last_of(const Numbers& values, std::size_t count) {
  return {values.end() - static_cast<std::ptrdiff_t>(std::min(count, values.size())), values.end()};
}

// By Feature; of two closes at least.
Numbers naive_features(const std::vector<double>& closes) {
  Numbers r;
  const auto log_of = [](double close) { return std::log(std::max<long double>(static_cast<float>(close), kEpsilon)); };
  for (std::size_t i = 1; i < closes.size(); ++i) r.push_back(log_of(closes[i]) - log_of(closes[i - 1]));
  const long double mean = mean_of(r);
  const auto [lowest, highest] = std::minmax_element(r.begin(), r.end());

  Numbers d;
  for (std::size_t i = 1; i + 1 < r.size(); ++i) d.push_back(r[i + 1] - 2 * r[i] + r[i - 1]);

  Numbers s;
  for (const long double value : r) s.push_back((s.empty() ? 0 : s.back()) + value);
  long double fall = 0;
  for (std::size_t i = 0; i < s.size(); ++i) {
    for (std::size_t j = i; j < s.size(); ++j) fall = std::max(fall, s[i] - s[j]);
  }
  long double magnitudes = 0;
  long double squares = 0;
  for (const long double value : r) {
    magnitudes += std::abs(value);
    squares += value * value;
  }
  long double products = 0;
  long double before = 0;
  long double after = 0;
  for (std::size_t i = 0; i + 1 < r.size(); ++i) {
    products += (r[i] - mean) * (r[i + 1] - mean);
    before += (r[i] - mean) * (r[i] - mean);
    after += (r[i + 1] - mean) * (r[i + 1] - mean);
  }
  return {std::sqrt(variance_of(r) + kEpsilon) / (*highest - *lowest + kEpsilon),
          d.empty() ? 0 : std::log(1 + std::sqrt(variance_of(d) + kEpsilon)),
          fall / (std::abs(s.back() - r.front()) + kEpsilon),
          magnitudes / (std::sqrt(squares) + kEpsilon),
          before * after == 0 ? 0 : products / std::sqrt(before * after),
          std::sqrt(variance_of(last_of(r, 64)) + kEpsilon) /
              (std::sqrt(variance_of(last_of(r, 256)) + kEpsilon) + kEpsilon)};
}

std::vector<double> random_closes(std::size_t count, std::mt19937_64& random) {
  const double scale = std::pow(10, std::uniform_real_distribution<double>(-5, -0.5)(random));
  const double drift = random() % 2 == 0 ? 0 : scale / 3;
  std::normal_distribution<double> step(drift, scale);
  std::vector<double> closes = {std::pow(10, std::uniform_real_distribution<double>(-1, 4)(random))};
  while (closes.size() < count) closes.push_back(closes.back() * std::exp(step(random)));
  return closes;
}

TEST(QuotientFeatures, AgreeWithTheirDefinitions) {
  std::mt19937_64 random(1);
  for (std::size_t count = 3; count <= 340; ++count) {
    for (int i = 0; i < 3; ++i) {
      const auto closes = random_closes(count, random);
      const auto features = features_of(closes);
      const Numbers naive = naive_features(closes);
      ASSERT_TRUE(features);
      for (std::size_t feature = 0; feature < kFeatures; ++feature) {
        const auto golden = static_cast<double>(naive.at(feature));
        ASSERT_NEAR(features->values.at(feature), golden, 1e-8 * std::abs(golden) + 1e-9)
            << kFeatureNames.at(feature) << " of " << count << " closes";
      }
      ASSERT_TRUE(features->is_legitimate);
    }
  }
}

// What single precision and 1e-6 make of a price scales with it, as long as it stays clear of both ends.
TEST(QuotientFeatures, DoNotChangeWhenAllPricesAreScaledByAPowerOfTwo) {
  std::mt19937_64 random(2);
  for (const std::size_t count : {3, 4, 7, 30, 64, 65, 66, 257}) {
    for (int i = 0; i < 20; ++i) {
      const auto closes = random_closes(count, random);
      auto scaled = closes;
      const double scale = std::ldexp(1, static_cast<int>(random() % 60) - 10);
      for (double& close : scaled) close *= scale;
      EXPECT_EQ(features_of(scaled)->values, features_of(closes)->values) << count << " closes times " << scale;
    }
  }
}

TEST(QuotientFeatures, AreNoneWithFewerThanThreeCloses) {
  EXPECT_FALSE(features_of({}));
  EXPECT_FALSE(features_of({100}));
  EXPECT_FALSE(features_of({100, 101}));
  EXPECT_TRUE(features_of({100, 101, 102}));
}

TEST(QuotientFeatures, AreIllegitimateEvidenceWhenReturnsAreEqual) {
  EXPECT_FALSE(features_of(std::vector<double>(257, 42.5))->is_legitimate);
  EXPECT_FALSE(features_of({1, 2, 4, 8, 16, 32, 64})->is_legitimate);
  EXPECT_FALSE(features_of({-1, -2, -3, 0})->is_legitimate);
  EXPECT_TRUE(features_of({100, 100, 100, 100.001})->is_legitimate);
}

// Their mean is rounded: what is left of each is noise, in which everything is correlated.
TEST(QuotientFeatures, EqualReturnsAreNotCorrelated) {
  for (const double factor : {3.0, 5.0, 7.0}) {
    std::vector<double> closes = {1, factor};
    while (closes.back() * factor < 1 << 24) {  // exact in single precision
      closes.push_back(closes.back() * factor);
      const auto features = features_of(closes);
      EXPECT_EQ(features->values[static_cast<std::size_t>(Feature::acorr_1)], 0) << closes.size() << " of " << factor;
      EXPECT_FALSE(features->is_legitimate);
    }
  }
}

TEST(QuotientFeatures, AreZeroAndIllegitimateWithAPriceBeyondSinglePrecision) {
  std::mt19937_64 random(3);
  for (const std::size_t place : {0, 1, 4, 100, 255, 256}) {
    auto closes = random_closes(257, random);
    closes.at(place) = 1e39;
    const auto features = features_of(closes);
    ASSERT_TRUE(features);
    EXPECT_EQ(features->values, (std::array<double, kFeatures>{})) << place;
    EXPECT_FALSE(features->is_legitimate);
  }
}

}  // namespace
}  // namespace streamd
