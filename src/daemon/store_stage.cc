#include "daemon/store_stage.h"

#include <algorithm>

namespace streamd {

StoreStage::StoreStage(BarStore& store, TailLedger& ledger, const StorePolicy& policy, const Clock& clock,
                       Counters& counters, EffectQueue& input)
    : store_(store),
      ledger_(ledger),
      policy_(policy),
      clock_(clock),
      counters_(counters),
      input_(input),
      last_commit_ms_(clock.elapsed_ms()) {}

Work StoreStage::do_work() {
  const bool took = take_effects();
  if (commit_is_due()) return commit() ? Work::done : Work::idle;
  if (took) return Work::done;
  if (!input_.drained() || store_.has_pending()) return Work::idle;
  checkpoint_at_end();
  return Work::finished;
}

// Everything that waits, up to the bounds of one commit.
bool StoreStage::take_effects() {
  bool took = false;
  while (store_.pending_rows() < kMaxCommitRows && store_.pending_bytes() < policy_.max_pending_bytes) {
    auto effects = input_.try_pop();
    if (!effects) break;
    store_.add(**effects);
    took = true;
  }
  return took;
}

bool StoreStage::commit_is_due() const {
  if (!store_.has_pending()) return false;
  const ElapsedMillis now = clock_.elapsed_ms();
  if (failing_ && now < retry_at_ms_) return false;
  if (failing_ || input_.drained()) return true;
  if (now - last_commit_ms_ < kReadersTurnMs) return false;
  return store_.pending_rows() >= policy_.batch_rows ||
         store_.pending_bytes() >= policy_.max_pending_bytes || now - last_commit_ms_ >= policy_.flush_interval_ms;
}

bool StoreStage::commit() {
  const std::size_t rows = store_.pending_rows();
  const ElapsedMillis start = clock_.elapsed_ms();
  const auto committed = store_.commit(commit_target());
  const ElapsedMillis now = clock_.elapsed_ms();
  if (!committed) {
    last_error_ = committed.error().message;
    failing_ = true;
    retry_at_ms_ = now + kRetryMs;
    if (failure_log_.allow(now)) log_warn("{} rows wait for the database: {}", rows, last_error_);
    if (now >= deadline_ms_) give_up();
    return false;
  }
  log_debug("commit of {} rows took {} ms", rows, now - start);
  if (failing_) log_info("the database takes rows again; {} were committed", rows);
  failing_ = false;
  failure_log_.reset();
  last_commit_ms_ = now;
  counters_.last_commit_wall_ms.set(static_cast<std::uint64_t>(clock_.wall_ms()));
  // Once rows were given up, later positions would hide them from the next run.
  if (const auto positions = store_.take_committed_positions(); !positions.empty() && rows_given_up_ == 0) {
    if (auto recorded = ledger_.record(positions); !recorded) {
      log_error("{}; these files would be read again: {}", recorded.error().message, positions.front().path);
    }
  }
  return true;
}

CommitTarget StoreStage::commit_target() const {
  const bool to_file = input_.drained() || store_.pending_rows() >= kManyRows ||
                       store_.log_bytes_reread() >= kMaxLogReread || store_.log_bytes() >= kMaxLogBytes;
  return to_file ? CommitTarget::file : CommitTarget::log;
}

// Who copies the file when the daemon has ended gets everything.
void StoreStage::checkpoint_at_end() {
  if (store_.log_bytes() == 0) return;
  if (auto done = store_.checkpoint(); !done) {
    log_info("the last rows stay in the write-ahead log beside the database: {}", done.error().message);
  }
}

void StoreStage::give_up() {
  rows_given_up_ += store_.pending_rows();
  store_.discard_pending();
}

ElapsedMillis StoreStage::idle_wait_ms() const {
  const ElapsedMillis now = clock_.elapsed_ms();
  if (failing_) return std::clamp<ElapsedMillis>(retry_at_ms_ - now, 1, kRetryMs);
  if (!store_.has_pending()) return 100;
  const bool full = store_.pending_rows() >= policy_.batch_rows;
  const ElapsedMillis due_ms = last_commit_ms_ + (full ? kReadersTurnMs : policy_.flush_interval_ms);
  return std::clamp<ElapsedMillis>(due_ms - now, 1, 100);
}

}  // namespace streamd
