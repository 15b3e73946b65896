#include "core/core.h"

#include <algorithm>
#include <utility>

#include "base/result.h"

namespace streamd {

Core::Core(const CoreOptions& options) : aggregator_(options.bars, writes_) {}

LabelId Core::label_id(const std::string& label, EffectBatch& effects) {
  if (label.empty()) return kLiveLabel;
  const auto [found, is_new] = label_ids_.try_emplace(label, static_cast<LabelId>(labels_.size()));
  if (is_new) {
    labels_.push_back(label);
    effects.new_labels.push_back(label);
  }
  return found->second;
}

void Core::announce_names(EffectBatch& effects) const {
  effects.new_symbols.insert(effects.new_symbols.end(), symbols_.begin(), symbols_.end());
  effects.new_labels.insert(effects.new_labels.end(), labels_.begin() + 1, labels_.end());
}

void Core::begin_run(const RunStart& start) {
  run_id_ = start.run_id;
  aggregator_.begin_run(start.options.bars, start.wall_ms, start.elapsed_ms);
  for (SourceId source : connections_) aggregator_.end_source(source, start.wall_ms);
  connections_.clear();
  for (auto tail = tails_.begin(); tail != tails_.end();) {
    const bool goes_on = std::find(start.tails.begin(), start.tails.end(), tail->first) != start.tails.end();
    if (!goes_on) aggregator_.end_source(tail->first, start.wall_ms);
    tail = goes_on ? std::next(tail) : tails_.erase(tail);
  }
  for (const auto& [name, producer] : producers_) aggregator_.leave_source_waiting(producer.source);
}

void Core::start_source(const SourceStart& start, EffectBatch& effects) {
  aggregator_.start_source(start.source, label_id(start.label, effects));
  if (start.tail_path.empty()) {
    connections_.push_back(start.source);
  } else {
    tails_[start.source] = start.tail_path;
  }
  next_source_ = std::max(next_source_, start.source + 1);
}

void Core::start_producer(const ProducerStart& start, EffectBatch& effects) {
  Producer& producer = producers_[start.name];
  producer = {start.source, start.session, start.last_seq, ++producer_activities_};
  producer_of_source_[start.source] = &producer;
  aggregator_.start_source(start.source, label_id(start.label, effects));
  next_source_ = std::max(next_source_, start.source + 1);
}

void Core::end_source(const SourceEnd& end) {
  if (const auto producer = producer_of_source_.find(end.source); producer != producer_of_source_.end()) {
    producer->second->last_active = ++producer_activities_;
    return aggregator_.leave_source_waiting(end.source);
  }
  aggregator_.end_source(end.source, end.wall_ms);
  tails_.erase(end.source);
  std::erase(connections_, end.source);
}

void Core::end_producer(SourceId source) {
  producer_of_source_.erase(source);
  std::erase_if(producers_, [&](const auto& entry) { return entry.second.source == source; });
  aggregator_.forget_source(source);
}

void Core::apply(const EventBatch& events, EffectBatch& effects) {
  std::swap(writes_, effects.writes);
  const Trade* trade = events.trades().data();
  const BarLine* bar_line = events.bar_lines().data();
  const std::string* symbol = events.symbols().data();
  const SourceStart* start = events.source_starts().data();
  const SourceLabel* label = events.source_labels().data();
  const SourceEnd* end = events.source_ends().data();
  const TailPosition* position = events.tail_positions().data();
  const Tick* tick = events.ticks().data();
  const RunStart* run_start = events.run_starts().data();
  const ProducerStart* producer_start = events.producer_starts().data();
  const ProducerSeq* producer_seq = events.producer_seqs().data();
  const SourceId* producer_end = events.producer_ends().data();
  const SecondStored* second_stored = events.seconds_stored().data();
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
        case EventKind::new_symbol:
          symbols_.push_back(*symbol);
          effects.new_symbols.push_back(*symbol++);
          break;
        case EventKind::source_start: start_source(*start++, effects); break;
        case EventKind::source_label:
          aggregator_.relabel_source(label->source, label_id(label->label, effects));
          ++label;
          break;
        case EventKind::source_end: end_source(*end++); break;
        case EventKind::tail_position:
          if (const auto tail = tails_.find(position->source); tail != tails_.end()) tail->second = position->path;
          tail_ledger_.record(*position++);
          break;
        case EventKind::tick: aggregator_.tick(*tick++); break;
        case EventKind::write_open:
          aggregator_.write_open_seconds();
          break;
        case EventKind::run_start: begin_run(*run_start++); break;
        case EventKind::producer_start: start_producer(*producer_start++, effects); break;
        case EventKind::producer_seq: {
          const auto producer = producer_of_source_.find(producer_seq->source);
          STREAMD_CHECK(producer != producer_of_source_.end());
          producer->second->last_seq = producer_seq->seq;
          producer->second->last_active = ++producer_activities_;
          ++producer_seq;
          break;
        }
        case EventKind::producer_end: end_producer(*producer_end++); break;
        case EventKind::second_stored:
          if (const auto part = aggregator_.take_as_written(second_stored->symbol, second_stored->second)) {
            effects.stored_before.push_back(*part);
          }
          ++second_stored;
          break;
      }
    }
  }
  std::swap(writes_, effects.writes);
}

}  // namespace streamd
