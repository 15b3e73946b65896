#include "core/core.h"

#include <utility>

namespace streamd {

Core::Core(const AggregatorOptions& options) : aggregator_(options, writes_) {}

LabelId Core::label_id(const std::string& label, EffectBatch& effects) {
  if (label.empty()) return kLiveLabel;
  const auto [found, is_new] = labels_.try_emplace(label, static_cast<LabelId>(labels_.size() + 1));
  if (is_new) effects.new_labels.push_back(label);
  return found->second;
}

void Core::apply(const EventBatch& events, EffectBatch& effects) {
  std::swap(writes_, effects.writes);
  const Trade* trade = events.trades().data();
  const BarLine* bar_line = events.bar_lines().data();
  const std::string* symbol = events.symbols().data();
  const SourceStart* start = events.source_starts().data();
  const SourceStart* label = events.source_labels().data();
  const SourceEnd* end = events.source_ends().data();
  const TailPosition* position = events.tail_positions().data();
  const Tick* tick = events.ticks().data();
  for (const EventBatch::Run& run : events.runs()) {
    if (run.kind == EventKind::trades) {
      aggregator_.add_trades(run.source, trade, run.count);
      trade += run.count;
      continue;
    }
    for (std::uint32_t i = 0; i < run.count; ++i) {
      switch (run.kind) {
        case EventKind::trades: break;
        case EventKind::bar_lines: aggregator_.add_bar_line(run.source, *bar_line++); break;
        case EventKind::new_symbol: effects.new_symbols.push_back(*symbol++); break;
        case EventKind::source_start:
          aggregator_.start_source(start->source, label_id(start->label, effects));
          ++start;
          break;
        case EventKind::source_label:
          aggregator_.relabel_source(label->source, label_id(label->label, effects));
          ++label;
          break;
        case EventKind::source_end:
          aggregator_.end_source(end->source, end->wall_ms);
          ++end;
          break;
        case EventKind::tail_position: effects.tail_positions.push_back(*position++); break;
        case EventKind::tick: aggregator_.tick(*tick++); break;
        case EventKind::write_open:
          if (run.source == kAllSources) {
            aggregator_.write_open_seconds();
          } else {
            aggregator_.write_open_seconds_of(run.source);
          }
          break;
      }
    }
  }
  std::swap(writes_, effects.writes);
}

}  // namespace streamd
