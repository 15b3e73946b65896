// Four numbers side by side, in two SSE2 registers. A sum that is kept in four lanes has one order of additions on
// every machine, and no addition waits for the one before it.
#pragma once

#include <emmintrin.h>

#include <array>
#include <cstddef>

namespace streamd {

struct FourLanes {
  __m128d low;
  __m128d high;

  static FourLanes all(double value) { return {_mm_set1_pd(value), _mm_set1_pd(value)}; }
  static FourLanes at(const double* values) { return {_mm_loadu_pd(values), _mm_loadu_pd(values + 2)}; }
  // Every `stride`-th value.
  static FourLanes at(const double* values, std::size_t stride) {
    return {_mm_loadh_pd(_mm_load_sd(values), values + stride),
            _mm_loadh_pd(_mm_load_sd(values + 2 * stride), values + 3 * stride)};
  }
  std::array<double, 4> lanes() const {
    std::array<double, 4> values;
    _mm_storeu_pd(values.data(), low);
    _mm_storeu_pd(values.data() + 2, high);
    return values;
  }
};

inline FourLanes operator+(FourLanes a, FourLanes b) { return {_mm_add_pd(a.low, b.low), _mm_add_pd(a.high, b.high)}; }
inline FourLanes operator-(FourLanes a, FourLanes b) { return {_mm_sub_pd(a.low, b.low), _mm_sub_pd(a.high, b.high)}; }
inline FourLanes operator*(FourLanes a, FourLanes b) { return {_mm_mul_pd(a.low, b.low), _mm_mul_pd(a.high, b.high)}; }
inline FourLanes magnitude(FourLanes a) {
  const __m128d sign = _mm_set1_pd(-0.0);
  return {_mm_andnot_pd(sign, a.low), _mm_andnot_pd(sign, a.high)};
}
// Of numbers; what NaN gives depends on the side that it is on.
inline FourLanes lower(FourLanes a, FourLanes b) { return {_mm_min_pd(a.low, b.low), _mm_min_pd(a.high, b.high)}; }
inline FourLanes higher(FourLanes a, FourLanes b) { return {_mm_max_pd(a.low, b.low), _mm_max_pd(a.high, b.high)}; }
inline double total(FourLanes a) {
  const __m128d two = _mm_add_pd(a.low, a.high);
  return _mm_cvtsd_f64(two) + _mm_cvtsd_f64(_mm_unpackhi_pd(two, two));
}

}  // namespace streamd
