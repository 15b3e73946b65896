#include "core/core.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/result.h"

namespace streamd {

Core::Core(const CoreOptions& options) : aggregator_(options.bars, writes_) {
  std::vector<WindowSummary> none;
  summariser_.begin_run(options.summaries, 0, none);
  take_options(options);
}

void Core::take_options(const CoreOptions& options) {
  recent_bars_.begin_run(options.amend);
  engine_.begin_run(options.decisions);
  emits_decisions_ = options.decisions.emit;
  aggregator_.follow_windows(options.summaries.window_s);
  choose_what_bars_tell();
}

void Core::choose_what_bars_tell() {
  const bool anyone_reads = emits_decisions_ || recent_bars_.wanted() || summariser_.is_on();
  aggregator_.tell_changes(anyone_reads ? &changes_ : nullptr);
}

void Core::add_symbol(const std::string& name) {
  symbols_.push_back(name);
  engine_.add_symbol(name);
}

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

void Core::begin_run(const RunStart& start, EffectBatch& effects) {
  run_id_ = start.run_id;
  summariser_.begin_run(start.options.summaries, start.wall_ms, effects.summaries);
  take_options(start.options);
  decision_counts_ = {};
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

void Core::follow_bars(EffectBatch& effects) {
  for (const BarChange& change : changes_) {
    if (recent_bars_.wanted()) {
      if (change.kind == BarChangeKind::amended) {
        recent_bars_.amend(change.bar);
      } else {
        recent_bars_.close(change.bar, change.kind == BarChangeKind::closed, effects.bar_notices);
      }
    }
    if (change.kind != BarChangeKind::closed) continue;
    if (summariser_.is_on()) summarise(change.bar, effects);  // before the decision: it sees what ended behind it
    if (emits_decisions_) decide(change.bar, effects);
  }
  changes_.clear();
}

void Core::summarise(const BarWrite& bar, EffectBatch& effects) {
  summariser_.add_bar(bar.symbol, bar.second, bar.bar.values.close, aggregator_.wall_ms(), effects.summaries);
  aggregator_.forget_windows_before(bar.symbol, summariser_.unended_from(bar.symbol));
}

void Core::end_windows(Second by, SecondAggregator::Ending ending, EffectBatch& effects) {
  const std::size_t before = effects.summaries.size();
  const auto is_over = [&](SymbolId symbol, Second start) {
    return aggregator_.window_is_over(symbol, start, ending);
  };
  summariser_.end_windows(by, aggregator_.wall_ms(), is_over, effects.summaries);
  for (std::size_t i = before; i < effects.summaries.size(); ++i) {
    const SymbolId symbol = effects.summaries[i].symbol;
    aggregator_.forget_windows_before(symbol, summariser_.unended_from(symbol));
  }
}

void Core::decide(const BarWrite& bar, EffectBatch& effects) {
  if (!std::exchange(context_is_told_, true)) {
    effects.contexts.push_back({static_cast<std::uint32_t>(effects.decisions.size()), {run_id_, engine_.gate()}});
  }
  std::optional<double> legitimacy;
  if (summariser_.is_on()) legitimacy = summariser_.legitimacy(bar.symbol).value_or(0);
  const Decision& decision = effects.decisions.emplace_back(
      engine_.decide(bar.symbol, bar.second, bar.label, bar.bar.values.close, legitimacy));
  ++decision_counts_.decisions;
  decision_counts_.blocked += decision.blocked ? 1 : 0;
  decision_counts_.cost += decision.cost;
}

// One event batch on its way through.
class Core::Application {
 public:
  Application(Core& core, EffectBatch& effects) : core_(core), effects_(effects) {}

  void trades(SourceId source, const Trade* trades, std::uint32_t count) {
    core_.aggregator_.add_trades(source, trades, count);
    core_.follow_bars(effects_);
  }
  void bar_lines(SourceId source, const BarLine* lines, std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) core_.aggregator_.add_bar_line(source, lines[i]);
    core_.follow_bars(effects_);
  }
  void new_symbol(const std::string& name) {
    core_.add_symbol(name);
    effects_.new_symbols.push_back(name);
  }
  void source_start(const SourceStart& start) { core_.start_source(start, effects_); }
  void source_label(const SourceLabel& label) {
    core_.aggregator_.relabel_source(label.source, core_.label_id(label.label, effects_));
  }
  void source_end(const SourceEnd& end) {
    core_.end_source(end);
    core_.follow_bars(effects_);
  }
  void tail_position(const TailPosition& position) {
    if (const auto tail = core_.tails_.find(position.source); tail != core_.tails_.end()) tail->second = position.path;
    core_.tail_ledger_.record(position);
  }
  void tick(const Tick& tick) {
    core_.aggregator_.tick(tick);
    core_.follow_bars(effects_);
    const UnixMillis wait_ms = core_.aggregator_.lateness_ms() + SecondAggregator::kQuietWindowMs;
    core_.end_windows(second_of(std::max<UnixMillis>(0, core_.aggregator_.wall_ms() - wait_ms)),
                      SecondAggregator::Ending::by_time, effects_);
  }
  // Their end is not waited for by the clock.
  void input_end(const InputEnd& end) {
    core_.aggregator_.advance_clock(end.wall_ms);
    core_.end_windows(std::numeric_limits<Second>::max(), SecondAggregator::Ending::at_end_of_files, effects_);
  }
  void write_open() { core_.aggregator_.write_open_seconds(); }
  // What it makes close is decided under the new run.
  void run_start(const RunStart& start) {
    core_.begin_run(start, effects_);
    core_.context_is_told_ = false;
    core_.follow_bars(effects_);
  }
  void producer_start(const ProducerStart& start) { core_.start_producer(start, effects_); }
  void producer_seq(const ProducerSeq& seq) {
    const auto producer = core_.producer_of_source_.find(seq.source);
    STREAMD_CHECK(producer != core_.producer_of_source_.end());
    producer->second->last_seq = seq.seq;
    producer->second->last_active = ++core_.producer_activities_;
  }
  void producer_end(SourceId source) {
    core_.end_producer(source);
    core_.follow_bars(effects_);
  }
  void second_stored(const SecondStored& stored) {
    const auto part = core_.aggregator_.take_as_written(stored.symbol, stored.second);
    if (part) effects_.stored_before.push_back(*part);
  }
  void gate_verdict(const GateVerdict& verdict) {
    core_.engine_.set_gate(verdict);
    core_.context_is_told_ = false;
  }
  void influence_update(const InfluenceUpdate& update) { core_.engine_.update_influence(update); }

 private:
  Core& core_;
  EffectBatch& effects_;
};

void Core::apply(const EventBatch& events, std::uint64_t revision, EffectBatch& effects) {
  std::swap(writes_, effects.writes);
  if (effects.contexts.empty()) context_is_told_ = false;
  events.visit(Application(*this, effects));
  if (recent_bars_.wanted()) recent_bars_.end_batch(revision, effects.bar_notices);
  std::swap(writes_, effects.writes);
}

}  // namespace streamd
