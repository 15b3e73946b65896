#include "daemon/core_stage.h"

#include <algorithm>
#include <utility>

#include "base/fault.h"
#include "daemon/planted_bugs.h"

namespace streamd {

CoreStage::CoreStage(Core& core, Journal* journal, std::function<void()> request_sync, const CorePolicy& policy,
                     const Clock& clock, Counters& counters, BatchProgress& progress, EventQueue& input,
                     EventQueue& recycled, EffectQueue& output, DeliveryQueue* delivery)
    : core_(core),
      journal_(journal),
      request_sync_(std::move(request_sync)),
      policy_(policy),
      clock_(clock),
      counters_(counters),
      progress_(progress),
      input_(input),
      recycled_(recycled),
      output_(output),
      delivery_(delivery),
      next_snapshot_ms_(clock.elapsed_ms() + policy.snapshot_interval_ms),
      copied_at_(journal == nullptr ? 0 : journal->end()),
      sync_asked_at_(copied_at_) {}

Work CoreStage::do_work() {
  if (!output_.has_room() || (delivery_ != nullptr && !delivery_->has_room())) return Work::blocked;
  if (held_ == nullptr) {
    auto popped = input_.try_pop();
    if (!popped) return input_.drained() ? finish() : Work::idle;
    held_ = std::move(*popped);
    if (fault::planted() == fault::Bug::applied_before_journalled) {
      apply_held();
      return Work::done;
    }
  }
  if (!journal_held()) return Work::blocked;
  observe_held(counters_.latencies.journalled);
  if (fault::planted() != fault::Bug::applied_before_journalled) apply_held();
  observe_held(counters_.latencies.applied);
  held_->clear();
  if (recycled_.has_room()) recycled_.push(std::move(held_));
  held_.reset();
  return Work::done;
}

bool CoreStage::journal_held() {
  if (journal_ == nullptr) {
    progress_.journalled.advance(held_->number);
    progress_.synced.advance(held_->number);
    return true;
  }
  // What comes behind a batch that was given up may build on it (a name, a source), or say that it is in.
  if (batches_given_up_ > 0) {
    give_up_held();
    return true;
  }
  const ElapsedMillis now_ms = clock_.elapsed_ms();
  if (failing_ && now_ms < retry_at_ms_) return false;
  if (auto appended = append_held(); !appended) {
    last_error_ = appended.error().message;
    failing_ = true;
    retry_at_ms_ = now_ms + kRetryMs;
    if (failure_log_.allow(now_ms)) log_error("the journal cannot be written, nothing is read: {}", last_error_);
    if (now_ms < deadline_ms_) return false;
    give_up_held();
    return true;
  }
  if (failing_) log_info("the journal can be written again");
  failing_ = false;
  failure_log_.reset();
  return true;
}

// Time passes ten times a second, whether or not anybody sends: it would hide how long lines take.
void CoreStage::observe_held(Histogram& histogram) const {
  if (held_->read_us > 0 && !held_->only_ticks()) histogram.observe_us(clock_.elapsed_us() - held_->read_us);
}

void CoreStage::give_up_held() {
  batches_given_up_ += held_->only_ticks() ? 0 : 1;
  held_->clear();
}

Result<void> CoreStage::append_held() {
  if (auto appended = journal_->append(*held_); !appended) return appended;
  progress_.journalled.advance(held_->number);
  if (policy_.sync_each_batch) {
    auto synced = journal_->sync();
    if (!synced) return synced.error();
    progress_.synced.advance(synced->number);
  }
  const bool much_unsynced = policy_.sync_ahead && journal_->end() - sync_asked_at_ >= kSyncAheadBytes;
  if (held_->wants_sync || much_unsynced) {
    sync_asked_at_ = journal_->end();
    request_sync_();
  }
  return {};
}

void CoreStage::apply_held() {
  changed_ |= !held_->only_ticks();
  const bool snapshot_due = snapshot_is_due();
  const std::uint64_t position = journal_ == nullptr ? 0 : fault::position_behind(*journal_, *held_);
  const std::uint64_t revision = journal_ == nullptr ? held_->number : position;
  if (snapshot_due && fault::planted() == fault::Bug::snapshot_between_halves_of_a_batch) {
    auto [first, second] = fault::halves_of(*held_);
    core_.apply(first, revision, *effects_);
    effects_->position = journal_->end();
    add_state_copy();
    core_.apply(second, revision, *effects_);
  } else {
    core_.apply(*held_, revision, *effects_);
  }
  fault::lose_late_trades(*effects_);
  effects_->position = position;
  effects_->number = held_->number;
  effects_->read_us = held_->read_us;
  effects_->wants_commit |= held_->wants_commit;
  effects_->stored_before.clear();
  if (snapshot_due && !effects_->state) add_state_copy();
  counters_.late_trades.set(core_.counts().late_trades);
  counters_.seconds_closed.set(core_.counts().seconds_closed);
  counters_.seconds_forced.set(core_.counts().seconds_forced);
  counters_.decisions.set(core_.decision_counts().decisions);
  counters_.decisions_blocked.set(core_.decision_counts().blocked);
  counters_.summaries.set(core_.summary_counts().summaries);
  counters_.bars_after_window.set(core_.summary_counts().bars_after_window);
  counters_.decision_cost_estimate.set(core_.decision_counts().cost);
  counters_.bars_amended.add(static_cast<std::uint64_t>(std::count_if(
      effects_->bar_notices.begin(), effects_->bar_notices.end(), [](const BarNotice& bar) { return bar.revision > 0; })));
  if (!effects_->empty()) give_effects();
}

// Where nothing happens, time alone makes the journal grow: it is trimmed behind snapshots, so one comes then, too.
bool CoreStage::snapshot_is_due() const {
  if (journal_ == nullptr || clock_.elapsed_ms() < next_snapshot_ms_) return false;
  return changed_ || journal_->end() - copied_at_ >= kSegmentBytes;
}

void CoreStage::add_state_copy() {
  const ElapsedMillis start_ms = clock_.elapsed_ms();
  ByteSink bytes;
  bytes.reserve(copied_bytes_ + copied_bytes_ / 8);
  core_.save(bytes);
  copied_bytes_ = bytes.bytes().size();
  log_debug("copy of the core's state, {} bytes, took {} ms", bytes.bytes().size(), clock_.elapsed_ms() - start_ms);
  copied_at_ = effects_->position;
  effects_->state = StateCopy{effects_->position, bytes.take()};
  next_snapshot_ms_ = clock_.elapsed_ms() + policy_.snapshot_interval_ms;
  changed_ = false;
}

void CoreStage::give_effects() {
  if (delivery_ != nullptr) {
    auto batch = std::make_unique<DeliveryBatch>(take_delivery(*effects_));
    if (!batch->empty()) {
      const std::size_t delivery_bytes = batch->bytes();
      delivery_->push(std::move(batch), delivery_bytes);
    }
  }
  const std::size_t bytes = effects_->bytes();
  output_.push(std::exchange(effects_, std::make_unique<EffectBatch>()), bytes);
}

// The last snapshot, so that the next start replays nothing.
Work CoreStage::finish() {
  if (journal_ != nullptr) {
    effects_->position = journal_->end();
    add_state_copy();
    give_effects();
  }
  output_.close();
  if (delivery_ != nullptr) delivery_->close();
  return Work::finished;
}

}  // namespace streamd
