#include "daemon/store_stage.h"

#include <algorithm>

#include "base/fault.h"

namespace streamd {

StoreStage::StoreStage(Store& store, Keeping keeping, std::function<void()> on_committed, const StorePolicy& policy,
                       const Clock& clock, Counters& counters, BatchProgress& progress, EffectQueue& input)
    : store_(store),
      keeping_(std::move(keeping)),
      on_committed_(std::move(on_committed)),
      policy_(policy),
      clock_(clock),
      counters_(counters),
      progress_(progress),
      input_(input),
      last_commit_ms_(clock.elapsed_ms()) {}

void StoreStage::set_keeping(Keeping keeping) {
  keeping_ = std::move(keeping);
  if (keeping_.snapshots == nullptr) return;
  // The oldest is never behind what a recovery needs; the next trim knows better.
  if (auto positions = keeping_.snapshots->positions()) {
    needed_snapshot_ = positions->empty() ? 0 : positions->front();
  }
}

Work StoreStage::do_work() {
  const bool took = take_effects();
  if (progress_owed_) {
    progress_owed_ = !store_.commit(CommitTarget::log, Progress{keeping_.journal_id, position_}).ok();
    return Work::done;
  }
  if (commit_is_due()) return commit() ? Work::done : Work::idle;
  if (took) return Work::done;
  if (!input_.drained() || (has_work() && !left_)) return Work::idle;
  if (!left_) checkpoint_at_end();
  return Work::finished;
}

bool StoreStage::may_take_effects() const {
  return left_ || (!store_.outcome_is_unknown() && !progress_owed_ && store_.pending_rows() < kMaxCommitRows &&
                   store_.pending_bytes() < policy_.max_pending_bytes);
}

// Everything that waits, up to the bounds of one commit.
bool StoreStage::take_effects() {
  bool took = false;
  while (may_take_effects()) {
    auto effects = input_.try_pop();
    if (!effects) break;
    if ((*effects)->state) keep_snapshot(*(*effects)->state);
    took = true;
    if (left_) {
      rows_left_ += (*effects)->writes.size();
      continue;
    }
    commit_wanted_ |= (*effects)->wants_commit;
    position_ = (*effects)->position;
    number_ = (*effects)->number;
    if (read_us_ == 0) read_us_ = (*effects)->read_us;
    store_.add(**effects);
    if (store_.pending_rows() > 0 && counters_.pending_since_ms.get() == 0) {
      counters_.pending_since_ms.set(static_cast<std::uint64_t>(std::max<ElapsedMillis>(1, clock_.elapsed_ms())));
    }
  }
  return took;
}

// It is of use only once the rows of all events before it are committed, so that is done next.
void StoreStage::keep_snapshot(const StateCopy& state) {
  const ElapsedMillis start_ms = clock_.elapsed_ms();
  if (auto written = keeping_.snapshots->write(keeping_.journal_id, clock_.wall_ms(), state); !written) {
    if (snapshot_log_.allow(start_ms)) {
      log_error("no snapshot was kept, a restart would take longer: {}", written.error().message);
    }
    return;
  }
  log_debug("snapshot at {} of {} bytes took {} ms", state.position, state.bytes.size(),
            clock_.elapsed_ms() - start_ms);
  commit_wanted_ = checkpoint_wanted_ = true;
  // While nothing can be committed, or not into the file, they must not pile up.
  auto pruned = Result<void>();
  if (uncommitted_snapshot_ && *uncommitted_snapshot_ != state.position) {
    pruned = keeping_.snapshots->remove(*uncommitted_snapshot_);
  }
  uncommitted_snapshot_ = state.position;
  if (pruned && needed_snapshot_) {
    pruned = keeping_.snapshots->prune(keeping_.journal->segment_positions(), *needed_snapshot_);
  }
  if (!pruned && snapshot_log_.allow(start_ms)) log_warn("old snapshots stay: {}", pruned.error().message);
}

bool StoreStage::commit_is_due() const {
  if (!has_work() || left_) return false;
  const ElapsedMillis now_ms = clock_.elapsed_ms();
  if (failing_ && now_ms < retry_at_ms_) return false;
  if (failing_ || input_.drained()) return true;
  if (now_ms - last_commit_ms_ < kReadersTurnMs) return false;
  return commit_wanted_ || store_.pending_rows() >= policy_.batch_rows ||
         store_.pending_bytes() >= policy_.max_pending_bytes || now_ms - last_commit_ms_ >= policy_.flush_interval_ms;
}

Result<void> StoreStage::commit_rows() {
  if (keeping_.journal_id.empty()) return commit_now(commit_target(), std::nullopt);
  if (keeping_.journal != nullptr && policy_.sync_before_commit && keeping_.journal->synced().position < position_) {
    auto synced = keeping_.journal->sync();
    if (!synced) return synced.error();
    progress_.synced.advance(synced->number);
  }
  if (fault::planted() == fault::Bug::position_committed_apart_from_rows) {
    progress_owed_ = true;
    return store_.commit(commit_target(), std::nullopt);
  }
  return commit_now(commit_target(), Progress{keeping_.journal_id, position_});
}

Result<void> StoreStage::commit_now(CommitTarget target, const std::optional<Progress>& progress) {
  const std::int64_t start_us = clock_.elapsed_us();
  const auto committed = store_.commit(target, progress);
  Latencies& latencies = counters_.latencies;
  Histogram& histogram = target == CommitTarget::file ? latencies.commit_to_file : latencies.commit_to_log;
  if (committed) histogram.observe_us(clock_.elapsed_us() - start_us);
  return committed;
}

void StoreStage::note_committed(std::uint64_t bars_before, std::uint64_t decisions_before,
                                std::uint64_t summaries_before) {
  const auto wall_ms = static_cast<std::uint64_t>(clock_.wall_ms());
  counters_.last_commit_wall_ms.set(wall_ms);
  if (counters_.rows_committed.get() > bars_before) counters_.last_bars_wall_ms.set(wall_ms);
  if (counters_.decisions_committed.get() > decisions_before) counters_.last_decisions_wall_ms.set(wall_ms);
  if (counters_.summaries_committed.get() > summaries_before) counters_.last_summaries_wall_ms.set(wall_ms);
  counters_.pending_since_ms.set(0);
  if (read_us_ > 0) counters_.latencies.committed.observe_us(clock_.elapsed_us() - read_us_);
  read_us_ = 0;
}

bool StoreStage::commit() {
  const std::size_t rows = store_.pending_rows();
  const ElapsedMillis start_ms = clock_.elapsed_ms();
  const std::uint64_t bars = counters_.rows_committed.get();
  const std::uint64_t decisions = counters_.decisions_committed.get();
  const std::uint64_t summaries = counters_.summaries_committed.get();
  const auto committed = commit_rows();
  const ElapsedMillis now_ms = clock_.elapsed_ms();
  if (!committed) {
    last_error_ = committed.error().message;
    failing_ = true;
    retry_at_ms_ = now_ms + kRetryMs;
    if (failure_log_.allow(now_ms)) log_warn("{} rows wait for the database: {}", rows, last_error_);
    if (now_ms >= deadline_ms_) leave_rows();
    return false;
  }
  log_debug("commit of {} rows took {} ms", rows, now_ms - start_ms);
  if (failing_) log_info("the database takes rows again; {} were committed", rows);
  failing_ = commit_wanted_ = false;
  uncommitted_snapshot_.reset();
  failure_log_.reset();
  last_commit_ms_ = now_ms;
  note_committed(bars, decisions, summaries);
  progress_.committed.advance(number_);
  on_committed_();
  if (checkpoint_wanted_ && store_.log_bytes() == 0) {
    checkpoint_wanted_ = false;
    trim();
  }
  return true;
}

CommitTarget StoreStage::commit_target() const {
  const bool to_file = checkpoint_wanted_ || input_.drained() || store_.pending_rows() >= kManyRows ||
                       store_.log_bytes_reread() >= kMaxLogReread || store_.log_bytes() >= kMaxLogBytes;
  return to_file ? CommitTarget::file : CommitTarget::log;
}

// All rows before position_ are in the database's file by now, so even without its log a recovery starts from the
// newest snapshot at or before it, and before what the spools of all sinks have. The one before that stays possible, too, in case the newest is damaged.
void StoreStage::trim() {
  auto positions = keeping_.snapshots->positions();
  if (!positions) return log_warn("the journal is not trimmed: {}", positions.error().message);
  const std::uint64_t limit = keeping_.spooled == nullptr ? position_ : std::min(position_, keeping_.spooled->get());
  const auto behind = std::upper_bound(positions->begin(), positions->end(), limit);
  if (behind - positions->begin() < 2) return;
  const std::uint64_t needed = *(behind - 2);
  needed_snapshot_ = needed;
  auto trimmed = keeping_.journal->trim(needed, policy_.journal_keep_bytes);
  if (trimmed) trimmed = keeping_.snapshots->prune(keeping_.journal->segment_positions(), needed);
  if (!trimmed) log_warn("the state dir is not trimmed: {}", trimmed.error().message);
}

// Who copies the file when the daemon has ended gets everything.
void StoreStage::checkpoint_at_end() {
  if (store_.log_bytes() == 0) return;
  if (auto done = store_.checkpoint(); !done) {
    log_info("the last rows stay in the write-ahead log beside the database: {}", done.error().message);
  }
}

void StoreStage::leave_rows() {
  left_ = true;
  rows_left_ = store_.pending_rows();
}

ElapsedMillis StoreStage::idle_wait_ms() const {
  const ElapsedMillis now_ms = clock_.elapsed_ms();
  if (failing_) return std::clamp<ElapsedMillis>(retry_at_ms_ - now_ms, 1, kRetryMs);
  if (!has_work()) return 100;
  const bool hurry = commit_wanted_ || store_.pending_rows() >= policy_.batch_rows;
  const ElapsedMillis due_ms = last_commit_ms_ + (hurry ? kReadersTurnMs : policy_.flush_interval_ms);
  return std::clamp<ElapsedMillis>(due_ms - now_ms, 1, 100);
}

}  // namespace streamd
