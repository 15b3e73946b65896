// Bars → the table ohlc_1s and its spans, decisions → stream_state and stream_actions, summaries of windows →
// quotient_summaries. Takes the core's effects, gathers them (pending_rows) and commits them, one transaction a batch,
// with how far of the journal they are (progress_row). The file is open only while a batch is written, so that other
// processes can read it in between (or always, when exclusive). What could not be committed stays pending; nothing is
// dropped here, and no failure of DuckDB outlives its session: the next one is opened afresh.
// One thread. Never decides when to commit: daemon/store_stage does.
#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/counters.h"
#include "base/result.h"
#include "store/batch_writer.h"
#include "store/disk_room.h"
#include "store/duckdb.h"
#include "store/pending_rows.h"
#include "store/query_desk.h"
#include "store/store.h"

namespace streamd {

struct StoreOptions {
  std::string path;
  bool exclusive = false;
  duck::Limits limits;
  QueryDesk* desk = nullptr;  // queries that make room for each batch; unless exclusive
};

class BarStore final : public Store {
 public:
  // Makes the file and the tables when they are missing. A file that another process only reads will do, if the tables
  // are there. Error kinds: locked (try again), refused (no DuckDB database, other columns or types), damaged (see
  // mending.h), other.
  static Result<std::unique_ptr<BarStore>> open(const StoreOptions& options, Counters& counters);

  // Beside the database after a statement came upon damage that opening had not noticed: the next opening reads all
  // rows, and removes it when they are sound.
  static std::string suspicion_path(const std::string& path) { return path + ".suspect"; }

  // What the database held when it was opened.
  const std::optional<Progress>& stored_progress() const { return progress_when_opened_; }

  void add(EffectBatch& effects) override;
  std::size_t pending_rows() const override { return pending_.rows(); }
  std::size_t pending_bytes() const override { return pending_.bytes(); }

  // Without rows, the progress alone; without both, nothing. When the disk has no room for a checkpoint (disk_room.h),
  // a commit to the file goes to the log; when it has none for the log, it fails before DuckDB is touched.
  // Only the outcome of a commit with a progress can be unknown: any later session finds out by it (so rows must bring
  // another progress than the last one). Without a progress they would be written again.
  // Error kind damaged, also when the database holds another progress than the one last committed (DuckDB passes over
  // a log whose beginning it cannot read without a word): a restart mends it, the rows wait.
  Result<void> commit(CommitTarget target, const std::optional<Progress>& progress) override;
  bool outcome_is_unknown() const override { return unknown_.has_value(); }

  Result<std::vector<std::int64_t>> stored_trades(const std::vector<RowKey>& keys) override;

  std::uint64_t log_bytes() const override;
  std::uint64_t log_bytes_reread() const override { return log_bytes_reread_; }
  Result<void> checkpoint() override;

 private:
  BarStore(const StoreOptions& options, Counters& counters) : options_(options), counters_(counters) {}

  struct Session {
    duck::Database database;  // an empty one, to which the file is attached
    duck::Connection connection;
  };
  // A commit whose outcome is unknown.
  struct UnknownCommit {
    Progress progress;
    BatchCounts counts;
  };
  // Of event times.
  struct Newest {
    static constexpr Second kNone = std::numeric_limits<Second>::min();
    Second bar = kNone;
    Second decision = kNone;
    Second summary = kNone;
  };
  void publish_newest();
  // On `idle`, when there is one.
  static Result<Session> open_session(const StoreOptions& options, duck::Access access,
                                      std::optional<Session> idle = {});
  // Of work that was done.
  void end_session();
  // What open() needs of the database.
  Result<void> take_stock(duck::Connection& connection, bool writable);
  Result<void> allay_suspicion(duck::Connection& connection);
  Result<void> read_newest(duck::Connection& connection);
  Result<void> read_newest_windows(duck::Connection& connection);
  Result<Session> reopen_session();
  // Settles an unknown outcome.
  Result<void> compare_progress(duck::Connection& connection);
  // Runs `work` on the open session, or on one opened for it.
  template <typename Work>
  Result<void> with_session(Work work);
  Result<void> write(duck::Connection& connection, CommitTarget target, const std::optional<Progress>& progress);
  Result<void> write_in_transaction(duck::Connection& connection, const std::optional<Progress>& progress,
                                    BatchCounts& counts);
  void rows_are_committed(const BatchCounts& counts);
  CommitSizes commit_sizes() const;
  Result<CommitTarget> target_with_room(CommitTarget wanted);

  const StoreOptions options_;
  Counters& counters_;
  std::optional<Session> session_;  // when exclusive, and while work is done
  std::optional<Session> idle_;     // no file is attached: a session that went well makes the next one cheap
  struct NewestStored {
    std::optional<Second> bar;
    std::optional<Second> decision;
    std::vector<std::pair<std::int64_t, Second>> windows;  // the length in seconds, the start
  };
  std::unordered_map<std::string, NewestStored> newest_stored_;  // of symbols that were not announced yet
  Newest newest_;  // stored or pending
  Names names_;
  PendingRows pending_;
  std::optional<Progress> progress_when_opened_;
  std::optional<Progress> progress_;  // in the database; behind it when unknown_
  std::optional<UnknownCommit> unknown_;
  bool no_room_for_file_ = false;
  std::uint64_t log_bytes_reread_ = 0;
};

}  // namespace streamd
