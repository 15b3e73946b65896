// The port between the store stage and what keeps the rows: DuckDB (bar_store), or a model of it in a simulation.
// One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "core/effect.h"

namespace streamd {

// How far of which journal the rows are: they hold all effects of the events before `position`.
struct Progress {
  std::string journal_id;
  std::uint64_t position = 0;
  friend bool operator==(const Progress&, const Progress&) = default;
};

struct RowKey {
  std::string symbol;
  Second second = 0;
};

// Where a commit goes. A row in the log is cheap to write, but each later opening reads the log again; moving rows into
// the file costs a checkpoint.
enum class CommitTarget { log, file };

class Store {
 public:
  virtual ~Store() = default;

  // Moves the effects in. Never fails. Not while a commit's outcome is unknown.
  virtual void add(EffectBatch& effects) = 0;
  virtual std::size_t pending_rows() const = 0;
  virtual std::size_t pending_bytes() const = 0;

  // Writes all that is pending and, in the same transaction, the progress, when one is given; with target file, the log
  // goes into the file, too. On an error all is still pending.
  virtual Result<void> commit(CommitTarget target, const std::optional<Progress>& progress) = 0;
  // The last commit failed in such a way that it may have happened nevertheless: the next one finds out first.
  virtual bool outcome_is_unknown() const = 0;

  // How many trades each of these rows is made of; 0 where there is none, or a bar line's. For a start.
  virtual Result<std::vector<std::int64_t>> stored_trades(const std::vector<RowKey>& keys) = 0;

  // Bytes of DuckDB's write-ahead log.
  virtual std::uint64_t log_bytes() const = 0;
  // Bytes of the log that openings have read again since it last went into the file: what the log has cost.
  virtual std::uint64_t log_bytes_reread() const = 0;
  // Moves the log into the file.
  virtual Result<void> checkpoint() = 0;
};

}  // namespace streamd
