// Bars → the table ohlc_1s and its spans. Takes the core's effects, gathers them (pending_rows) and commits them, one
// transaction a batch. The file is open only while a batch is written, so that other processes can read it in between
// (or always, when exclusive). What could not be committed stays pending; nothing is dropped here.
// One thread. Never decides when to commit: daemon/store_stage does.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/counters.h"
#include "base/result.h"
#include "core/effect.h"
#include "store/batch_writer.h"
#include "store/duckdb.h"
#include "store/pending_rows.h"

namespace streamd {

struct StoreOptions {
  std::string path;
  bool exclusive = false;
  duck::Limits limits;
};

// Where a commit goes. A row in the log is cheap to write, but each later opening reads the log again; moving rows into
// the file costs a checkpoint.
enum class CommitTarget { log, file };

class BarStore {
 public:
  // Makes the file and the tables when they are missing. A file that another process only reads will do, if the tables
  // are there. Error kinds: locked (try again), refused (other columns or types), other.
  static Result<std::unique_ptr<BarStore>> open(const StoreOptions& options, Counters& counters);

  // Moves the effects in. Never fails.
  void add(EffectBatch& effects);

  std::size_t pending_rows() const { return pending_.rows(); }
  std::size_t pending_bytes() const { return pending_.bytes(); }
  bool has_pending() const { return pending_.rows() > 0 || !uncommitted_positions_.empty(); }

  // Writes all that is pending in one transaction; with target file, the log goes into the file, too.
  // On an error nothing was written and all is still pending.
  Result<void> commit(CommitTarget target);
  // Forgets what is pending: the daemon must end and the database is locked.
  void discard_pending();
  // Tail positions whose lines' rows are all committed, in order; each once.
  std::vector<TailPosition> take_committed_positions() { return std::exchange(committed_positions_, {}); }

  // Bytes of DuckDB's write-ahead log.
  std::uint64_t log_bytes() const;
  // Bytes of the log that openings have read again since it last went into the file: what the log has cost.
  std::uint64_t log_bytes_reread() const { return log_bytes_reread_; }
  // Moves the log into the file.
  Result<void> checkpoint();

 private:
  BarStore(const StoreOptions& options, Counters& counters) : options_(options), counters_(counters) {}

  struct Session {
    duck::Database database;
    duck::Connection connection;
  };
  static Result<Session> open_session(const StoreOptions& options, duck::Access access);
  // Runs `work` on the open session, or on one opened for it.
  template <typename Work>
  Result<void> with_session(Work work);
  Result<void> read_newest_seconds(duck::Connection& connection);

  const StoreOptions options_;
  Counters& counters_;
  std::optional<Session> session_;  // when exclusive
  std::unordered_map<std::string, Second> newest_stored_;  // of symbols that were not announced yet
  Names names_;
  PendingRows pending_;
  std::vector<TailPosition> uncommitted_positions_;
  std::vector<TailPosition> committed_positions_;
  std::uint64_t log_bytes_reread_ = 0;
};

}  // namespace streamd
