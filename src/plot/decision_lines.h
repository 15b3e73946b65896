// Lines of decisions, as --decision-sink file: writes them → what is plotted of them. What is kept of a decision is
// small, so that millions fit. Bad lines are counted by their reason and skipped. Pure; one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/units.h"
#include "wire/json_object_reader.h"

namespace streamd::plot {

// Names are numbers here, by first appearance: symbol in DecisionLines::symbols(), run in runs(),
// reason and posture in words().
struct FileDecision {
  UnixMillis timestamp_ms = 0;
  double close = 0;
  double target = 0;  // direction · target_exposure
  std::uint32_t symbol = 0;
  std::uint32_t run = 0;
  float urgency = 0;
  float actionability = 0;
  std::uint16_t reason = 0;
  std::uint16_t posture = 0;
  std::int8_t state = 0;
  bool hold : 1 = false;
  bool observe : 1 = false;  // its posture
  bool gate_open : 1 = false;
};

struct DecisionFilter {
  std::vector<std::string> symbols;  // empty: all
  std::vector<std::string> run_ids;  // empty: all
};

struct LineCounts {
  std::uint64_t lines = 0;  // blank ones do not count
  std::uint64_t duplicates = 0;
  std::uint64_t of_several_runs = 0;  // have another run's decision of the same symbol and second before them
  std::map<std::string, std::uint64_t> bad;  // by reason

  std::uint64_t bad_lines() const;
};

// "12 lines: 2 bad (invalid_json 1, missing_field:close 1), 3 duplicates removed"; empty when all is fine.
std::string complaint_about(const LineCounts& counts);

// Numbers for names, in the order in which they come.
class NameBook {
 public:
  // Nothing: it is a new one, and there are `most` already.
  std::optional<std::uint32_t> number_of(std::string_view name, std::size_t most);
  const std::vector<std::string>& names() const { return names_; }

 private:
  std::unordered_map<std::string, std::uint32_t> numbers_;
  std::vector<std::string> names_;
  std::uint32_t last_ = 0;
};

// A handler for wire/line_splitter.h.
class DecisionLines {
 public:
  static constexpr std::size_t kMaxLineBytes = 1 << 20;

  // `take` gets each decision that `filter` lets through.
  DecisionLines(DecisionFilter filter, std::function<void(const FileDecision&)> take);

  const char* take_fast(const char*) { return nullptr; }
  void on_line(std::string_view line, std::uint64_t offset);
  void on_long_line(std::string_view piece, std::uint64_t offset, bool last);
  // What comes until the next begin_file() has no newline: it may be half written.
  void end_file() { at_end_ = true; }
  void begin_file() { at_end_ = false; }

  const std::vector<std::string>& symbols() const { return symbols_.names(); }
  const std::vector<std::string>& runs() const { return runs_.names(); }
  const std::vector<std::string>& words() const { return words_.names(); }
  const LineCounts& counts() const { return counts_; }

 private:
  std::string take(std::string_view line);
  // Empty, or why not. Absent is fine where it is optional: `value` stays.
  template <typename Number>
  std::string number(std::size_t name, bool optional, Number low, Number high, Number& value) const;
  std::string boolean(std::size_t name, bool& value) const;

  const DecisionFilter filter_;
  const std::function<void(const FileDecision&)> take_;
  JsonObjectReader json_;
  LineCounts counts_;
  NameBook symbols_, runs_, words_;
  bool at_end_ = false;
};

}  // namespace streamd::plot
