// The table of results: each figure against its baseline, as a ratio, with its bar.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace streamd::bench {

struct Spread {
  double median = 0;
  double min = 0;
  double max = 0;
};
Spread spread(std::vector<double> values);

// ours[i] / baseline[i]: runs that stood side by side are compared with each other.
std::vector<double> ratios(const std::vector<double>& ours, const std::vector<double>& baseline);

struct Bar {
  double at_least;
  std::optional<double> goal;
};

class Report {
 public:
  // `ours` and `baseline` say what was measured, in the reader's units.
  void add_ratio(std::string figure, std::string ours, std::string baseline, const std::vector<double>& ratios,
                 std::optional<Bar> bar);
  // No bar.
  void add_note(std::string figure, std::string ours);
  // The value must be so large at least.
  void add_least(std::string figure, std::string ours, double value, double least, const std::string& unit);
  // It must stay below.
  void add_limit(std::string figure, std::string ours, double value, double limit, const std::string& unit);

  // To stdout.
  void print(bool with_verdicts) const;
  bool missed() const { return missed_; }

 private:
  struct Row {
    std::string figure, ours, baseline, ratio, bar, verdict;
  };
  std::vector<Row> rows_;
  bool missed_ = false;
};

// "0.71 s" and the like: median first, then min..max.
std::string seconds_text(const std::vector<double>& seconds);
// A rate in millions a second.
std::string rate_text(const std::vector<double>& seconds, double count, const std::string& unit);

}  // namespace streamd::bench
