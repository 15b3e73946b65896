// Every output of the core, in batches, in order. The store takes rows, decisions and summaries, the delivery decisions
// and bar notices; names travel with them, so that stages share no tables.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bars/bar_write.h"
#include "core/event.h"
#include "market/bar_notice.h"
#include "market/decision.h"
#include "market/window_summary.h"

namespace streamd {

// The core's state at a position of the journal, as bytes (Core::save).
struct StateCopy {
  std::uint64_t position = 0;
  std::string bytes;
};

// From decision number `first_decision` of its batch on, until the next one's.
struct ContextFrom {
  std::uint32_t first_decision = 0;
  DecisionContext context;
};

struct EffectBatch {
  std::vector<std::string> new_symbols;  // the next symbol numbers' names; before any write that uses them
  std::vector<std::string> new_labels;   // the next label numbers' texts; likewise (kLiveLabel is never announced)
  std::vector<BarWrite> writes;

  // Of seconds that closed, in the order in which they did.
  std::vector<Decision> decisions;
  std::vector<ContextFrom> contexts;  // of the decisions; the first is that of decision 0
  std::vector<BarNotice> bar_notices;
  // Of windows that ended, ascending per symbol.
  std::vector<WindowSummary> summaries;

  // Parts that the database was found to have already (EventKind::second_stored). Only for one that has lost them.
  std::vector<BarWrite> stored_before;

  // Of the last event batch whose effects are in here.
  std::uint64_t position = 0;  // in the journal, behind it
  std::uint64_t number = 0;    // EventBatch::number
  std::int64_t read_us = 0;    // EventBatch::read_us
  bool wants_commit = false;
  std::optional<StateCopy> state;  // to be kept as a snapshot; it holds all effects up to here

  // Nothing that anybody must learn at once.
  bool empty() const {
    return new_symbols.empty() && new_labels.empty() && writes.empty() && decisions.empty() && bar_notices.empty() &&
           summaries.empty() && !wants_commit && !state;
  }
  // The store has them already.
  void forget_rows() {
    writes.clear();
    decisions.clear();
    summaries.clear();
  }
  void add_stored_before() { writes.insert(writes.end(), stored_before.begin(), stored_before.end()); }
  std::size_t bytes() const {
    std::size_t sum = sizeof(EffectBatch) + writes.size() * sizeof(BarWrite) + decisions.size() * sizeof(Decision) +
                      summaries.size() * sizeof(WindowSummary) + (state ? state->bytes.size() : 0);
    for (const std::string& name : new_symbols) sum += sizeof(name) + name.size();
    for (const std::string& label : new_labels) sum += sizeof(label) + label.size();
    return sum;
  }
  void clear() {
    new_symbols.clear();
    new_labels.clear();
    forget_rows();
    contexts.clear();
    bar_notices.clear();
    stored_before.clear();
    position = number = 0;
    read_us = 0;
    wants_commit = false;
    state.reset();
  }
};

// What sinks get of an effect batch.
struct DeliveryBatch {
  std::vector<std::string> new_symbols;  // as in the effects
  std::vector<Decision> decisions;
  std::vector<ContextFrom> contexts;
  std::vector<BarNotice> bar_notices;
  std::uint64_t position = 0;  // in the journal, behind the events
  std::int64_t read_us = 0;    // EventBatch::read_us
  bool is_mark = false;        // a snapshot was taken here: spools reach the disk, so that it can be used

  bool empty() const { return new_symbols.empty() && decisions.empty() && bar_notices.empty() && !is_mark; }
  std::size_t bytes() const {
    std::size_t sum = sizeof(DeliveryBatch) + decisions.size() * sizeof(Decision) +
                      bar_notices.size() * sizeof(BarNotice) + contexts.size() * sizeof(ContextFrom);
    for (const std::string& name : new_symbols) sum += sizeof(name) + name.size();
    return sum;
  }
};

// Takes from `effects` what only sinks need, and copies the rest.
DeliveryBatch take_delivery(EffectBatch& effects);

}  // namespace streamd
