#include "quotient/selection.h"

#include <algorithm>

#include "quotient/four_lanes.h"

namespace streamd {
namespace {

constexpr std::size_t kSmall = 8;

// Values for which `goes_first` come first; returns their number.
template <typename GoesFirst>
std::size_t partition(std::span<double> values, GoesFirst goes_first) {
  std::size_t firsts = 0;
  for (double& place : values) {
    const double value = place;
    place = values[firsts];
    values[firsts] = value;
    firsts += goes_first(value) ? 1 : 0;
  }
  return firsts;
}

double median_of_three(double a, double b, double c) { return std::max(std::min(a, b), std::min(std::max(a, b), c)); }

// Near the middle of the values, most likely; and never among the three least or greatest.
double pivot_of(std::span<const double> values) {
  const std::size_t step = values.size() / 9;
  const auto middle = [&](std::size_t first) {
    return median_of_three(values[first * step], values[(first + 3) * step], values[(first + 6) * step]);
  };
  return median_of_three(middle(0), middle(1), middle(2));
}

void sort_few(std::span<double> values) {
  for (std::size_t i = 1; i < values.size(); ++i) {
    const double value = values[i];
    std::size_t place = i;
    for (; place > 0 && value < values[place - 1]; --place) values[place] = values[place - 1];
    values[place] = value;
  }
}

}  // namespace

void select_rank(std::span<double> values, std::size_t rank) {
  while (values.size() > kSmall) {
    const double pivot = pivot_of(values);
    const std::size_t lesser = partition(values, [pivot](double value) { return value < pivot; });
    if (rank < lesser) {
      values = values.first(lesser);
      continue;
    }
    values = values.subspan(lesser);
    rank -= lesser;
    // With the pivot as one of the least, it may be there many times.
    if (lesser > values.size() / 8) continue;
    const std::size_t equal = partition(values, [pivot](double value) { return value <= pivot; });
    if (rank < equal) return;
    values = values.subspan(equal);
    rank -= equal;
  }
  sort_few(values);
}

double least(std::span<const double> values) {
  FourLanes lowest = FourLanes::all(values.front());
  std::size_t i = 0;
  for (; i + 4 <= values.size(); i += 4) lowest = lower(lowest, FourLanes::at(&values[i]));
  double least = std::ranges::min(lowest.lanes());
  for (; i < values.size(); ++i) least = std::min(least, values[i]);
  return least;
}

}  // namespace streamd
