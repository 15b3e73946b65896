// Decides when the store commits: at a batch's size or a flush interval, when somebody waits, and at the end. A batch
// that could not be committed waits, bounded, and is tried again; when the bound is reached the queue from the core
// fills, and push-back travels to the producers.
// Keeps snapshots: writes the copies of the core's state that come along, commits behind each, and trims the journal
// below what no recovery needs any more.
#pragma once

#include <functional>
#include <limits>
#include <optional>
#include <string>

#include "base/batch_progress.h"
#include "base/clock.h"
#include "base/counters.h"
#include "base/log.h"
#include "daemon/spooled_position.h"
#include "daemon/stage.h"
#include "journal/journal.h"
#include "journal/snapshot_files.h"
#include "store/store.h"

namespace streamd {

struct StorePolicy {
  std::size_t batch_rows = 100'000;
  ElapsedMillis flush_interval_ms = 1000;
  std::size_t max_pending_bytes = 128 << 20;
  bool sync_before_commit = true;             // so that the database is never ahead of the journal
  std::uint64_t journal_keep_bytes = 1 << 30;  // more than a recovery needs
};

// Where a daemon with a journal keeps its state. The id is empty without one; the pointers, too, while it is replayed.
struct Keeping {
  std::string journal_id;
  Journal* journal = nullptr;
  SnapshotFiles* snapshots = nullptr;
  const SpooledPosition* spooled = nullptr;  // how far sinks need no recovery any more; absent without sinks
};

class StoreStage {
 public:
  // `keeping` is empty without a journal. `on_committed` is called after each commit.
  StoreStage(Store& store, Keeping keeping, std::function<void()> on_committed, const StorePolicy& policy,
             const Clock& clock, Counters& counters, BatchProgress& progress, EffectQueue& input);

  // The journal is replayed, new events go into this one.
  void set_keeping(Keeping keeping);

  Work do_work();
  // How long the thread may sleep when do_work() was idle.
  ElapsedMillis idle_wait_ms() const;
  // From then on, rows that cannot be committed are left, so that the daemon can end: to the next start when there is a
  // journal, else they are lost.
  void set_deadline(ElapsedMillis deadline_ms) { deadline_ms_ = deadline_ms; }

  std::uint64_t rows_left() const { return rows_left_; }
  const std::string& last_error() const { return last_error_; }

 private:
  bool may_take_effects() const;
  bool take_effects();
  void keep_snapshot(const StateCopy& state);
  bool commit_is_due() const;
  bool has_work() const { return store_.pending_rows() > 0 || commit_wanted_; }
  bool commit();
  Result<void> commit_rows();
  Result<void> commit_now(CommitTarget target, const std::optional<Progress>& progress);
  void note_committed(std::uint64_t bars_before, std::uint64_t decisions_before, std::uint64_t summaries_before);
  CommitTarget commit_target() const;
  void trim();
  void checkpoint_at_end();
  void leave_rows();

  static constexpr std::size_t kMaxCommitRows = 1'000'000;
  static constexpr ElapsedMillis kRetryMs = 50;
  // Between two commits the file stays closed for at least this long, so that a reader gets in under any load.
  static constexpr ElapsedMillis kReadersTurnMs = 25;
  // When rows go into the file: at once when they are many, else when reading the log again at each opening has cost as
  // much as a checkpoint does (measured: 9 ms per MiB reread of large batches, 25 of small ones, against 40 to 100 ms),
  // or the log is large. Queries read the log again, too.
  static constexpr std::size_t kManyRows = 20'000;
  static constexpr std::uint64_t kMaxLogReread = 4 << 20;
  static constexpr std::uint64_t kMaxLogBytes = 16 << 20;

  Store& store_;
  Keeping keeping_;
  const std::function<void()> on_committed_;
  const StorePolicy policy_;
  const Clock& clock_;
  Counters& counters_;
  BatchProgress& progress_;
  EffectQueue& input_;
  std::optional<std::uint64_t> needed_snapshot_;       // as of the last trim: those before it are of no use
  std::optional<std::uint64_t> uncommitted_snapshot_;  // the newest, no commit is behind it yet
  std::uint64_t position_ = 0;  // of the newest effects that were taken
  std::uint64_t number_ = 0;
  std::int64_t read_us_ = 0;    // of the first effects that were taken since the last commit; 0: none, or unknown
  bool commit_wanted_ = false;
  bool checkpoint_wanted_ = false;
  bool progress_owed_ = false;  // a planted bug
  ElapsedMillis last_commit_ms_ = 0;
  ElapsedMillis retry_at_ms_ = 0;
  ElapsedMillis deadline_ms_ = std::numeric_limits<ElapsedMillis>::max();
  bool failing_ = false;
  bool left_ = false;
  std::string last_error_;
  RateLimit failure_log_{10'000};
  RateLimit snapshot_log_{10'000};
  std::uint64_t rows_left_ = 0;
};

}  // namespace streamd
