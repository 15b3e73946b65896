// How long something takes: a histogram of fixed buckets, written by one thread at a time and read by any. An
// observation is a few plain loads and stores.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace streamd {

// Upper bounds of the buckets, in microseconds: 100 µs to 100 s in steps 1, 2.5, 5. Behind the last there is one more.
inline constexpr std::array<std::int64_t, 19> kLatencyBoundsUs = {
    100,       250,       500,       1'000,      2'500,      5'000,      10'000,     25'000,      50'000,     100'000,
    250'000,   500'000,   1'000'000, 2'500'000,  5'000'000,  10'000'000, 25'000'000, 50'000'000,  100'000'000};

// As read at one time: the count is that of its buckets; the sum may lack or have one observation more.
struct HistogramCopy {
  std::array<std::uint64_t, kLatencyBoundsUs.size() + 1> buckets{};  // each on its own, not cumulated
  std::uint64_t count = 0;
  double sum_s = 0;

  HistogramCopy& operator+=(const HistogramCopy& other) {
    for (std::size_t i = 0; i < buckets.size(); ++i) buckets[i] += other.buckets[i];
    count += other.count;
    sum_s += other.sum_s;
    return *this;
  }
};

class Histogram {
 public:
  // A bucket holds what is at most its bound. Negative counts as 0.
  void observe_us(std::int64_t us) {
    std::size_t bucket = 0;
    while (bucket < kLatencyBoundsUs.size() && us > kLatencyBoundsUs[bucket]) ++bucket;
    add(buckets_[bucket], 1);
    if (us > 0) add(sum_us_, static_cast<std::uint64_t>(us));
  }
  HistogramCopy copy() const {
    HistogramCopy copy;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      copy.buckets[i] = buckets_[i].load(std::memory_order_relaxed);
      copy.count += copy.buckets[i];
    }
    copy.sum_s = static_cast<double>(sum_us_.load(std::memory_order_relaxed)) / 1e6;
    return copy;
  }

 private:
  static void add(std::atomic<std::uint64_t>& value, std::uint64_t n) {
    value.store(value.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }

  std::array<std::atomic<std::uint64_t>, kLatencyBoundsUs.size() + 1> buckets_{};
  std::atomic<std::uint64_t> sum_us_{0};
};

}  // namespace streamd
