// The decisions of an NDJSON file, as --decision-sink file: writes it (also .gz, .zst): each once, by symbol and time,
// whatever their order in the file. What is kept of a decision is small, so that millions of lines fit. Bad lines are
// counted by their reason and skipped. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/units.h"

namespace streamd::plot {

struct FileDecision {
  UnixMillis timestamp_ms = 0;
  double close = 0;
  double target = 0;         // direction · target_exposure
  std::uint32_t symbol = 0;  // in DecisionSet::symbols
  std::uint32_t run = 0;     // by first appearance
  float urgency = 0;
  std::int8_t state = 0;
  bool hold = false;
  bool observe = false;  // its posture
};

struct DecisionFilter {
  std::vector<std::string> symbols;  // empty: all
  std::vector<std::string> run_ids;  // empty: all
};

struct DecisionSet {
  std::vector<std::string> symbols;     // by name; those that have a decision
  std::vector<FileDecision> decisions;  // by symbol and time
  std::uint64_t lines = 0;              // blank ones do not count
  std::uint64_t duplicates = 0;
  std::map<std::string, std::uint64_t> bad;  // by reason

  UnixMillis first_ms() const;  // of all; there must be one
  UnixMillis last_ms() const;
};

Result<DecisionSet> read_decision_file(const std::string& path, const DecisionFilter& filter);

// "12 lines: 2 bad (invalid_json 1, missing_field:close 1), 3 duplicates removed"; empty when all is fine.
std::string complaint_about(const DecisionSet& set);

}  // namespace streamd::plot
