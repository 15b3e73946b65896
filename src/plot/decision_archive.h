// Decisions of many symbols while their file is followed: each once, by time, the newest of them. Bounded: beyond a
// number, and behind a window where there is one, the oldest go, and only what they left to hold stays known. Pure;
// one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "plot/exposure_series.h"

namespace streamd::plot {

class DecisionArchive {
 public:
  static constexpr std::size_t kMaxDecisions = 4'000'000;  // of 48 bytes

  // `window_ms` 0: none.
  explicit DecisionArchive(const SeriesOptions& rules, UnixMillis window_ms = 0,
                           std::size_t max_decisions = kMaxDecisions)
      : rules_(rules), window_ms_(window_ms), max_decisions_(max_decisions) {}

  // In any order. It is seen after settle(), which returns what was neither here already nor too old, by symbol and
  // time.
  void add(const FileDecision& decision);
  std::vector<FileDecision> settle();

  std::size_t symbols() const { return symbols_.size(); }
  // Of the window; empty where a symbol has none, or there is no such one.
  std::span<const FileDecision> decisions(std::uint32_t symbol) const;
  // What is held before the decision at `index` of these.
  double held_before(std::uint32_t symbol, std::size_t index) const;
  std::vector<SeriesPoint> series(std::uint32_t symbol) const;

  std::uint64_t version() const { return version_; }  // grows with each decision
  std::uint64_t duplicates() const { return duplicates_; }
  UnixMillis newest_ms() const { return newest_ms_; }  // 0: there is none

 private:
  struct OfSymbol {
    std::vector<FileDecision> decisions;  // by time and run
    std::vector<FileDecision> incoming;
    bool has_dropped = false;
    double held = 0;            // after what was dropped
    UnixMillis dropped_to = 0;  // what is older is gone
  };

  void take_incoming(OfSymbol& symbol, std::vector<FileDecision>& added);
  double held_at_begin(const OfSymbol& symbol) const;
  void drop_before(UnixMillis time_ms);
  void keep_within_bounds();
  UnixMillis from_ms() const { return window_ms_ > 0 ? newest_ms_ - window_ms_ : 0; }

  const SeriesOptions rules_;
  const UnixMillis window_ms_;
  const std::size_t max_decisions_;
  std::vector<OfSymbol> symbols_;
  std::vector<std::uint32_t> touched_;  // have incoming ones
  std::size_t kept_ = 0;
  std::uint64_t version_ = 0;
  std::uint64_t duplicates_ = 0;
  UnixMillis newest_ms_ = 0;
  UnixMillis oldest_ms_ = kMaxEventTimeMs;  // of all kept, or older
};

}  // namespace streamd::plot
