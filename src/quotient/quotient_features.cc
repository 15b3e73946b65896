#include "quotient/quotient_features.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "quotient/four_lanes.h"
#include "quotient/log_ratio.h"

namespace streamd {
namespace {

constexpr double kEpsilon = 1e-6;
constexpr double kMinDeviation = 1e-12;  // below it there is no evidence
constexpr double kRounding = 1e-12;      // relative: returns that deviate by less are equal
constexpr std::size_t kShortWindow = 64;
constexpr std::size_t kLongWindow = 256;

struct Totals {
  double sum = 0;
  double magnitudes = 0;
  double lowest = 0;
  double highest = 0;
};

Totals totals_of(std::span<const double> returns) {
  FourLanes sums = FourLanes::all(0);
  FourLanes magnitudes = FourLanes::all(0);
  FourLanes lowest = FourLanes::all(returns.front());
  FourLanes highest = lowest;
  std::size_t i = 0;
  for (; i + 4 <= returns.size(); i += 4) {
    const FourLanes values = FourLanes::at(&returns[i]);
    sums = sums + values;
    magnitudes = magnitudes + magnitude(values);
    lowest = lower(lowest, values);
    highest = higher(highest, values);
  }
  Totals totals{total(sums), total(magnitudes), std::ranges::min(lowest.lanes()), std::ranges::max(highest.lanes())};
  for (; i < returns.size(); ++i) {
    totals.sum += returns[i];
    totals.magnitudes += std::abs(returns[i]);
    totals.lowest = std::min(totals.lowest, returns[i]);
    totals.highest = std::max(totals.highest, returns[i]);
  }
  return totals;
}

// The offsets from the mean: their squares, and their products with the next one.
struct Offsets {
  double squares = 0;
  double products = 0;
};

Offsets offsets_of(std::span<const double> returns, double mean) {
  const FourLanes means = FourLanes::all(mean);
  FourLanes squares = FourLanes::all(0);
  FourLanes products = FourLanes::all(0);
  std::size_t i = 0;
  for (; i + 5 <= returns.size(); i += 4) {
    const FourLanes values = FourLanes::at(&returns[i]) - means;
    const FourLanes next = FourLanes::at(&returns[i + 1]) - means;
    squares = squares + values * values;
    products = products + values * next;
  }
  Offsets offsets{total(squares), total(products)};
  for (; i < returns.size(); ++i) {
    const double value = returns[i] - mean;
    offsets.squares += value * value;
    if (i + 1 < returns.size()) offsets.products += value * (returns[i + 1] - mean);
  }
  return offsets;
}

double variance(std::span<const double> values) {
  const auto count = static_cast<double>(values.size());
  return offsets_of(values, totals_of(values).sum / count).squares / count;
}

// Each side's squares lack one offset: they are never much smaller than all, for the offsets cancel out.
double autocorrelation(std::span<const double> returns, double mean, const Offsets& offsets, const Totals& totals) {
  const double limit = kRounding * std::max(-totals.lowest, totals.highest);
  if (!(offsets.squares > limit * limit * static_cast<double>(returns.size()))) return 0;
  const double first = returns.front() - mean;
  const double last = returns.back() - mean;
  const double squares = (offsets.squares - last * last) * (offsets.squares - first * first);
  return std::clamp(offsets.products / std::sqrt(squares), -1.0, 1.0);
}

// The mean of d needs no pass, for in Σd all cancel out but two differences at each end; and squares less the squared
// mean will do: returns stay below 104, so that what rounding takes from them is nothing beside ε.
double curvature(std::span<const double> r) {
  if (r.size() < 3) return 0;
  const std::size_t count = r.size() - 2;
  FourLanes four = FourLanes::all(0);
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const FourLanes middle = FourLanes::at(&r[i + 1]);
    const FourLanes d = (FourLanes::at(&r[i + 2]) - middle) - (middle - FourLanes::at(&r[i]));
    four = four + d * d;
  }
  double squares = total(four);
  for (; i < count; ++i) {
    const double d = (r[i + 2] - r[i + 1]) - (r[i + 1] - r[i]);
    squares += d * d;
  }
  const double mean = ((r[count + 1] - r[count]) - (r[1] - r[0])) / static_cast<double>(count);
  const double variance = std::max(0.0, squares / static_cast<double>(count) - mean * mean);
  return log_ratio(1, 1 + std::sqrt(variance + kEpsilon));
}

// A stretch of the running sum, seen from where it begins; its lowest tells how deep it takes a fall from before.
struct Stretch {
  double last = 0;
  double highest = 0;
  double lowest = 0;
  double fall = 0;  // the deepest, from its running maximum

  void append(const Stretch& next) {
    fall = std::max({fall, next.fall, highest - (last + next.lowest)});
    highest = std::max(highest, last + next.highest);
    last += next.last;
  }
};

// Four stretches side by side, then joined: a running sum and its maximum are chains, too long for one.
double drawdown(std::span<const double> returns) {
  const std::span<const double> steps = returns.subspan(1);
  const std::size_t length = steps.size() / 4;
  FourLanes last = FourLanes::all(0);
  FourLanes highest = last;
  FourLanes lowest = last;
  FourLanes fall = last;
  for (std::size_t i = 0; i < length; ++i) {
    last = last + FourLanes::at(&steps[i], length);
    highest = higher(highest, last);
    lowest = lower(lowest, last);
    fall = higher(fall, highest - last);
  }
  Stretch whole;
  for (std::size_t lane = 0; lane < 4; ++lane) {
    whole.append({last.lanes()[lane], highest.lanes()[lane], lowest.lanes()[lane], fall.lanes()[lane]});
  }
  for (const double step : steps.subspan(4 * length)) {
    whole.append({step, std::max(step, 0.0), std::min(step, 0.0), std::max(-step, 0.0)});
  }
  return whole.fall / (std::abs(whole.last) + kEpsilon);
}

}  // namespace

std::optional<QuotientFeatures> quotient_of(std::span<const double> returns) {
  if (returns.size() < 2) return std::nullopt;
  const Totals totals = totals_of(returns);
  // One return that is not finite makes every feature so, by some sum that it is in.
  if (!std::isfinite(totals.magnitudes)) return QuotientFeatures{};

  const auto count = static_cast<double>(returns.size());
  const double mean = totals.sum / count;
  const Offsets offsets = offsets_of(returns, mean);
  const double variance_of_all = offsets.squares / count;
  const auto variance_of_last = [&](std::size_t window) {
    return returns.size() <= window ? variance_of_all : variance(returns.last(window));
  };

  QuotientFeatures features;
  const auto set = [&](Feature feature, double value) {
    features.values[static_cast<std::size_t>(feature)] = std::isfinite(value) ? value : 0;
  };
  set(Feature::vol_ratio, std::sqrt(variance_of_all + kEpsilon) / (totals.highest - totals.lowest + kEpsilon));
  set(Feature::curvature, curvature(returns));
  set(Feature::drawdown, drawdown(returns));
  set(Feature::burstiness, totals.magnitudes / (std::sqrt(offsets.squares + count * mean * mean) + kEpsilon));
  set(Feature::acorr_1, autocorrelation(returns, mean, offsets, totals));
  set(Feature::var_ratio, std::sqrt(variance_of_last(kShortWindow) + kEpsilon) /
                              (std::sqrt(variance_of_last(kLongWindow) + kEpsilon) + kEpsilon));
  features.is_legitimate = std::sqrt(variance_of_all) >= kMinDeviation;
  return features;
}

}  // namespace streamd
