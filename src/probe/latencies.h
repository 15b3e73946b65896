// How long things took, in buckets that are 1/16 apart: percentiles are right within 7 %, the largest is exact. One thread.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

namespace streamd::probe {

class Latencies {
 public:
  void add(std::int64_t ns, std::uint64_t count) {
    const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(ns, 0));
    buckets_[bucket_of(value)] += count;
    count_ += count;
    max_ns_ = std::max(max_ns_, value);
  }
  void add(const Latencies& other) {
    for (std::size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
    count_ += other.count_;
    max_ns_ = std::max(max_ns_, other.max_ns_);
  }

  std::uint64_t count() const { return count_; }
  double max_ms() const { return static_cast<double>(max_ns_) / 1e6; }
  // `share` of all took at most so long. 0 when there are none.
  double at_ms(double share) const {
    std::uint64_t left = static_cast<std::uint64_t>(share * static_cast<double>(count_));
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      if (buckets_[i] > left) return std::min(static_cast<double>(end_of(i)) / 1e6, max_ms());
      left -= buckets_[i];
    }
    return max_ms();
  }

 private:
  static constexpr unsigned kBits = 4;  // of a value, behind its first
  static constexpr std::uint64_t kSteps = 1u << kBits;

  static std::size_t bucket_of(std::uint64_t value) {
    if (value < kSteps) return value;
    const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - 1 - kBits;
    return (static_cast<std::size_t>(shift) + 1) * kSteps + ((value >> shift) - kSteps);
  }
  // Where the next bucket begins.
  static std::uint64_t end_of(std::size_t bucket) {
    if (bucket < kSteps) return bucket + 1;
    const std::size_t shift = bucket / kSteps - 1;
    return (kSteps + bucket % kSteps + 1) << shift;
  }

  std::vector<std::uint64_t> buckets_ = std::vector<std::uint64_t>((64 - kBits + 1) * kSteps);
  std::uint64_t count_ = 0;
  std::uint64_t max_ns_ = 0;
};

}  // namespace streamd::probe
