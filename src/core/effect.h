// Every output of the core, in batches, in order. The store takes them; names travel with them, so that stages share
// no tables.
#pragma once

#include <string>
#include <vector>

#include "bars/bar_write.h"
#include "core/event.h"

namespace streamd {

struct EffectBatch {
  std::vector<std::string> new_symbols;  // the next symbol numbers' names; before any write that uses them
  std::vector<std::string> new_labels;   // the next label numbers' texts; likewise (kLiveLabel is never announced)
  std::vector<BarWrite> writes;
  std::vector<TailPosition> tail_positions;  // hold once all writes up to here are committed

  bool empty() const {
    return new_symbols.empty() && new_labels.empty() && writes.empty() && tail_positions.empty();
  }
  std::size_t bytes() const {
    std::size_t sum = sizeof(EffectBatch) + writes.size() * sizeof(BarWrite);
    for (const std::string& name : new_symbols) sum += sizeof(name) + name.size();
    for (const std::string& label : new_labels) sum += sizeof(label) + label.size();
    for (const TailPosition& position : tail_positions) sum += sizeof(position) + position.path.size();
    return sum;
  }
  void clear() {
    new_symbols.clear();
    new_labels.clear();
    writes.clear();
    tail_positions.clear();
  }
};

}  // namespace streamd
