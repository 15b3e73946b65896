// The pure heart: events in, effects out. Its state and all effects are a function of the events alone, so a journal of
// them replays to the same rows. No clock, no file, no thread, no system call. One thread.
// The state can be saved and loaded between batches (core/core_state.cc); what is in it and counts in a snapshot's
// version, too.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bars/recent_bars.h"
#include "bars/second_aggregator.h"
#include "base/byte_codec.h"
#include "core/effect.h"
#include "core/event.h"
#include "core/tail_ledger.h"
#include "decide/decision_engine.h"
#include "quotient/summariser.h"

namespace streamd {

// A named producer, connected or not.
struct Producer {
  SourceId source = 0;
  std::string session;
  std::uint64_t last_seq = 0;
  std::uint64_t last_active = 0;  // when it came, sent, or went: the how-manieth time of all producers'
};

// Since the run began; no part of the state.
struct DecisionCounts {
  std::uint64_t decisions = 0;
  std::uint64_t blocked = 0;  // by the cost gate
  double cost = 0;            // of all changes of exposure, in quote currency
};

class Core {
 public:
  static constexpr std::uint32_t kStateVersion = 3;

  // `options` hold until the first run start.
  explicit Core(const CoreOptions& options = {});
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  // Adds what follows from `events` to `effects`. `revision`: of the bars that they amend; grows from batch to batch
  // (the journal's position behind them), above 0.
  void apply(const EventBatch& events, std::uint64_t revision, EffectBatch& effects);

  const AggregatorCounts& counts() const { return aggregator_.counts(); }
  const DecisionCounts& decision_counts() const { return decision_counts_; }
  const SummaryCounts& summary_counts() const { return summariser_.counts(); }
  const GateVerdict& gate() const { return engine_.gate(); }
  const std::string& run_id() const { return run_id_; }
  std::optional<Second> newest_second(SymbolId symbol) const { return aggregator_.newest_second(symbol); }
  std::optional<Second> closed_until(SymbolId symbol) const { return aggregator_.closed_until(symbol); }

  // What the intake goes on with after a restart.
  const std::vector<std::string>& symbols() const { return symbols_; }  // by number
  const std::vector<std::string>& labels() const { return labels_; }    // the first is kLiveLabel's
  const std::map<std::string, Producer>& producers() const { return producers_; }  // by name
  const std::map<SourceId, std::string>& tails() const { return tails_; }  // that did not end: the path being read
  const TailLedger& tail_ledger() const { return tail_ledger_; }
  SourceId next_source() const { return next_source_; }
  // What open seconds have that was not written, in ascending order of symbols.
  std::vector<UnwrittenSecond> unwritten_seconds() const { return aggregator_.unwritten_seconds(); }
  // All names that were announced so far, for a store that starts after a load.
  void announce_names(EffectBatch& effects) const;

  void save(ByteSink& bytes) const;
  // For a fresh object. False: these are not the bytes of a state of kStateVersion; the object is of no more use.
  bool load(ByteSource& bytes);

 private:
  class Application;

  LabelId label_id(const std::string& label, EffectBatch& effects);
  void add_symbol(const std::string& name);
  void take_options(const CoreOptions& options);
  // Who reads bars decides whether the aggregator tells of them.
  void choose_what_bars_tell();
  void begin_run(const RunStart& start, EffectBatch& effects);
  void start_source(const SourceStart& start, EffectBatch& effects);
  void start_producer(const ProducerStart& start, EffectBatch& effects);
  void end_source(const SourceEnd& end);
  void end_producer(SourceId source);

  // Gives changed bars to those who read them, before anything else happens.
  void follow_bars(EffectBatch& effects);
  void summarise(const BarWrite& bar, EffectBatch& effects);
  void decide(const BarWrite& bar, EffectBatch& effects);
  // Windows that end at or before `by` and in which nothing can close any more.
  void end_windows(Second by, SecondAggregator::Ending ending, EffectBatch& effects);

  std::vector<BarWrite> writes_;
  std::vector<BarChange> changes_;
  SecondAggregator aggregator_;
  RecentBars recent_bars_;
  Summariser summariser_;
  DecisionEngine engine_;
  DecisionCounts decision_counts_;
  bool emits_decisions_ = false;
  bool context_is_told_ = false;  // in the effects under way
  std::string run_id_;
  std::vector<std::string> symbols_;
  std::vector<std::string> labels_{""};
  std::map<std::string, LabelId> label_ids_;
  std::vector<SourceId> connections_;  // anonymous ones, ascending
  std::map<SourceId, std::string> tails_;
  std::map<std::string, Producer> producers_;
  std::map<SourceId, Producer*> producer_of_source_;
  std::uint64_t producer_activities_ = 0;
  TailLedger tail_ledger_;
  SourceId next_source_ = 1;
};

}  // namespace streamd
