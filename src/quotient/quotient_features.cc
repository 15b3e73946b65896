#include "quotient/quotient_features.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "quotient/log_ratio.h"

namespace streamd {
namespace {

constexpr double kEpsilon = 1e-6;
constexpr double kMinDeviation = 1e-12;  // below it there is no evidence
constexpr double kRounding = 1e-12;      // relative: returns that differ by less are equal
constexpr std::size_t kShortWindow = 64;
constexpr std::size_t kLongWindow = 256;

// Sums are kept in eight lanes, each of every eighth value: so the compiler may use vectors of any width, no addition
// waits for the one before it, and the order of additions is one and the same on every machine.
constexpr std::size_t kLanes = 8;

class LaneSum {
 public:
  void add(std::size_t lane, double value) { lanes_[lane] += value; }
  double total() const {
    return ((lanes_[0] + lanes_[4]) + (lanes_[2] + lanes_[6])) + ((lanes_[1] + lanes_[5]) + (lanes_[3] + lanes_[7]));
  }

 private:
  std::array<double, kLanes> lanes_{};
};

// Calls `add(i, lane)` for 0 … count − 1.
template <typename Add>
inline void for_lanes(std::size_t count, Add add) {
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) add(i + lane, lane);
  }
  for (std::size_t lane = 0; i + lane < count; ++lane) add(i + lane, lane);
}

struct Totals {
  double sum = 0;
  double magnitudes = 0;
  double squares = 0;
  double lowest = 0;
  double highest = 0;
};

Totals totals_of(std::span<const double> returns) {
  LaneSum sum;
  LaneSum magnitudes;
  LaneSum squares;
  std::array<double, kLanes> lowest;
  std::array<double, kLanes> highest;
  lowest.fill(returns.front());
  highest.fill(returns.front());
  for_lanes(returns.size(), [&](std::size_t i, std::size_t lane) {
    const double value = returns[i];
    sum.add(lane, value);
    magnitudes.add(lane, std::abs(value));
    squares.add(lane, value * value);
    lowest[lane] = value < lowest[lane] ? value : lowest[lane];
    highest[lane] = value > highest[lane] ? value : highest[lane];
  });
  return {sum.total(), magnitudes.total(), squares.total(), *std::min_element(lowest.begin(), lowest.end()),
          *std::max_element(highest.begin(), highest.end())};
}

double variance(std::span<const double> values) {
  const auto count = static_cast<double>(values.size());
  LaneSum sum;
  for_lanes(values.size(), [&](std::size_t i, std::size_t lane) { sum.add(lane, values[i]); });
  const double mean = sum.total() / count;
  LaneSum squares;
  for_lanes(values.size(), [&](std::size_t i, std::size_t lane) {
    const double offset = values[i] - mean;
    squares.add(lane, offset * offset);
  });
  return squares.total() / count;
}

// The offsets from the mean: their squares, and their products with the next one.
struct Offsets {
  double squares = 0;
  double neighbours = 0;
};

Offsets offsets_of(std::span<const double> returns, double mean) {
  LaneSum squares;
  LaneSum neighbours;
  const double* next = returns.data() + 1;
  for_lanes(returns.size() - 1, [&](std::size_t i, std::size_t lane) {
    const double offset = returns[i] - mean;
    squares.add(lane, offset * offset);
    neighbours.add(lane, offset * (next[i] - mean));
  });
  const double last = returns.back() - mean;
  return {squares.total() + last * last, neighbours.total()};
}

double autocorrelation(std::span<const double> returns, double mean, const Offsets& offsets, const Totals& totals) {
  const double limit = kRounding * std::max(-totals.lowest, totals.highest);
  if (!(offsets.squares > limit * limit * static_cast<double>(returns.size()))) return 0;
  const double first = returns.front() - mean;
  const double last = returns.back() - mean;
  const double without_last = offsets.squares - last * last;
  const double without_first = offsets.squares - first * first;
  return std::clamp(offsets.neighbours / std::sqrt(without_last * without_first), -1.0, 1.0);
}

// The mean of d needs no pass: all but the first and the last difference of neighbours cancel out.
double curvature(std::span<const double> returns) {
  const std::size_t count = returns.size();
  if (count < 3) return 0;
  const double* r = returns.data();
  const auto seconds = static_cast<double>(count - 2);
  const double mean = ((r[count - 1] - r[count - 2]) - (r[1] - r[0])) / seconds;
  LaneSum squares;
  for_lanes(count - 2, [&](std::size_t i, std::size_t lane) {
    const double offset = (r[i + 2] - r[i + 1]) - (r[i + 1] - r[i]) - mean;
    squares.add(lane, offset * offset);
  });
  return log_ratio(1, 1 + std::sqrt(squares.total() / seconds + kEpsilon));
}

// A stretch of the running sum, from 0 at its beginning.
struct Stretch {
  double sum = 0;
  double highest = 0;
  double lowest = 0;
  double fall = 0;  // the largest from a value to a later one
};

double drawdown(std::span<const double> returns) {
  double sum = 0;
  double peak = 0;
  double fall = 0;
  for (std::size_t i = 1; i < returns.size(); ++i) {
    sum += returns[i];
    peak = std::max(peak, sum);
    fall = std::max(fall, peak - sum);
  }
  return fall / (std::abs(sum) + kEpsilon);
}

}  // namespace

std::optional<QuotientFeatures> quotient_of(std::span<const double> returns) {
  if (returns.size() < 2) return std::nullopt;
  const Totals totals = totals_of(returns);
  // One return that is not finite makes every feature so, by some sum that it is in.
  if (!std::isfinite(totals.squares)) return QuotientFeatures{};

  const auto count = static_cast<double>(returns.size());
  const double mean = totals.sum / count;
  const Offsets offsets = offsets_of(returns, mean);
  const double deviation_squared = offsets.squares / count;
  const auto newest = [&](std::size_t window) { return returns.last(std::min(window, returns.size())); };
  const double short_variance = returns.size() <= kShortWindow ? deviation_squared : variance(newest(kShortWindow));
  const double long_variance = returns.size() <= kLongWindow ? deviation_squared : variance(newest(kLongWindow));

  QuotientFeatures features;
  const auto set = [&](Feature feature, double value) {
    features.values[static_cast<std::size_t>(feature)] = std::isfinite(value) ? value : 0;
  };
  set(Feature::vol_ratio, std::sqrt(deviation_squared + kEpsilon) / (totals.highest - totals.lowest + kEpsilon));
  set(Feature::curvature, curvature(returns));
  set(Feature::drawdown, drawdown(returns));
  set(Feature::burstiness, totals.magnitudes / (std::sqrt(totals.squares) + kEpsilon));
  set(Feature::acorr_1, autocorrelation(returns, mean, offsets, totals));
  set(Feature::var_ratio, std::sqrt(short_variance + kEpsilon) / (std::sqrt(long_variance + kEpsilon) + kEpsilon));
  features.is_legitimate = std::sqrt(deviation_squared) >= kMinDeviation;
  return features;
}

}  // namespace streamd
