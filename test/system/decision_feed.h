// Bars that a daemon decides on, each at once: a file that it follows and that the test lets grow. The same seed gives
// the same bars. The exposure gate is open, so that decisions differ.
#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "system/daemon_process.h"

namespace streamd {

class DecisionFeed {
 public:
  static constexpr std::int64_t kFirstSecond = 1'700'000'000;
  static constexpr int kSymbols = 4;

  DecisionFeed(const TempFolder& folder, std::uint64_t seed);

  // So many more bars, each of which gives one decision.
  void grow(std::size_t bars);
  // As lines, without putting them into the file.
  std::string next_lines(std::size_t bars);
  std::size_t bars() const { return bars_; }
  // Of bar `number`, as DeliveredLines has it.
  static std::string key(std::size_t number);
  static std::int64_t second(std::size_t number) { return kFirstSecond + static_cast<std::int64_t>(number / kSymbols); }

  // Follows it and decides; `more` names the sinks.
  Arguments arguments(const Arguments& more) const;
  // Reads it to its end.
  Arguments to_the_end(const Arguments& more) const;

 private:
  const TempFolder& folder_;
  std::mt19937_64 random_;
  std::size_t bars_ = 0;
  double close_[kSymbols];
};

}  // namespace streamd
