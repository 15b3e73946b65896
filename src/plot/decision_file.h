// The decisions of an NDJSON file (also .gz, .zst): each once, by symbol and time, whatever their order in the file.
// One thread.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "plot/decision_lines.h"

namespace streamd::plot {

struct DecisionSet {
  std::vector<std::string> symbols;     // by name; those that have a decision
  std::vector<FileDecision> decisions;  // by symbol, which is a number in `symbols`, and time
  std::vector<std::string> runs;        // by number
  LineCounts counts;

  UnixMillis first_ms() const;  // of all; there must be one
  UnixMillis last_ms() const;
};

Result<DecisionSet> read_decision_file(const std::string& path, const DecisionFilter& filter);

}  // namespace streamd::plot
