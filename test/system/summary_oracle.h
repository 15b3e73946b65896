// What quotient_summaries must hold, computed in SQL from the stored bars: features, windows and their statistics.
// For bars that all closed in the order of time and in time.
#pragma once

#include <cstdint>
#include <string>

namespace streamd {

// Compares every column of every row but artifact_ts; all windows must have ended. Returns how many rows there are.
// Adds one failure that shows the first differences.
std::int64_t expect_summaries_as_computed(const std::string& db, int window_s);

}  // namespace streamd
