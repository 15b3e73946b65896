#include "quotient/log_ratio.h"

#include <array>
#include <cmath>
#include <limits>

namespace streamd {
namespace {

constexpr double kRoot = 1.4142135623730951;
constexpr double kLogTwo = 0.6931471805599453;

// 2 atanh(f) = 2 f (1 + f²/3 + f⁴/5 + …); of |f| up to 3 − 2√2, the terms left out are below its last bit.
constexpr std::size_t kTerms = 11;
constexpr std::array<double, kTerms> coefficients() {
  std::array<double, kTerms> values{};
  for (std::size_t i = 0; i < kTerms; ++i) values[i] = 2.0 / static_cast<double>(2 * i + 1);
  return values;
}
constexpr std::array<double, kTerms> kCoefficients = coefficients();

}  // namespace

double log_ratio(double from, double to) {
  if (!std::isfinite(from) || !std::isfinite(to)) return std::numeric_limits<double>::quiet_NaN();
  int twos = 0;
  if (to > kRoot * from || from > kRoot * to) {
    int from_exponent = 0;
    int to_exponent = 0;
    from = std::frexp(from, &from_exponent);
    to = std::frexp(to, &to_exponent);
    twos = to_exponent - from_exponent;
    if (to > kRoot * from) {
      from *= 2;
      ++twos;
    } else if (from > kRoot * to) {
      to *= 2;
      --twos;
    }
  }
  const double f = (to - from) / (to + from);
  const double square = f * f;
  double series = kCoefficients.back();
  for (std::size_t i = kTerms - 1; i-- > 0;) series = series * square + kCoefficients[i];
  return twos * kLogTwo + f * series;
}

}  // namespace streamd
