#include "daemon/core_stage.h"

#include <utility>

namespace streamd {

CoreStage::CoreStage(const AggregatorOptions& options, Counters& counters, EventQueue& input, EventQueue& recycled,
                     EffectQueue& output)
    : core_(options), counters_(counters), input_(input), recycled_(recycled), output_(output) {}

Work CoreStage::do_work() {
  if (!output_.has_room()) return Work::blocked;
  auto popped = input_.try_pop();
  if (!popped) {
    if (!input_.drained()) return Work::idle;
    output_.close();
    return Work::finished;
  }
  std::unique_ptr<EventBatch> events = std::move(*popped);
  if (effects_ == nullptr) effects_ = std::make_unique<EffectBatch>();
  core_.apply(*events, *effects_);
  events->clear();
  if (recycled_.has_room()) recycled_.push(std::move(events));
  counters_.late_trades.set(core_.counts().late_trades);
  counters_.seconds_closed.set(core_.counts().seconds_closed);
  counters_.seconds_forced.set(core_.counts().seconds_forced);
  if (!effects_->empty()) {
    const std::size_t bytes = effects_->bytes();
    output_.push(std::exchange(effects_, nullptr), bytes);
  }
  return Work::done;
}

}  // namespace streamd
