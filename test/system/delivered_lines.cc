#include "system/delivered_lines.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <sstream>

#include "system/stored_bars.h"

namespace streamd {
namespace {

constexpr std::string_view kDecisionBegin = "{\"timestamp\":";
constexpr std::string_view kDecisionEnd = "\"source\":\"stream_daemon\"}";
constexpr std::string_view kBarBegin = "{\"type\":\"ohlc1s\",";
constexpr std::size_t kShown = 5;

// From beginning to end, and only one.
bool is_whole(const std::string& line) {
  if (line.starts_with(kDecisionBegin)) {
    return line.ends_with(kDecisionEnd) && line.find(kDecisionBegin, 1) == std::string::npos;
  }
  return line.starts_with(kBarBegin) && line.ends_with("}") && line.find(kBarBegin, 1) == std::string::npos &&
         !field_of(line, "revision").empty();
}

std::string key_of(const std::string& line) {
  const bool is_bar = line.starts_with(kBarBegin);
  std::string key(field_of(line, is_bar ? "ts_ms" : "timestamp"));
  key.append(" ").append(field_of(line, "symbol"));
  if (is_bar) key.append(" ").append(field_of(line, "revision"));
  return key;
}

std::string first_of(const std::vector<std::string>& lines) {
  std::ostringstream text;
  for (std::size_t i = 0; i < lines.size() && i < kShown; ++i) text << lines[i] << '\n';
  return text.str();
}

bool is_number(const std::string& name) {
  return name == "target_exposure" || name == "urgency" || name == "actionability";
}

}  // namespace

std::string_view field_of(std::string_view line, std::string_view name) {
  std::string quoted("\"");
  quoted.append(name).append("\":");
  const std::size_t start = line.find(quoted);
  if (start == std::string_view::npos) return {};
  std::string_view value = line.substr(start + quoted.size());
  if (value.starts_with('"')) {
    value.remove_prefix(1);
    return value.substr(0, value.find('"'));
  }
  return value.substr(0, value.find_first_of(",}"));
}

void DeliveredLines::add(const std::string& line) {
  ++all_;
  if (!is_whole(line)) {
    torn_.push_back(line);
    return;
  }
  const std::string kept = keep_ == Keep::lines ? line : std::to_string(std::hash<std::string>()(line));
  const auto [found, is_new] = lines_.try_emplace(key_of(line), kept);
  if (is_new) {
    order_.push_back(found->first);
  } else if (found->second != kept) {
    conflicts_.push_back(found->second + "\n  and then\n" + line);
  }
}

void DeliveredLines::add_file(const std::string& path) {
  for (const std::string& line : lines_of(read_file(path))) add(line);
}

std::set<std::string> DeliveredLines::run_ids() const {
  std::set<std::string> ids;
  for (const auto& [key, line] : lines_) ids.emplace(field_of(line, "run_id"));
  return ids;
}

void expect_every_key(const std::string& db, const DeliveredLines& lines, std::size_t expected) {
  const TextTable rows = read_table(db, "SELECT epoch_ms(timestamp) || ' ' || symbol FROM stream_actions ORDER BY ALL");
  EXPECT_EQ(rows.size(), expected);
  std::vector<std::string> wrong;
  const std::string* before = nullptr;
  for (const auto& row : rows) {
    if (before != nullptr && *before == row[0]) wrong.push_back("twice in stream_actions: " + row[0]);
    if (!lines.has(row[0])) wrong.push_back("never delivered: " + row[0]);
    before = &row[0];
  }
  EXPECT_TRUE(wrong.empty()) << wrong.size() << ":\n" << first_of(wrong);
  EXPECT_EQ(lines.distinct(), rows.size());
  EXPECT_TRUE(lines.conflicts().empty()) << lines.conflicts().size() << ":\n" << first_of(lines.conflicts());
}

void expect_every_decision(const std::string& db, const DeliveredLines& lines, std::size_t expected) {
  expect_every_key(db, lines, expected);
  static const std::vector<std::string> kColumns = {"state",         "direction", "target_exposure", "urgency", "hold",
                                                    "actionability", "reason",    "gate_open",       "posture"};
  std::string sql = "SELECT epoch_ms(timestamp) || ' ' || symbol";
  for (const std::string& column : kColumns) sql += ", " + column;
  std::vector<std::string> wrong;
  for (const auto& row : read_table(db, sql + " FROM stream_actions")) {
    const auto found = lines.by_key().find(row[0]);
    if (found == lines.by_key().end()) continue;  // said above
    for (std::size_t i = 0; i < kColumns.size(); ++i) {
      const std::string value(field_of(found->second, kColumns[i]));
      const std::string& stored = row[i + 1];
      const bool same = is_number(kColumns[i]) ? std::strtod(value.c_str(), nullptr) == std::stod(stored)
                                               : value == stored;
      if (!same) wrong.push_back(kColumns[i] + " is stored as " + stored + ": " + found->second);
    }
  }
  EXPECT_TRUE(wrong.empty()) << wrong.size() << ":\n" << first_of(wrong);
}

}  // namespace streamd
