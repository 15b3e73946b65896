// Runs the core: event batches in, effect batches out. Each batch is appended to the journal before it is applied; while
// the journal cannot be written, nothing is taken. At intervals a copy of the core's state goes along with the effects,
// to become a snapshot.
#pragma once

#include <atomic>
#include <functional>
#include <limits>

#include "base/batch_progress.h"
#include "base/clock.h"
#include "base/counters.h"
#include "base/log.h"
#include "core/core.h"
#include "daemon/stage.h"
#include "journal/journal.h"

namespace streamd {

struct CorePolicy {
  ElapsedMillis snapshot_interval_ms = 30'000;
  bool sync_each_batch = false;  // before it is applied
  bool sync_ahead = false;       // now and then, so that a commit has not to wait for much to reach the disk
};

class CoreStage {
 public:
  // `journal` may be absent: then nothing survives the process. `request_sync` is called when somebody waits for one.
  // `delivery` may be absent: then nobody gets decisions and bars but the store.
  CoreStage(Core& core, Journal* journal, std::function<void()> request_sync, const CorePolicy& policy,
            const Clock& clock, Counters& counters, BatchProgress& progress, EventQueue& input, EventQueue& recycled,
            EffectQueue& output, DeliveryQueue* delivery);

  Work do_work();
  // Blocked, and not because an output is full: only time helps. Any thread.
  bool waits_for_journal() const { return failing_.load(std::memory_order_relaxed); }
  // From then on, a batch that cannot be journalled is given up with all that follow (counted), so that the daemon can
  // end.
  void set_deadline(ElapsedMillis deadline_ms) { deadline_ms_ = deadline_ms; }
  // The next snapshot comes with the next batch: much had to be replayed.
  void hurry_snapshot() { next_snapshot_ms_ = 0; }

  std::uint64_t batches_given_up() const { return batches_given_up_; }
  const std::string& last_error() const { return last_error_; }

 private:
  Work finish();
  bool journal_held();
  void give_up_held();
  Result<void> append_held();
  void apply_held();
  void observe_held(Histogram& histogram) const;
  bool snapshot_is_due() const;
  void add_state_copy();
  void give_effects();

  static constexpr ElapsedMillis kRetryMs = 50;
  static constexpr std::uint64_t kSyncAheadBytes = 8 << 20;

  Core& core_;
  Journal* const journal_;
  const std::function<void()> request_sync_;
  const CorePolicy policy_;
  const Clock& clock_;
  Counters& counters_;
  BatchProgress& progress_;
  EventQueue& input_;
  EventQueue& recycled_;
  EffectQueue& output_;
  DeliveryQueue* const delivery_;
  std::unique_ptr<EventBatch> held_;  // under way
  std::unique_ptr<EffectBatch> effects_ = std::make_unique<EffectBatch>();
  ElapsedMillis next_snapshot_ms_;
  bool changed_ = false;  // since the last state copy, by more than time
  std::uint64_t copied_at_ = 0;     // position of the last state copy
  std::size_t copied_bytes_ = 0;    // its size
  std::uint64_t sync_asked_at_ = 0;
  std::atomic<bool> failing_{false};  // written by this stage, as counters are
  ElapsedMillis retry_at_ms_ = 0;
  ElapsedMillis deadline_ms_ = std::numeric_limits<ElapsedMillis>::max();
  std::string last_error_;
  RateLimit failure_log_{10'000};
  std::uint64_t batches_given_up_ = 0;
};

}  // namespace streamd
