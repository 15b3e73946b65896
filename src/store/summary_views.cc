#include "store/summary_views.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "market/window_summary.h"

namespace streamd {
namespace {

constexpr int kMaxLag = 10;  // in window lengths

// "later minus earlier" of each feature's mean, and of the densities.
std::string differences(std::string_view later, std::string_view earlier) {
  std::string columns;
  for (const std::string_view feature : kFeatureNames) {
    columns += fmt::format("{0}.mean_{2} - {1}.mean_{2} AS delta_{2}, ", later, earlier, feature);
  }
  return columns + fmt::format("{}.legitimacy_density - {}.legitimacy_density AS delta_legitimacy", later, earlier);
}

std::string window_deltas() {
  return fmt::format(
      "SELECT w.symbol, w.window_start, w.window_end, {} FROM quotient_summaries w LEFT JOIN quotient_summaries before "
      "ON before.symbol = w.symbol AND before.window_seconds = w.window_seconds AND before.window_end = w.window_start",
      differences("w", "before"));
}

// An equality join of the targets, once a lag, with the sources: the few targets that are asked for are the hash
// table, and the sources' scan gets their times from it as filters, so that it reads no more than those row groups.
std::string cross_lag_inputs() {
  return fmt::format(
      "SELECT t.symbol AS target_symbol, s.symbol AS source_symbol, l.lag::INTEGER AS lag, "
      "t.window_start AS target_window, s.window_start AS source_window, {}, "
      "t.legitimacy_density AS target_legitimacy, s.legitimacy_density AS source_legitimacy, "
      "t.legitimacy_density * s.legitimacy_density AS legitimacy_weight, "
      "greatest(t.artifact_ts, s.artifact_ts) AS artifact_ts "
      "FROM quotient_summaries t CROSS JOIN range(1, {}) l(lag) JOIN quotient_summaries s "
      "ON s.window_seconds = t.window_seconds "
      "AND s.window_start = t.window_start - to_microseconds(l.lag * t.window_seconds * 1000000)",
      differences("t", "s"), kMaxLag + 1);
}

// Of two window lengths, rows can differ in the source window alone.
constexpr const char* kGateFeed =
    "SELECT target_symbol, source_symbol, lag, legitimacy_weight, delta_legitimacy, artifact_ts, target_window, "
    "source_window FROM quotient_cross_lag_inputs "
    "ORDER BY target_window DESC, target_symbol, lag, source_symbol, source_window DESC";

}  // namespace

std::vector<View> summary_views() {
  return {{"legitimacy_stream",
           "SELECT symbol, window_start, window_end, legitimacy_density, unknown_frac, artifact_ts "
           "FROM quotient_summaries"},
          {"quotient_deltas", window_deltas()},
          {"quotient_cross_lag_inputs", cross_lag_inputs()},
          {"influence_gate_feed", kGateFeed}};
}

}  // namespace streamd
