// The table quotient_summaries: its columns, and the rows that windows' summaries become.
#pragma once

#include <deque>

#include "base/result.h"
#include "market/window_summary.h"
#include "store/duckdb.h"
#include "store/names.h"
#include "store/schema.h"

namespace streamd {

Table summary_table();

// Within the caller's transaction. Whether the keys are there already is the caller's care.
Result<void> append_summaries(duck::Connection& connection, const Names& names,
                              const std::deque<WindowSummary>& summaries);

}  // namespace streamd
