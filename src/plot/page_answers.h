// What the page for browsers is told of a followed file, in the daemon's words (web/src/types.ts): JSON. A decision
// stands for a bar, too, of which the close alone is known. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plot/decision_archive.h"

namespace streamd::plot {

struct PageNames {
  const std::vector<std::string>& symbols;  // by number
  const std::vector<std::string>& words;    // reasons and postures
};

// `/history`: each symbol's newest.
std::string overview_json(const DecisionArchive& archive, const PageNames& names, const SeriesOptions& rules,
                          const std::string& file, UnixMillis now_ms);

struct HistoryWish {
  UnixMillis from_ms = 0;
  UnixMillis to_ms = kMaxEventTimeMs + 1;  // not included
  std::size_t limit = 5'000;
};

// `/history?symbol=`: the newest decisions of a range; where runs differ about a second, the last one's. `symbol` as
// asked; no number: it has none.
std::string history_json(const DecisionArchive& archive, const PageNames& names, const std::string& symbol,
                         std::optional<std::uint32_t> number, const HistoryWish& wish);

// Events of `/stream`.
std::string decision_json(const FileDecision& decision, const PageNames& names);
std::string bar_json(const FileDecision& decision, const PageNames& names);

}  // namespace streamd::plot
