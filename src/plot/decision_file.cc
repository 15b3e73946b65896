#include "plot/decision_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "io/byte_reader.h"
#include "io/file.h"
#include "wire/json_object_reader.h"
#include "wire/line_splitter.h"

namespace streamd::plot {
namespace {

constexpr std::size_t kBlockBytes = 1 << 20;
constexpr std::size_t kMaxLineBytes = 1 << 20;
constexpr std::size_t kMaxNameBytes = 64;

enum Name : std::size_t { timestamp, symbol, close, direction, target_exposure, state, urgency, hold, posture, run_id };
const std::vector<std::string_view> kNames = {"timestamp", "symbol",  "close", "direction", "target_exposure",
                                              "state",     "urgency", "hold",  "posture",   "run_id"};

// Numbers for names, in the order in which they come.
class NameBook {
 public:
  std::uint32_t number_of(std::string_view name) {
    if (last_ < names_.size() && names_[last_] == name) return last_;
    const auto [found, is_new] = numbers_.try_emplace(std::string(name), static_cast<std::uint32_t>(names_.size()));
    if (is_new) names_.emplace_back(name);
    return last_ = found->second;
  }
  const std::vector<std::string>& names() const { return names_; }

 private:
  std::unordered_map<std::string, std::uint32_t> numbers_;
  std::vector<std::string> names_;
  std::uint32_t last_ = 0;
};

bool is_chosen(const std::vector<std::string>& chosen, std::string_view name) {
  return chosen.empty() || std::find(chosen.begin(), chosen.end(), name) != chosen.end();
}

class LineReader {
 public:
  explicit LineReader(const DecisionFilter& filter) : filter_(filter) {}

  // For LineSplitter.
  const char* take_fast(const char*) { return nullptr; }
  void on_line(std::string_view line, std::uint64_t) {
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
    ++set_.lines;
    const std::string reason = take(line);
    if (!reason.empty()) ++set_.bad[at_end_ ? "unfinished_line" : reason];
  }
  void on_long_line(std::string_view, std::uint64_t, bool last) {
    if (!last) return;
    ++set_.lines;
    ++set_.bad["line_too_long"];
  }
  // What comes now has no newline: it may be half written.
  void begin_last_line() { at_end_ = true; }

  DecisionSet result();

 private:
  std::string take(std::string_view line);
  // Empty, or why not. Absent is fine where it is optional: `value` stays.
  template <typename Number>
  std::string number(Name name, bool optional, Number low, Number high, Number& value) const;
  void number_by_name();
  void remove_duplicates();

  const DecisionFilter& filter_;
  JsonObjectReader json_{kNames};
  DecisionSet set_;
  NameBook symbols_, runs_;
  bool at_end_ = false;
};

template <typename Number>
std::string LineReader::number(Name name, bool optional, Number low, Number high, Number& value) const {
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

std::string LineReader::take(std::string_view line) {
  if (!json_.read(line)) return "invalid_json";
  FileDecision decision;
  int wanted_direction = 0, state_code = 0;
  double exposure = 0, how_urgent = 0;
  std::string wrong = number<UnixMillis>(timestamp, false, 0, kMaxEventTimeMs, decision.timestamp_ms);
  if (wrong.empty()) wrong = number(close, false, -1e300, 1e300, decision.close);
  if (wrong.empty()) wrong = number(direction, false, -1, 1, wanted_direction);
  if (wrong.empty()) wrong = number(target_exposure, false, 0.0, 1.0, exposure);
  if (wrong.empty()) wrong = number(state, true, -3, 1, state_code);
  if (wrong.empty()) wrong = number(urgency, true, 0.0, 1.0, how_urgent);
  if (!wrong.empty()) return wrong;
  if (json_[symbol].form == FieldValue::absent) return "missing_field:symbol";
  const std::string_view name = json_[symbol].text;
  const bool is_printable =
      std::none_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  if (json_[symbol].form != FieldValue::string || name.empty() || name.size() > kMaxNameBytes || !is_printable) {
    return "bad_field:symbol";
  }
  if (json_[hold].form != FieldValue::absent) {
    if (json_[hold].text != "true" && json_[hold].text != "false") return "bad_field:hold";
    if (json_[hold].form != FieldValue::literal) return "bad_field:hold";
    decision.hold = json_[hold].text == "true";
  }
  for (const Name text : {posture, run_id}) {
    const auto form = json_[text].form;
    if (form != FieldValue::absent && form != FieldValue::string) return fmt::format("bad_field:{}", kNames[text]);
  }
  if (!is_chosen(filter_.symbols, name) || !is_chosen(filter_.run_ids, json_[run_id].text)) return "";
  decision.target = wanted_direction * exposure;
  decision.urgency = static_cast<float>(how_urgent);
  decision.state = static_cast<std::int8_t>(state_code);
  decision.observe = json_[posture].text == "OBSERVE";
  decision.symbol = symbols_.number_of(name);
  decision.run = runs_.number_of(json_[run_id].text);
  set_.decisions.push_back(decision);
  return "";
}

// The numbers become the order of the names.
void LineReader::number_by_name() {
  std::vector<std::uint32_t> order(symbols_.names().size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return symbols_.names()[a] < symbols_.names()[b]; });
  std::vector<std::uint32_t> place(order.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    place[order[i]] = i;
    set_.symbols.push_back(symbols_.names()[order[i]]);
  }
  for (FileDecision& decision : set_.decisions) decision.symbol = place[decision.symbol];
}

void LineReader::remove_duplicates() {
  const auto key = [](const FileDecision& d) { return std::tuple(d.symbol, d.timestamp_ms, d.run); };
  auto& all = set_.decisions;
  std::stable_sort(all.begin(), all.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
  const auto end = std::unique(all.begin(), all.end(), [&](const auto& a, const auto& b) { return key(a) == key(b); });
  set_.duplicates = static_cast<std::uint64_t>(all.end() - end);
  all.erase(end, all.end());
}

DecisionSet LineReader::result() {
  number_by_name();
  remove_duplicates();
  return std::move(set_);
}

}  // namespace

UnixMillis DecisionSet::first_ms() const {
  const auto earlier = [](const auto& a, const auto& b) { return a.timestamp_ms < b.timestamp_ms; };
  return std::min_element(decisions.begin(), decisions.end(), earlier)->timestamp_ms;
}

UnixMillis DecisionSet::last_ms() const {
  const auto earlier = [](const auto& a, const auto& b) { return a.timestamp_ms < b.timestamp_ms; };
  return std::max_element(decisions.begin(), decisions.end(), earlier)->timestamp_ms;
}

Result<DecisionSet> read_decision_file(const std::string& path, const DecisionFilter& filter) {
  auto file = open_for_reading(path);
  if (!file) return file.error();
  const auto reader = ByteReader::open(file->get(), path);
  LineReader lines(filter);
  LineSplitter splitter(kMaxLineBytes);
  std::vector<char> block(kBlockBytes + kReadSlack);
  for (;;) {
    auto count = reader->read(block.data(), kBlockBytes);
    if (!count) return count.error();
    if (count.value() == 0) break;
    splitter.feed({block.data(), count.value()}, lines);
  }
  lines.begin_last_line();
  splitter.finish(lines);
  return lines.result();
}

std::string complaint_about(const DecisionSet& set) {
  std::uint64_t bad = 0;
  std::string reasons;
  for (const auto& [reason, count] : set.bad) {
    bad += count;
    reasons += fmt::format("{}{} {}", reasons.empty() ? "" : ", ", reason, count);
  }
  std::string text;
  if (bad > 0) text = fmt::format("{} bad ({})", bad, reasons);
  if (set.duplicates > 0) text += fmt::format("{}{} duplicates removed", text.empty() ? "" : ", ", set.duplicates);
  return text.empty() ? "" : fmt::format("{} lines: {}", set.lines, text);
}

}  // namespace streamd::plot
