#include "quotient/selection.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace streamd {
namespace {

void expect_selected(const std::vector<double>& values, std::size_t rank) {
  std::vector<double> sorted = values;
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> selected = values;
  select_rank(selected, rank);
  const auto place = selected.begin() + static_cast<std::ptrdiff_t>(rank);
  ASSERT_EQ(*place, sorted.at(rank)) << "rank " << rank << " of " << values.size();
  ASSERT_TRUE(std::all_of(selected.begin(), place, [&](double value) { return value <= *place; }));
  ASSERT_TRUE(std::all_of(place, selected.end(), [&](double value) { return value >= *place; }));
  ASSERT_EQ(least({place, selected.end()}), *place);
  std::sort(selected.begin(), selected.end());
  ASSERT_EQ(selected, sorted) << "the same values, in another order";
}

void expect_all_selected(const std::vector<double>& values) {
  for (std::size_t rank = 0; rank < values.size(); rank += 1 + values.size() / 37) {
    ASSERT_NO_FATAL_FAILURE(expect_selected(values, rank));
  }
  ASSERT_NO_FATAL_FAILURE(expect_selected(values, values.size() - 1));
}

TEST(Selection, OfRandomValues) {
  std::mt19937_64 random(1);
  for (std::size_t count = 1; count <= 3600; count += 1 + count / 9) {
    std::vector<double> values(count);
    for (double& value : values) value = static_cast<double>(random() % 1'000'000) - 500'000;
    ASSERT_NO_FATAL_FAILURE(expect_all_selected(values));
  }
}

TEST(Selection, OfFewDifferentValues) {
  std::mt19937_64 random(2);
  for (const std::uint64_t kinds : {1, 2, 3, 10}) {
    for (const std::size_t count : {2, 9, 10, 100, 3600}) {
      std::vector<double> values(count);
      for (double& value : values) value = static_cast<double>(random() % kinds);
      ASSERT_NO_FATAL_FAILURE(expect_all_selected(values));
    }
  }
}

TEST(Selection, OfSortedValuesEitherWay) {
  std::vector<double> values(3600);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i);
  ASSERT_NO_FATAL_FAILURE(expect_all_selected(values));
  std::reverse(values.begin(), values.end());
  ASSERT_NO_FATAL_FAILURE(expect_all_selected(values));
}

// The pivots are taken from places of which the values are far apart from all others.
TEST(Selection, OfValuesThatMakeBadPivots) {
  std::vector<double> values;
  for (int i = 0; i < 3600; ++i) values.push_back(i % 400 == 0 ? 1e6 + i : i);
  ASSERT_NO_FATAL_FAILURE(expect_all_selected(values));
  for (double& value : values) value = -value;
  ASSERT_NO_FATAL_FAILURE(expect_all_selected(values));
}

}  // namespace
}  // namespace streamd
