// The last 257 closes of one symbol, as their log returns ln(p' / p): all that its features are made of. A close counts
// as max(its IEEE single, 1e-6). Grows as closes come, to 2.5 KiB at most.
// A return depends on its two closes alone, so what came before the 257 leaves no trace, not even in the last bit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/byte_codec.h"

namespace streamd {

class CloseSeries {
 public:
  static constexpr std::size_t kCloses = 257;
  static constexpr std::size_t kReturns = kCloses - 1;
  // The most that a series takes, beside itself.
  static constexpr std::size_t kMaxBytes = (kReturns + kReturns / 4) * sizeof(double);

  // Beyond kCloses the oldest is forgotten. A close that single precision does not reach makes NaN of its two returns.
  void append(double close);
  // Closes that are kept, 0 … kCloses.
  std::size_t size() const { return newest_ > 0 ? returns().size() + 1 : 0; }
  // Oldest first; one fewer than there are closes. Valid until the next change.
  std::span<const double> returns() const { return std::span(returns_).subspan(oldest_); }

  void save(ByteSink& bytes) const;
  // For a fresh object. False: these are not the bytes of one.
  bool load(ByteSource& bytes);

 private:
  void make_room();

  std::vector<double> returns_;  // what is before oldest_ has been forgotten
  std::uint32_t oldest_ = 0;
  double newest_ = 0;         // the last close as it counts, so above 0; 0: there was none
};

// Of any number of closes, by the same rule.
std::vector<double> log_returns(std::span<const double> closes);

}  // namespace streamd
