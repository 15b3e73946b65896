#include "bench/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "bench/failure.h"

namespace streamd::bench {

Spread spread(std::vector<double> values) {
  if (values.empty()) fail("nothing was measured");
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  const double median = values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  return {median, values.front(), values.back()};
}

std::vector<double> ratios(const std::vector<double>& ours, const std::vector<double>& baseline) {
  std::vector<double> result;
  for (std::size_t i = 0; i < ours.size(); ++i) result.push_back(ours[i] / baseline[i]);
  return result;
}

void Report::add_ratio(std::string figure, std::string ours, std::string baseline, const std::vector<double>& ratios,
                       std::optional<Bar> bar) {
  const Spread ratio = spread(ratios);
  Row row{std::move(figure),
          std::move(ours),
          std::move(baseline),
          fmt::format("{:.2f} ({:.2f}..{:.2f})", ratio.median, ratio.min, ratio.max),
          "-",
          "reported"};
  if (bar) {
    row.bar = fmt::format(">= {:.2f}", bar->at_least);
    if (bar->goal) row.bar += fmt::format(", goal {:.2f}", *bar->goal);
    if (ratio.median < bar->at_least) {
      row.verdict = "missed";
      missed_ = true;
    } else {
      row.verdict = !bar->goal ? "met" : ratio.median >= *bar->goal ? "met, goal too" : "met, goal not";
    }
  }
  rows_.push_back(std::move(row));
}

void Report::add_least(std::string figure, std::string ours, double value, double least, const std::string& unit) {
  const bool under = value < least;
  missed_ |= under;
  rows_.push_back(
      {std::move(figure), std::move(ours), "-", "-", fmt::format(">= {:.3g} {}", least, unit), under ? "missed" : "met"});
}

void Report::add_limit(std::string figure, std::string ours, double value, double limit, const std::string& unit) {
  const bool over = value >= limit;
  missed_ |= over;
  rows_.push_back(
      {std::move(figure), std::move(ours), "-", "-", fmt::format("< {:.3g} {}", limit, unit), over ? "missed" : "met"});
}

void Report::add_note(std::string figure, std::string ours) {
  rows_.push_back({std::move(figure), std::move(ours), "-", "-", "-", "reported"});
}

void Report::print(bool with_verdicts) const {
  const Row head{"figure", "ours", "baseline", "ratio (min..max)", "bar", "verdict"};
  std::vector<const Row*> lines = {&head};
  for (const Row& row : rows_) lines.push_back(&row);
  constexpr std::string Row::*kColumns[] = {&Row::figure, &Row::ours, &Row::baseline,
                                            &Row::ratio,  &Row::bar,  &Row::verdict};
  for (const Row* line : lines) {
    std::string text;
    for (const auto column : kColumns) {
      if (!with_verdicts && (column == &Row::bar || column == &Row::verdict)) continue;
      std::size_t width = 0;
      for (const Row* other : lines) width = std::max(width, (other->*column).size());
      text += fmt::format("{:<{}}  ", line->*column, width);
    }
    while (text.back() == ' ') text.pop_back();
    std::printf("%s\n", text.c_str());
  }
}

std::string seconds_text(const std::vector<double>& seconds) {
  const Spread s = spread(seconds);
  if (s.median < 0.1) return fmt::format("{:.1f} ms", s.median * 1e3);
  return fmt::format("{:.2f} s", s.median);
}

std::string rate_text(const std::vector<double>& seconds, double count, const std::string& unit) {
  return fmt::format("{} = {:.2f} M {}/s", seconds_text(seconds), count / spread(seconds).median / 1e6, unit);
}

}  // namespace streamd::bench
