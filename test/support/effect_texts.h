// Decisions, summaries and bar notices as texts that tell any two apart.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "core/effect.h"

namespace streamd {

// "<symbol>@<second> close <c> state <s> <reason> <direction>*<exposure> …"
inline std::string text_of(const Decision& decision) {
  const Intent& allowed = decision.allowed;
  return fmt::format("{}@{} close {} state {} {} {} {}*{} urgency {}{} actionability {} cost {}{} L{}", decision.symbol,
                     decision.second, decision.close, static_cast<int>(decision.state), posture_name(decision.posture),
                     reason_text(allowed.reason), allowed.direction, allowed.target_exposure, allowed.urgency,
                     allowed.hold ? " hold" : "", allowed.actionability, decision.cost,
                     decision.blocked ? " blocked" : "", decision.label);
}

// Each with the run and the gate's source of its context.
inline std::vector<std::string> texts_of_decisions(const EffectBatch& effects) {
  std::vector<std::string> texts;
  std::size_t next = 0;
  std::string context;
  for (std::size_t i = 0; i < effects.decisions.size(); ++i) {
    while (next < effects.contexts.size() && effects.contexts[next].first_decision == i) {
      const DecisionContext& now = effects.contexts[next++].context;
      context = fmt::format(" run {} gate {}", now.run_id, now.gate.source);
    }
    texts.push_back(text_of(effects.decisions[i]) + context);
  }
  return texts;
}

// "<symbol>@<start>+<window> count <n> legitimacy <density> … made <time>"
inline std::string text_of(const WindowSummary& summary) {
  std::string text = fmt::format("{}@{}+{} count {} legitimacy {} unknown {}{} made {}", summary.symbol, summary.start,
                                 summary.window_s, summary.count, summary.legitimacy_density, summary.unknown_frac,
                                 summary.event_marker ? " marked" : "", summary.artifact_ms);
  if (summary.count == 0) return text;
  for (const FeatureStatistics& feature : summary.features) {
    text += fmt::format(" {} {} {} {} {}", feature.mean, feature.median, feature.mad, feature.run_length_pos,
                        feature.run_length_neg);
  }
  for (const double quantile : summary.vol_ratio_quantiles) text += fmt::format(" {}", quantile);
  for (const double quantile : summary.curvature_quantiles) text += fmt::format(" {}", quantile);
  return text;
}

inline std::vector<std::string> texts_of_summaries(const EffectBatch& effects) {
  std::vector<std::string> texts;
  for (const WindowSummary& summary : effects.summaries) texts.push_back(text_of(summary));
  return texts;
}

// "<symbol>@<second> <open> <high> <low> <close> v<volume> n<trades> r<revision>", then " partial".
inline std::vector<std::string> texts_of_notices(const EffectBatch& effects) {
  std::vector<std::string> texts;
  for (const BarNotice& bar : effects.bar_notices) {
    const Ohlcv& values = bar.values;
    texts.push_back(fmt::format("{}@{} {} {} {} {} v{} n{} r{}{}", bar.symbol, bar.second, values.open, values.high,
                                values.low, values.close, values.volume, values.trades, bar.revision,
                                bar.is_partial ? " partial" : ""));
  }
  return texts;
}

}  // namespace streamd
