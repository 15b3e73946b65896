#include "feed/silence.h"

#include <algorithm>
#include <cmath>

namespace streamd::feed {

void SymbolSilence::heard(ElapsedMillis now_ms) {
  suspected_ms_ = 0;
  const ElapsedMillis silence_ms = now_ms - heard_ms_;
  if (silence_ms <= 0) return;
  const double remembered_ms = longest_ms_ * std::exp2(-static_cast<double>(silence_ms) / kHalfLifeMs);
  longest_ms_ = std::max(remembered_ms, static_cast<double>(silence_ms));
  heard_ms_ = now_ms;
}

bool SymbolSilence::is_suspicious(ElapsedMillis now_ms) {
  const ElapsedMillis silence_ms = now_ms - heard_ms_;
  if (silence_ms < kShortestMs || silence_ms < 2 * suspected_ms_) return false;
  if (static_cast<double>(silence_ms) < kTimesLongest * longest_ms_) return false;
  suspected_ms_ = silence_ms;
  return true;
}

}  // namespace streamd::feed
