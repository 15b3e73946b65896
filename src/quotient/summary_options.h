// What of the options decides about summaries. Part of the core's options, so journalled with each run.
#pragma once

#include <cstdint>

namespace streamd {

inline constexpr std::int32_t kMaxWindow = 3600;  // seconds

struct SummaryOptions {
  std::int32_t window_s = 0;  // 0 … kMaxWindow; 0: no summaries

  bool is_on() const { return window_s > 0; }
  bool are_in_range() const { return window_s >= 0 && window_s <= kMaxWindow; }
};

}  // namespace streamd
