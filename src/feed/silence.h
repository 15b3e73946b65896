// Watchdogs: what has been silent for too long. Pure: time comes in, monotonic. One thread.
#pragma once

#include "base/units.h"

namespace streamd::feed {

// A connection: messages and pings count, so each lives by the same limit.
class ConnectionSilence {
 public:
  ConnectionSilence(ElapsedMillis limit_ms, ElapsedMillis now_ms) : limit_ms_(limit_ms), heard_ms_(now_ms) {}

  void heard(ElapsedMillis now_ms) { heard_ms_ = now_ms; }
  bool is_too_long(ElapsedMillis now_ms) const { return due_ms() <= now_ms; }
  ElapsedMillis due_ms() const { return heard_ms_ + limit_ms_; }

  static constexpr ElapsedMillis kLimitMs = 60'000;  // the exchange pings every 20 s

 private:
  ElapsedMillis limit_ms_;
  ElapsedMillis heard_ms_;
};

// A symbol: silent for much longer than it has been lately. It may be quiet, so this is a reason to ask the exchange,
// not to doubt the connection.
class SymbolSilence {
 public:
  explicit SymbolSilence(ElapsedMillis now_ms) : heard_ms_(now_ms) {}

  void heard(ElapsedMillis now_ms);
  // True once when it is suspicious, and again each time that the silence has doubled.
  bool is_suspicious(ElapsedMillis now_ms);

  static constexpr ElapsedMillis kShortestMs = 60'000;  // less is never suspicious,
  static constexpr double kTimesLongest = 3;            // nor less than so many times the longest silence of late,
  static constexpr double kHalfLifeMs = 1'800'000;      // which is forgotten bit by bit;
  static constexpr double kFirstGuessMs = 300'000;      // and nothing is known yet of a new one

 private:
  ElapsedMillis heard_ms_;
  double longest_ms_ = kFirstGuessMs;  // before heard_ms_
  ElapsedMillis suspected_ms_ = 0;     // the silence that was suspicious last
};

}  // namespace streamd::feed
