// Prometheus's text as those see it who read it, what must hold of each of its families, and the names that the JSON
// must have.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

namespace streamd {

// What the endpoint's contract names.
// clang-format off
inline constexpr const char* kJsonNames[] = {
    "ts", "host", "port", "connections", "lines", "invalid_lines", "rejected_by_reason", "control", "duplicates",
    "trades", "ohlc", "trades_superseded", "late_trades", "bars_amended", "bars_merged", "decisions",
    "decisions_blocked", "decision_cost_estimate", "pending_rows", "queue_depth", "journal_bytes", "last_flush_age_s",
    "last_bar_ts_ms", "last_action_ts_ms", "last_state_ts_ms", "last_summary_ts_ms", "last_write_ts_ms", "last_write"};
// clang-format on

struct MetricFamily {
  std::string help;
  std::string type;
  std::set<std::string> values;
};

// A test failure where the text is not in order: each family once, its help, its type, then its samples.
class MetricsText {
 public:
  explicit MetricsText(const std::string& text) {
    static const std::regex kHelp("# HELP ([a-z0-9_]+) (.*)");
    static const std::regex kType("# TYPE ([a-z0-9_]+) ([a-z]+)");
    std::istringstream lines(text);
    std::string family;
    for (std::string line; std::getline(lines, line);) {
      std::smatch match;
      if (std::regex_match(line, match, kHelp)) {
        family = match[1].str();
        EXPECT_TRUE(families_.emplace(family, MetricFamily{match[2].str(), "", {}}).second) << "twice: " << family;
      } else if (std::regex_match(line, match, kType)) {
        EXPECT_EQ(match[1].str(), family) << "a type without help";
        families_[family].type = match[2].str();
      } else {
        add_sample(family, line);
      }
    }
  }

  const std::map<std::string, MetricFamily>& families() const { return families_; }
  // Of samples, without labels.
  const std::set<std::string>& names() const { return names_; }
  // A sample's name has its labels as they stand: x_total{reason="y"}.
  bool has(const std::string& sample) const { return samples_.contains(sample); }
  std::string text_of(const std::string& sample) const {
    const auto found = samples_.find(sample);
    if (found != samples_.end()) return found->second;
    ADD_FAILURE() << "no " << sample;
    return "-1";
  }
  double value_of(const std::string& sample) const { return std::stod(text_of(sample)); }

 private:
  void add_sample(const std::string& family, const std::string& line) {
    const std::string name = line.substr(0, line.find_first_of("{ "));
    const std::string beyond = name.starts_with(family) ? name.substr(family.size()) : "?";
    if (families_[family].type == "histogram") {
      EXPECT_TRUE(beyond == "_bucket" || beyond == "_sum" || beyond == "_count") << line;
    } else {
      EXPECT_EQ(beyond, "") << line;
    }
    const auto space = line.rfind(' ');
    EXPECT_TRUE(samples_.emplace(line.substr(0, space), line.substr(space + 1)).second) << "twice: " << line;
    names_.insert(name);
    families_[family].values.insert(line.substr(space + 1));
  }

  std::map<std::string, MetricFamily> families_;
  std::map<std::string, std::string> samples_;
  std::set<std::string> names_;
};

// Its help is a sentence, and it says its unit: the name ends with a base unit, or the help begins with what is counted
// ("Lines …"), or with "1: " and what that means.
inline void expect_told(const std::string& name, const MetricFamily& family) {
  static const std::regex kSentence("(1: )?[A-Za-z]+,?( [^ ]+){2,}");
  static const std::regex kBaseUnit(".*_(seconds|bytes|info)(_total)?");
  static const std::regex kForeignUnit(".*_(ms|us|s|minutes|kb|kib|percent)(_total)?");
  static const std::regex kCount("([A-Z][a-z]+|File descriptor)s\\b.*");
  EXPECT_TRUE(name.starts_with("stream_daemon_") || name.starts_with("process_")) << name;
  EXPECT_TRUE(std::regex_match(family.help, kSentence)) << name << " has the help: " << family.help;
  EXPECT_EQ(name.ends_with("_total"), family.type == "counter") << name;
  EXPECT_FALSE(std::regex_match(name, kForeignUnit)) << name;
  if (family.type == "histogram") {
    EXPECT_TRUE(name.ends_with("_seconds")) << name;
  }
  if (std::regex_match(name, kBaseUnit)) return;
  if (family.help.starts_with("1: ")) {
    EXPECT_EQ(family.type, "gauge") << name;
    for (const std::string& value : family.values) EXPECT_TRUE(value == "0" || value == "1") << name << ' ' << value;
  } else {
    EXPECT_TRUE(std::regex_match(family.help, kCount)) << name << " has no unit: " << family.help;
  }
}

}  // namespace streamd
