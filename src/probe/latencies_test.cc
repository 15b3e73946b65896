#include "probe/latencies.h"

#include <gtest/gtest.h>

#include <vector>

#include "probe/random.h"

namespace streamd::probe {
namespace {

TEST(Latencies, PercentilesAreRightWithinABucket) {
  Random random(1);
  std::vector<std::int64_t> values;
  Latencies latencies;
  for (int i = 0; i < 20'000; ++i) {
    const std::int64_t ns = static_cast<std::int64_t>(random.next() >> (24 + random.below(30)));
    values.push_back(ns);
    latencies.add(ns, 1);
  }
  std::sort(values.begin(), values.end());
  for (const double share : {0.0, 0.1, 0.5, 0.9, 0.99, 0.999}) {
    const auto exact = static_cast<double>(values[static_cast<std::size_t>(share * double(values.size()))]) / 1e6;
    EXPECT_GE(latencies.at_ms(share), exact) << share;
    EXPECT_LE(latencies.at_ms(share), exact * 1.07 + 1e-6) << share;
  }
  EXPECT_DOUBLE_EQ(latencies.max_ms(), static_cast<double>(values.back()) / 1e6);
  EXPECT_DOUBLE_EQ(latencies.at_ms(1), latencies.max_ms());
}

TEST(Latencies, AddUp) {
  Latencies one, other;
  EXPECT_EQ(one.at_ms(0.5), 0);
  one.add(1'000'000, 99);
  other.add(5'000'000, 1);
  one.add(other);
  EXPECT_EQ(one.count(), 100);
  EXPECT_NEAR(one.at_ms(0.5), 1, 0.07);
  EXPECT_DOUBLE_EQ(one.max_ms(), 5);
  one.add(-3, 1);
  EXPECT_NEAR(one.at_ms(0), 0, 1e-6);
}

}  // namespace
}  // namespace streamd::probe
