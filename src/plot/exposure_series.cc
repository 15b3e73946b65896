#include "plot/exposure_series.h"

#include <cmath>
#include <optional>

namespace streamd::plot {

double held_at_start(std::span<const FileDecision> decisions) {
  return !decisions.empty() && decisions.front().hold ? decisions.front().target : 0;
}

double held_after(const FileDecision& decision, double held, const SeriesOptions& options) {
  const double wanted = decision.hold ? held : decision.target;
  return std::abs(wanted - held) >= options.min_trade ? wanted : held;
}

std::vector<SeriesPoint> exposure_series(std::span<const FileDecision> decisions, double held,
                                         const SeriesOptions& options, UnixMillis from_ms) {
  std::vector<SeriesPoint> points;
  const double rate = options.fee_rate + options.slippage;
  double gross = 0, costs = 0;
  std::optional<double> close_before;
  for (const FileDecision& decision : decisions) {
    const double before = held;
    held = held_after(decision, held, options);
    if (decision.timestamp_ms < from_ms) continue;
    if (close_before) gross += before * (decision.close - *close_before);
    close_before = decision.close;
    const double delta = held - before;
    if (decision.close > 0) costs += std::abs(delta) * decision.close * rate;
    if (points.empty()) points.reserve(static_cast<std::size_t>(&decisions.back() - &decision) + 1);
    points.push_back(
        {decision.timestamp_ms, held, delta, gross, costs, decision.urgency, decision.state, decision.observe});
  }
  return points;
}

}  // namespace streamd::plot
