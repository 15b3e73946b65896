#include "decide/triadic_state.h"

#include <emmintrin.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

namespace streamd {
namespace {

constexpr double kMinDeviation = 1e-12;  // below it there is no evidence
constexpr double kDeviationOffset = 1e-9;
constexpr double kClip = 5;
constexpr double kKeep = 0.95;
constexpr double kTake = 0.05;
constexpr double kMinDeadZone = 5e-5;

// What further returns back add to z is less than 5 · 0.95^1024, some 1e-22: less than z's last bit wherever z is
// near its dead zone.
constexpr std::size_t kReach = 1024;

// The share of a return in z; the newest one's comes last.
constexpr std::array<double, kReach> shares() {
  std::array<double, kReach> shares{};
  long double share = 0.05L;
  for (std::size_t i = kReach; i-- > 0; share *= 0.95L) shares[i] = static_cast<double>(share);
  return shares;
}
alignas(16) constexpr std::array<double, kReach> kShares = shares();

TriadicState state_of(double z, double deviation) {
  if (std::abs(z) < std::max(kMinDeadZone, deviation / 2)) return TriadicState::flat;
  return z > 0 ? TriadicState::buy : TriadicState::sell;
}

// Reads returns in chunks and gives the deviation of all returns up to each, free of divisions: with d = r - centre,
// t²σ² = t Σd² - (Σd)². The centre is the mean of the returns so far, taken anew each time that their number has
// doubled: then the difference never loses more than a few bits, and equal returns leave exact zeros.
class RunningDeviation {
 public:
  static constexpr std::size_t kChunk = 16;
  static constexpr std::size_t kPairs = kChunk / 2;

  explicit RunningDeviation(double first_return) : centre_(first_return) {}

  // Of a chunk, in pairs of neighbours.
  struct Sums {
    __m128d d[kPairs];
    __m128d squares[kPairs];
  };

  // Chunks are whole ones; only in the first there are fewer returns, `fresh`, at its end.
  void add(const double* chunk, std::size_t fresh, Sums* sums) {
    const __m128d centre = _mm_set1_pd(centre_);
    for (std::size_t i = 0; i < kPairs; i += 2) {
      // (d, d²) of four returns; the sums within them first: so four returns wait for one addition, not for four.
      const __m128d low = _mm_sub_pd(_mm_loadu_pd(chunk + 2 * i), centre);
      const __m128d high = _mm_sub_pd(_mm_loadu_pd(chunk + 2 * i + 2), centre);
      const __m128d low_squares = _mm_mul_pd(low, low);
      const __m128d high_squares = _mm_mul_pd(high, high);
      const __m128d first = _mm_unpacklo_pd(low, low_squares);
      const __m128d third = _mm_unpacklo_pd(high, high_squares);
      const __m128d two = _mm_add_pd(first, _mm_unpackhi_pd(low, low_squares));
      const __m128d three = _mm_add_pd(two, third);
      const __m128d four = _mm_add_pd(two, _mm_add_pd(third, _mm_unpackhi_pd(high, high_squares)));
      const __m128d before = sums_;
      sums_ = _mm_add_pd(before, four);
      if (sums == nullptr) continue;
      const __m128d after_one = _mm_add_pd(before, first);
      const __m128d after_two = _mm_add_pd(before, two);
      const __m128d after_three = _mm_add_pd(before, three);
      sums->d[i] = _mm_unpacklo_pd(after_one, after_two);
      sums->squares[i] = _mm_unpackhi_pd(after_one, after_two);
      sums->d[i + 1] = _mm_unpacklo_pd(after_three, sums_);
      sums->squares[i + 1] = _mm_unpackhi_pd(after_three, sums_);
    }
    count_ += static_cast<double>(fresh);
    if (count_ >= recentre_at_) recentre();
  }

  double count() const { return count_; }

 private:
  void recentre() {
    const double sum = _mm_cvtsd_f64(sums_);
    const double shift = sum / count_;
    centre_ += shift;
    sums_ = _mm_set_pd(_mm_cvtsd_f64(_mm_unpackhi_pd(sums_, sums_)) - sum * shift, 0);
    recentre_at_ = 2 * count_;
  }

  double centre_;
  double count_ = 0;
  double recentre_at_ = 2;
  __m128d sums_ = _mm_setzero_pd();  // Σd, Σd² since the last recentring; in Σd² all from before it, about its centre
};

// Σ share · u over chunks of returns, until there is one without evidence behind one with it.
class WeightedReturns {
 public:
  static constexpr std::size_t kChunk = RunningDeviation::kChunk;
  static constexpr unsigned kAll = (1u << kChunk) - 1;

  // `skipped`: there were returns before the first chunk.
  explicit WeightedReturns(bool skipped) : evident_(skipped) {}

  // `count`: of the returns before the chunk; below 0 in a first chunk that begins with repetitions of its first one.
  void add(const double* chunk, const double* shares, double count, const RunningDeviation::Sums& sums) {
    unsigned evident = 0;
    for (std::size_t i = 0; i < RunningDeviation::kPairs; ++i) {
      const double first = count + static_cast<double>(2 * i) + 1;
      const __m128d t = _mm_max_pd(_mm_set_pd(first + 1, first), _mm_set1_pd(1));
      const __m128d root = _mm_sqrt_pd(_mm_sub_pd(_mm_mul_pd(sums.squares[i], t), _mm_mul_pd(sums.d[i], sums.d[i])));
      // Both are false for NaN.
      const __m128d is_evident =
          _mm_and_pd(_mm_cmpge_pd(root, _mm_mul_pd(t, _mm_set1_pd(kMinDeviation))),
                     _mm_cmple_pd(root, _mm_set1_pd(std::numeric_limits<double>::max())));
      const __m128d scaled =
          _mm_div_pd(_mm_mul_pd(_mm_loadu_pd(chunk + 2 * i), t),
                     _mm_add_pd(root, _mm_mul_pd(t, _mm_set1_pd(kDeviationOffset))));
      const __m128d clipped = _mm_max_pd(_mm_min_pd(scaled, _mm_set1_pd(kClip)), _mm_set1_pd(-kClip));
      z_ = _mm_add_pd(z_, _mm_mul_pd(_mm_and_pd(clipped, is_evident), _mm_loadu_pd(shares + 2 * i)));
      evident |= static_cast<unsigned>(_mm_movemask_pd(is_evident)) << (2 * i);
      last_root_ = root;
      last_t_ = t;
    }
    note_evidence(evident);
  }

  bool has_gap() const { return gap_; }
  bool last_is_evident() const { return last_is_evident_; }
  bool last_is_finite() const { return std::isfinite(high(last_root_)); }
  double z() const { return high(z_) + _mm_cvtsd_f64(z_); }
  double deviation() const { return high(last_root_) / high(last_t_); }

 private:
  static double high(__m128d pair) { return _mm_cvtsd_f64(_mm_unpackhi_pd(pair, pair)); }

  // Without evidence z stays as it is. Before all evidence it is 0, and what is added is 0. Later it would have to be
  // kept from decaying, for which fixed shares are no use.
  void note_evidence(unsigned evident) {
    last_is_evident_ = (evident >> (kChunk - 1)) != 0;
    if (evident == kAll) {
      evident_ = true;
      return;
    }
    const unsigned first = evident & (0u - evident);
    if (evident_ || (evident != 0 && evident + first != kAll + 1)) gap_ = true;
    evident_ = evident_ || evident != 0;
  }

  __m128d z_ = _mm_setzero_pd();
  __m128d last_root_ = _mm_setzero_pd();
  __m128d last_t_ = _mm_setzero_pd();
  bool evident_;
  bool gap_ = false;
  bool last_is_evident_ = false;
};

}  // namespace

TriadicState triadic_state_by_steps(std::span<const double> returns) {
  if (returns.empty()) return TriadicState::flat;
  TriadicState state = TriadicState::unknown;
  double z = 0;
  double mean = 0;
  double squares = 0;  // about the mean
  double count = 0;
  for (const double value : returns) {
    count += 1;
    const double offset = value - mean;
    mean += offset / count;
    squares += offset * (value - mean);
    const double deviation = std::sqrt(squares / count);
    if (!std::isfinite(deviation) || deviation < kMinDeviation) {
      state = TriadicState::unknown;
      continue;
    }
    z = kKeep * z + kTake * std::clamp(value / (deviation + kDeviationOffset), -kClip, kClip);
    state = state_of(z, deviation);
  }
  return state;
}

TriadicState triadic_state(std::span<const double> returns) {
  constexpr std::size_t kChunk = RunningDeviation::kChunk;
  if (returns.empty()) return TriadicState::flat;

  // Chunks end with the newest return. The first one is filled up in front, with copies that have no deviation.
  const std::size_t chunks = (returns.size() + kChunk - 1) / kChunk;
  const std::size_t fresh = returns.size() - (chunks - 1) * kChunk;
  alignas(16) std::array<double, kChunk> first_chunk;
  std::fill_n(first_chunk.begin(), kChunk - fresh, returns.front());
  std::copy_n(returns.begin(), fresh, first_chunk.end() - static_cast<std::ptrdiff_t>(fresh));

  const std::size_t skipped = chunks - std::min(chunks, kReach / kChunk);
  RunningDeviation deviation(returns.front());
  WeightedReturns weighted(skipped > 0);
  RunningDeviation::Sums sums;
  for (std::size_t i = 0; i < chunks; ++i) {
    const double* chunk = i == 0 ? first_chunk.data() : returns.data() + fresh + (i - 1) * kChunk;
    const std::size_t fresh_here = i == 0 ? fresh : kChunk;
    const double count = deviation.count() + static_cast<double>(fresh_here) - static_cast<double>(kChunk);
    deviation.add(chunk, fresh_here, i < skipped ? nullptr : &sums);
    if (i >= skipped) weighted.add(chunk, kShares.data() + kReach - (chunks - i) * kChunk, count, sums);
  }
  // t²σ² overflows a little earlier than σ² does.
  if (!weighted.last_is_finite()) return triadic_state_by_steps(returns);
  if (!weighted.last_is_evident()) return TriadicState::unknown;
  if (weighted.has_gap()) return triadic_state_by_steps(returns);
  return state_of(weighted.z(), weighted.deviation());
}

void CloseWindow::append(double close, std::size_t window) {
  if (!has_close_) {
    has_close_ = true;
    newest_close_ = close;
    return;
  }
  if (returns_.size() == returns_.capacity()) make_room(window);
  returns_.push_back(close / newest_close_ - 1);
  newest_close_ = close;
  if (returns_.size() - oldest_ > window - 1) ++oldest_;
}

void CloseWindow::shrink_to(std::size_t window) {
  const std::size_t kept = returns().size();
  if (kept > window - 1) oldest_ += kept - (window - 1);
}

// Space for a quarter more than the window has: so the newest are seldom moved to the front, and little lies idle.
void CloseWindow::make_room(std::size_t window) {
  returns_.erase(returns_.begin(), returns_.begin() + static_cast<std::ptrdiff_t>(oldest_));
  oldest_ = 0;
  const std::size_t enough = window + window / 4 + 4;
  if (returns_.capacity() < enough) returns_.reserve(std::min(enough, std::max<std::size_t>(16, 2 * returns_.size())));
}

void CloseWindow::save(ByteSink& bytes) const {
  bytes.put(static_cast<std::uint8_t>(has_close_));
  if (!has_close_) return;
  bytes.put(newest_close_);
  bytes.put(static_cast<std::uint32_t>(returns().size()));
  for (const double value : returns()) bytes.put(value);
}

bool CloseWindow::load(ByteSource& bytes, std::size_t window) {
  const auto has_close = bytes.get<std::uint8_t>();
  if (has_close > 1) return false;
  has_close_ = has_close != 0;
  if (!has_close_) return bytes.ok();
  newest_close_ = bytes.get<double>();
  returns_.resize(bytes.get_count(sizeof(double)));
  for (double& value : returns_) value = bytes.get<double>();
  return bytes.ok() && std::isfinite(newest_close_) && returns_.size() < window;
}

}  // namespace streamd
