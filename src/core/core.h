// The pure heart: events in, effects out. Its state and all effects are a function of the events alone, so a journal of
// them replays to the same rows. No clock, no file, no thread, no system call. One thread.
#pragma once

#include <map>
#include <string>

#include "bars/second_aggregator.h"
#include "core/effect.h"
#include "core/event.h"

namespace streamd {

class Core {
 public:
  explicit Core(const AggregatorOptions& options);
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  // Adds what follows from `events` to `effects`.
  void apply(const EventBatch& events, EffectBatch& effects);

  const AggregatorCounts& counts() const { return aggregator_.counts(); }

 private:
  LabelId label_id(const std::string& label, EffectBatch& effects);

  std::vector<BarWrite> writes_;
  SecondAggregator aggregator_;
  std::map<std::string, LabelId> labels_;
};

}  // namespace streamd
