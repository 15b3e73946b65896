#include "plot/decision_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace streamd::plot {
namespace {

constexpr std::size_t kMaxNameBytes = 64;
constexpr std::size_t kMaxTextBytes = 256;  // of what else is kept
constexpr std::size_t kMaxSymbols = 50'000;
constexpr std::size_t kMaxRuns = 100'000;
constexpr std::size_t kMaxWords = 10'000;  // the daemon has a few dozen; further ones are left out

enum Name : std::size_t {
  timestamp, symbol, close, direction, target_exposure, state, urgency, hold, posture, run_id, actionability, reason,
  gate_open
};
const std::vector<std::string_view> kNames = {
    "timestamp", "symbol",  "close",  "direction",     "target_exposure", "state",    "urgency",
    "hold",      "posture", "run_id", "actionability", "reason",          "gate_open"};

bool is_chosen(const std::vector<std::string>& chosen, std::string_view name) {
  return chosen.empty() || std::find(chosen.begin(), chosen.end(), name) != chosen.end();
}

}  // namespace

std::optional<std::uint32_t> NameBook::number_of(std::string_view name, std::size_t most) {
  if (last_ < names_.size() && names_[last_] == name) return last_;
  const auto found = numbers_.find(std::string(name));
  if (found != numbers_.end()) return last_ = found->second;
  if (names_.size() >= most) return std::nullopt;
  last_ = static_cast<std::uint32_t>(names_.size());
  numbers_.emplace(name, last_);
  names_.emplace_back(name);
  return last_;
}

DecisionLines::DecisionLines(DecisionFilter filter, std::function<void(const FileDecision&)> take)
    : filter_(std::move(filter)), take_(std::move(take)), json_(kNames) {
  words_.number_of("", kMaxWords);  // what is not told
}

void DecisionLines::on_line(std::string_view line, std::uint64_t) {
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
  ++counts_.lines;
  const std::string reason = take(line);
  if (!reason.empty()) ++counts_.bad[at_end_ ? "unfinished_line" : reason];
}

void DecisionLines::on_long_line(std::string_view, std::uint64_t, bool last) {
  if (!last) return;
  ++counts_.lines;
  ++counts_.bad["line_too_long"];
}

template <typename Number>
std::string DecisionLines::number(std::size_t name, bool optional, Number low, Number high, Number& value) const {
  const FieldValue& field = json_[name];
  if (field.form == FieldValue::absent) return optional ? "" : fmt::format("missing_field:{}", kNames[name]);
  const char* const end = field.text.data() + field.text.size();
  Number read{};
  if (field.form == FieldValue::number) {
    const auto [stopped, failure] = std::from_chars(field.text.data(), end, read);
    if (failure == std::errc() && stopped == end && read >= low && read <= high) {
      value = read;
      return "";
    }
  }
  return fmt::format("bad_field:{}", kNames[name]);
}

std::string DecisionLines::boolean(std::size_t name, bool& value) const {
  const FieldValue& field = json_[name];
  if (field.form == FieldValue::absent) return "";
  if (field.form != FieldValue::literal || (field.text != "true" && field.text != "false")) {
    return fmt::format("bad_field:{}", kNames[name]);
  }
  value = field.text == "true";
  return "";
}

std::string DecisionLines::take(std::string_view line) {
  if (!json_.read(line)) return "invalid_json";
  FileDecision decision;
  int wanted_direction = 0, state_code = 0;
  double exposure = 0, how_urgent = 0, how_actionable = 0;
  bool holds = false, is_open = false;
  std::string wrong = number<UnixMillis>(timestamp, false, 0, kMaxEventTimeMs, decision.timestamp_ms);
  if (wrong.empty()) wrong = number(close, false, -1e300, 1e300, decision.close);
  if (wrong.empty()) wrong = number(direction, false, -1, 1, wanted_direction);
  if (wrong.empty()) wrong = number(target_exposure, false, 0.0, 1.0, exposure);
  if (wrong.empty()) wrong = number(state, true, -3, 1, state_code);
  if (wrong.empty()) wrong = number(urgency, true, 0.0, 1.0, how_urgent);
  if (wrong.empty()) wrong = number(actionability, true, -1e9, 1e9, how_actionable);
  if (wrong.empty()) wrong = boolean(hold, holds);
  if (wrong.empty()) wrong = boolean(gate_open, is_open);
  if (!wrong.empty()) return wrong;
  if (json_[symbol].form == FieldValue::absent) return "missing_field:symbol";
  const std::string_view name = json_[symbol].text;
  const bool is_printable =
      std::none_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  if (json_[symbol].form != FieldValue::string || name.empty() || name.size() > kMaxNameBytes || !is_printable) {
    return "bad_field:symbol";
  }
  for (const Name text : {posture, run_id, reason}) {
    const auto& [form, value] = json_[text];
    if (form == FieldValue::absent) continue;
    if (form != FieldValue::string || value.size() > kMaxTextBytes) return fmt::format("bad_field:{}", kNames[text]);
  }
  if (!is_chosen(filter_.symbols, name) || !is_chosen(filter_.run_ids, json_[run_id].text)) return "";
  const auto symbol_number = symbols_.number_of(name, kMaxSymbols);
  const auto run_number = runs_.number_of(json_[run_id].text, kMaxRuns);
  if (!symbol_number) return "too_many_symbols";
  if (!run_number) return "too_many_runs";
  decision.symbol = *symbol_number;
  decision.run = *run_number;
  decision.target = wanted_direction * exposure;
  decision.urgency = static_cast<float>(how_urgent);
  decision.actionability = static_cast<float>(how_actionable);
  decision.reason = static_cast<std::uint16_t>(words_.number_of(json_[reason].text, kMaxWords).value_or(0));
  decision.posture = static_cast<std::uint16_t>(words_.number_of(json_[posture].text, kMaxWords).value_or(0));
  decision.state = static_cast<std::int8_t>(state_code);
  decision.hold = holds;
  decision.observe = json_[posture].text == "OBSERVE";
  decision.gate_open = is_open;
  take_(decision);
  return "";
}

std::uint64_t LineCounts::bad_lines() const {
  std::uint64_t sum = 0;
  for (const auto& [reason, count] : bad) sum += count;
  return sum;
}

std::string complaint_about(const LineCounts& counts) {
  std::string reasons;
  for (const auto& [reason, count] : counts.bad) {
    reasons += fmt::format("{}{} {}", reasons.empty() ? "" : ", ", reason, count);
  }
  std::string text;
  if (!counts.bad.empty()) text = fmt::format("{} bad ({})", counts.bad_lines(), reasons);
  if (counts.duplicates > 0) {
    text += fmt::format("{}{} duplicates removed", text.empty() ? "" : ", ", counts.duplicates);
  }
  if (counts.of_several_runs > 0) {
    text += fmt::format("{}{} of another run for the same second (--run-id chooses one)", text.empty() ? "" : ", ",
                        counts.of_several_runs);
  }
  return text.empty() ? "" : fmt::format("{} lines: {}", counts.lines, text);
}

}  // namespace streamd::plot
