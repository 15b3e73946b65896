// Every output of the core, in batches, in order. The store takes them; names travel with them, so that stages share
// no tables.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bars/bar_write.h"
#include "core/event.h"

namespace streamd {

// The core's state at a position of the journal, as bytes (Core::save).
struct StateCopy {
  std::uint64_t position = 0;
  std::string bytes;
};

struct EffectBatch {
  std::vector<std::string> new_symbols;  // the next symbol numbers' names; before any write that uses them
  std::vector<std::string> new_labels;   // the next label numbers' texts; likewise (kLiveLabel is never announced)
  std::vector<BarWrite> writes;

  // Parts that the database was found to have already (EventKind::second_stored). Only for one that has lost them.
  std::vector<BarWrite> stored_before;

  // Of the last event batch whose effects are in here.
  std::uint64_t position = 0;  // in the journal, behind it
  std::uint64_t number = 0;    // EventBatch::number
  bool wants_commit = false;
  std::optional<StateCopy> state;  // to be kept as a snapshot; it holds all effects up to here

  // Nothing that the store must learn at once.
  bool empty() const {
    return new_symbols.empty() && new_labels.empty() && writes.empty() && !wants_commit && !state;
  }
  void add_stored_before() { writes.insert(writes.end(), stored_before.begin(), stored_before.end()); }
  std::size_t bytes() const {
    std::size_t sum = sizeof(EffectBatch) + writes.size() * sizeof(BarWrite) + (state ? state->bytes.size() : 0);
    for (const std::string& name : new_symbols) sum += sizeof(name) + name.size();
    for (const std::string& label : new_labels) sum += sizeof(label) + label.size();
    return sum;
  }
  void clear() {
    new_symbols.clear();
    new_labels.clear();
    writes.clear();
    stored_before.clear();
    position = number = 0;
    wants_commit = false;
    state.reset();
  }
};

}  // namespace streamd
