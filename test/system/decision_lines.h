// Decisions as others see them: lines on stdout and in a sink's file, rows in the database; and the gate's files.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "system/process.h"

namespace streamd {

// What a line and its rows have in common.
struct DecisionValues {
  std::string symbol;
  std::int64_t timestamp_ms = 0;
  double close = 0;
  std::int64_t state = 0;
  std::int64_t direction = 0;
  double target_exposure = 0;
  double urgency = 0;
  bool hold = false;
  double actionability = 0;
  std::string reason;
  bool gate_open = false;
  std::string posture;

  friend bool operator==(const DecisionValues&, const DecisionValues&) = default;
};
std::ostream& operator<<(std::ostream& out, const DecisionValues& values);

struct DecisionLine {
  DecisionValues values;
  bool phase6_open = false;
  std::string phase6_json;  // the whole snapshot
  double cost = 0;
  std::string run_id;
  std::string text;
};

// Fails the test where a line has other keys, another order or other types than the contract's payload.
DecisionLine read_decision(const std::string& line);
// The whole lines of a text; a last one without newline is being written.
std::vector<DecisionLine> read_decisions(const std::string& text);
// By symbol and time, each once. Lines with the same key must be the same bytes.
std::vector<DecisionLine> without_repetitions(const std::vector<DecisionLine>& lines);

// Of stream_actions with the close of stream_state, by symbol and time. Fails the test where the two tables disagree,
// or a key is there twice.
std::vector<DecisionValues> stored_decisions(const std::string& path);
// 0 when there is no file or no table yet.
std::size_t count_actions(const std::string& path);
// Adds one failure that shows the first differences.
void expect_same_decisions(const std::vector<DecisionValues>& expected, const std::vector<DecisionValues>& found);
std::vector<DecisionValues> values_of(const std::vector<DecisionLine>& lines);

// logs/phase6/<name> in the folder.
std::string gate_path(const TempFolder& folder, const std::string& name = "capital_controls_1.jsonl");
inline constexpr const char* kOpenEntry = "{\"allowed\": true, \"slip_bps\": 0.5}\n";
void open_gate(const TempFolder& folder);

}  // namespace streamd
