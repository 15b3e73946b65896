// Runs the core: event batches in, effect batches out. (The journal stands between the two from the next stage of
// the project on: a batch is appended to it before it is applied.)
#pragma once

#include "base/counters.h"
#include "core/core.h"
#include "daemon/stage.h"

namespace streamd {

class CoreStage {
 public:
  CoreStage(const AggregatorOptions& options, Counters& counters, EventQueue& input, EventQueue& recycled,
            EffectQueue& output);

  Work do_work();

 private:
  Core core_;
  Counters& counters_;
  EventQueue& input_;
  EventQueue& recycled_;
  EffectQueue& output_;
  std::unique_ptr<EffectBatch> effects_;
};

}  // namespace streamd
