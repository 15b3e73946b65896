// Decides when the store commits: at a batch's size or a flush interval, and at the end. A batch that could not be
// committed waits, bounded, and is tried again; when the bound is reached the queue from the core fills, and push-back
// travels to the producers.
#pragma once

#include "base/clock.h"
#include "base/counters.h"
#include "base/log.h"
#include "daemon/stage.h"
#include "source/tail_ledger.h"
#include "store/bar_store.h"

namespace streamd {

struct StorePolicy {
  std::size_t batch_rows = 100'000;
  ElapsedMillis flush_interval_ms = 1000;
  std::size_t max_pending_bytes = 128 << 20;
};

class StoreStage {
 public:
  StoreStage(BarStore& store, TailLedger& ledger, const StorePolicy& policy, const Clock& clock, Counters& counters,
             EffectQueue& input);

  Work do_work();
  // How long the thread may sleep when do_work() was idle.
  ElapsedMillis idle_wait_ms() const;
  // From `deadline_ms` on, rows that cannot be committed are given up (counted), so that the daemon can end.
  void set_deadline(ElapsedMillis deadline_ms) { deadline_ms_ = deadline_ms; }

  std::uint64_t rows_given_up() const { return rows_given_up_; }
  const std::string& last_error() const { return last_error_; }

 private:
  bool take_effects();
  bool commit_is_due() const;
  bool commit();
  CommitTarget commit_target() const;
  void checkpoint_at_end();
  void give_up();

  static constexpr std::size_t kMaxCommitRows = 1'000'000;
  static constexpr ElapsedMillis kRetryMs = 50;
  // Between two commits the file stays closed for at least this long, so that a reader gets in under any load.
  static constexpr ElapsedMillis kReadersTurnMs = 25;
  // When rows go into the file: at once when they are many, else when reading the log again at each opening has cost as
  // much as a checkpoint does (measured: 9 ms per MiB reread against 40 to 100 ms), or the log is large.
  static constexpr std::size_t kManyRows = 20'000;
  static constexpr std::uint64_t kMaxLogReread = 8 << 20;
  static constexpr std::uint64_t kMaxLogBytes = 16 << 20;

  BarStore& store_;
  TailLedger& ledger_;
  const StorePolicy policy_;
  const Clock& clock_;
  Counters& counters_;
  EffectQueue& input_;
  ElapsedMillis last_commit_ms_ = 0;
  ElapsedMillis retry_at_ms_ = 0;
  ElapsedMillis deadline_ms_ = std::numeric_limits<ElapsedMillis>::max();
  bool failing_ = false;
  std::string last_error_;
  RateLimit failure_log_{10'000};
  std::uint64_t rows_given_up_ = 0;
};

}  // namespace streamd
