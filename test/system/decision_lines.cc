#include "system/decision_lines.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <ostream>
#include <sstream>
#include <stdexcept>
#include <tuple>

#include "system/bar_oracle.h"
#include "system/stored_bars.h"

namespace streamd {
namespace {

namespace dom = simdjson::dom;

// The contract's order.
const std::vector<std::string> kKeys = {"timestamp",       "symbol",  "close",       "state",         "direction",
                                        "target_exposure", "urgency", "hold",        "actionability", "reason",
                                        "gate_open",       "posture", "phase6_gate", "cost",          "run_id",
                                        "source"};
const std::vector<std::string> kGateKeys = {"open", "source", "allowed_slip_bps", "reason", "timestamp"};

std::vector<std::string> keys_of(const dom::object& object) {
  std::vector<std::string> keys;
  for (const dom::key_value_pair field : object) keys.emplace_back(field.key);
  return keys;
}

template <typename Value>
Value get(const dom::object& object, const char* key) {
  Value value{};
  if (const auto error = object[key].get(value)) {
    throw std::runtime_error(std::string(key) + ": " + simdjson::error_message(error));
  }
  return value;
}

std::string get_text(const dom::object& object, const char* key) {
  return std::string(get<std::string_view>(object, key));
}

auto key_of(const DecisionValues& values) {
  return std::tuple(values.symbol, values.timestamp_ms);
}

bool flag_of(const std::string& text) {
  if (text != "true" && text != "false") throw std::runtime_error("not a boolean: " + text);
  return text == "true";
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const DecisionValues& values) {
  return out << values.symbol << ' ' << values.timestamp_ms << " close " << number_text(values.close) << " state "
             << values.state << " direction " << values.direction << " exposure " << number_text(values.target_exposure)
             << " urgency " << number_text(values.urgency) << (values.hold ? " hold" : "") << " actionability "
             << number_text(values.actionability) << ' ' << values.reason << (values.gate_open ? " open " : " closed ")
             << values.posture;
}

DecisionLine read_decision(const std::string& line) {
  static thread_local dom::parser parser;
  dom::object object;
  if (parser.parse(line).get(object)) throw std::runtime_error("not a JSON object: " + line);
  EXPECT_EQ(keys_of(object), kKeys) << line;
  const auto gate = get<dom::object>(object, "phase6_gate");
  EXPECT_EQ(keys_of(gate), kGateKeys) << line;
  DecisionLine decision;
  decision.values = {get_text(object, "symbol"),
                     get<std::int64_t>(object, "timestamp"),
                     get<double>(object, "close"),
                     get<std::int64_t>(object, "state"),
                     get<std::int64_t>(object, "direction"),
                     get<double>(object, "target_exposure"),
                     get<double>(object, "urgency"),
                     get<bool>(object, "hold"),
                     get<double>(object, "actionability"),
                     get_text(object, "reason"),
                     get<bool>(object, "gate_open"),
                     get_text(object, "posture")};
  decision.phase6_open = get<bool>(gate, "open");
  decision.phase6_json = simdjson::minify(gate);
  decision.cost = get<double>(object, "cost");
  decision.run_id = get_text(object, "run_id");
  decision.text = line;
  EXPECT_EQ(decision.phase6_open, decision.values.gate_open) << line;
  EXPECT_EQ(decision.run_id.size(), 32u) << line;
  EXPECT_EQ(decision.run_id.find_first_not_of("0123456789abcdef"), std::string::npos) << line;
  EXPECT_EQ(get_text(object, "source"), "stream_daemon") << line;
  EXPECT_EQ(decision.values.timestamp_ms % 1000, 0) << line;
  return decision;
}

std::vector<DecisionLine> read_decisions(const std::string& text) {
  std::vector<DecisionLine> decisions;
  for (const std::string& line : lines_of(text.substr(0, text.rfind('\n') + 1))) {
    decisions.push_back(read_decision(line));
  }
  return decisions;
}

std::vector<DecisionLine> without_repetitions(const std::vector<DecisionLine>& lines) {
  std::map<std::tuple<std::string, std::int64_t, std::string>, DecisionLine> unique;
  for (const DecisionLine& line : lines) {
    const auto [place, is_new] = unique.try_emplace({line.values.symbol, line.values.timestamp_ms, line.run_id}, line);
    EXPECT_EQ(place->second.text, line.text) << "a repetition is not the same line";
  }
  std::vector<DecisionLine> list;
  for (auto& [key, line] : unique) list.push_back(std::move(line));
  return list;
}

std::vector<DecisionValues> stored_decisions(const std::string& path) {
  OpenDatabase database(path, duck::Access::read_only);
  for (const char* table : {"stream_state", "stream_actions"}) {
    EXPECT_EQ(read_table(database.connection(), "SELECT symbol, timestamp FROM " + std::string(table) +
                                                    " GROUP BY ALL HAVING count(*) > 1 LIMIT 10"),
              TextTable{})
        << table;
  }
  EXPECT_EQ(
      read_table(database.connection(),
                 "(SELECT timestamp, symbol, state, gate_open, posture, source_file FROM stream_state EXCEPT "
                 "SELECT timestamp, symbol, state, gate_open, posture, source_file FROM stream_actions) UNION ALL "
                 "(SELECT timestamp, symbol, state, gate_open, posture, source_file FROM stream_actions EXCEPT "
                 "SELECT timestamp, symbol, state, gate_open, posture, source_file FROM stream_state) LIMIT 10"),
      TextTable{})
      << "stream_state and stream_actions disagree";
  const TextTable rows = read_table(
      database.connection(),
      "SELECT symbol, epoch_ms(a.timestamp), s.close, a.state, direction, target_exposure, urgency, hold, "
      "actionability, reason, a.gate_open, a.posture FROM stream_actions a LEFT JOIN stream_state s USING (symbol, "
      "timestamp) ORDER BY symbol, timestamp");
  std::vector<DecisionValues> decisions;
  for (const auto& row : rows) {
    decisions.push_back({row[0], std::stoll(row[1]), std::stod(row[2]), std::stoll(row[3]), std::stoll(row[4]),
                         std::stod(row[5]), std::stod(row[6]), flag_of(row[7]), std::stod(row[8]), row[9],
                         flag_of(row[10]), row[11]});
  }
  return decisions;
}

std::size_t count_actions(const std::string& path) {
  if (count_bars(path) == 0) return 0;  // no file or no tables
  return std::stoull(read_table(path, "SELECT count(*) FROM stream_actions").at(0).at(0));
}

void expect_same_decisions(const std::vector<DecisionValues>& expected, const std::vector<DecisionValues>& found) {
  std::ostringstream differences;
  int shown = 0;
  auto want = expected.begin();
  auto have = found.begin();
  while (shown < 10 && (want != expected.end() || have != found.end())) {
    if (have == found.end() || (want != expected.end() && key_of(*want) < key_of(*have))) {
      differences << "missing:  " << *want++ << '\n';
      ++shown;
    } else if (want == expected.end() || key_of(*have) < key_of(*want)) {
      differences << "too much: " << *have++ << '\n';
      ++shown;
    } else {
      if (!(*want == *have)) {
        differences << "expected: " << *want << "\n   found: " << *have << '\n';
        ++shown;
      }
      ++want;
      ++have;
    }
  }
  EXPECT_EQ(shown, 0) << expected.size() << " decisions expected, " << found.size() << " found\n" << differences.str();
}

std::vector<DecisionValues> values_of(const std::vector<DecisionLine>& lines) {
  std::vector<DecisionValues> values;
  for (const DecisionLine& line : lines) values.push_back(line.values);
  return values;
}

std::string gate_path(const TempFolder& folder, const std::string& name) {
  std::filesystem::create_directories(folder / "logs/phase6");
  return folder / ("logs/phase6/" + name);
}

void open_gate(const TempFolder& folder) {
  write_file(gate_path(folder), kOpenEntry);
}

}  // namespace streamd
