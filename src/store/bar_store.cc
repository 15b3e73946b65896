#include "store/bar_store.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/log.h"
#include "io/file.h"
#include "store/schema.h"

namespace streamd {
namespace {

constexpr const char* kNeverCheckpoint = "'1TB'";
// A commit then checkpoints instead of writing the log.
constexpr const char* kAlwaysCheckpoint = "'1KB'";

}  // namespace

Result<BarStore::Session> BarStore::open_session(const StoreOptions& options, duck::Access access) {
  auto database = duck::Database::open(options.path, access, options.limits);
  if (!database) return database.error();
  auto connection = duck::Connection::open(*database);
  if (!connection) return connection.error();
  if (access == duck::Access::read_write) {
    auto set = connection->run("PRAGMA disable_checkpoint_on_shutdown");
    if (set) set = connection->run(std::string("SET GLOBAL checkpoint_threshold = ") + kNeverCheckpoint);
    if (!set) return set.error();
  }
  return Session{std::move(database).value(), std::move(connection).value()};
}

Result<std::unique_ptr<BarStore>> BarStore::open(const StoreOptions& options, Counters& counters) {
  if (auto made = make_parent_folders(options.path); !made) return made.error();
  std::unique_ptr<BarStore> store(new BarStore(options, counters));
  auto session = open_session(options, duck::Access::read_write);
  const bool writable = session.ok();
  // While others read it, the tables can still be checked, and rows wait for their turn.
  if (!writable && session.error().kind == ErrorKind::locked) {
    auto read_only = open_session(options, duck::Access::read_only);
    if (!read_only) return session.error();
    const auto complete = schema_is_complete(read_only->connection);
    if (!complete) return complete.error();
    if (!complete.value()) return session.error();
    session = std::move(read_only);
  }
  if (!session) return session.error();
  if (auto checked = check_schema(session->connection); !checked) return checked.error();
  if (writable) {
    if (auto created = create_schema(session->connection); !created) return created.error();
  }
  if (auto read = store->read_newest_seconds(session->connection); !read) return read.error();
  if (writable && options.exclusive) store->session_.emplace(std::move(session).value());
  return store;
}

Result<void> BarStore::read_newest_seconds(duck::Connection& connection) {
  auto rows = connection.query("SELECT symbol, max(timestamp) FROM ohlc_1s WHERE symbol IS NOT NULL GROUP BY symbol");
  if (!rows) return rows.error();
  while (rows->next()) {
    if (rows->is_null(1)) continue;
    newest_stored_[std::string(rows->text(0))] = rows->int64(1) / kMicrosPerSecond;
  }
  return {};
}

template <typename Work>
Result<void> BarStore::with_session(Work work) {
  if (session_) return work(session_->connection);
  const std::uint64_t log = log_bytes();
  const bool gone = !std::filesystem::exists(options_.path);
  auto session = open_session(options_, duck::Access::read_write);
  if (!session) return session.error();
  log_bytes_reread_ += log;
  if (gone) {
    log_warn("{} was gone; it is made anew", options_.path);
    if (auto created = create_schema(session->connection); !created) return created;
  }
  Result<void> done = work(session->connection);
  if (options_.exclusive) session_.emplace(std::move(session).value());
  return done;
}

void BarStore::add(EffectBatch& effects) {
  for (std::string& name : effects.new_symbols) {
    const auto newest = newest_stored_.find(name);
    if (newest != newest_stored_.end()) {
      pending_.set_newest_stored(static_cast<SymbolId>(names_.live_symbols.size()), newest->second);
      newest_stored_.erase(newest);
    }
    names_.live_symbols.push_back(std::string(Names::kLive) + name);
  }
  for (std::string& label : effects.new_labels) names_.labels.push_back(std::move(label));
  for (const BarWrite& write : effects.writes) pending_.add(write);
  for (TailPosition& position : effects.tail_positions) uncommitted_positions_.push_back(std::move(position));
  counters_.pending_rows.set(pending_.rows());
}

Result<void> BarStore::commit(CommitTarget target) {
  BatchCounts counts;
  if (pending_.rows() > 0) {
    auto written = with_session([&](duck::Connection& connection) -> Result<void> {
      auto begun = connection.run(std::string("SET GLOBAL checkpoint_threshold = ") +
                                  (target == CommitTarget::file ? kAlwaysCheckpoint : kNeverCheckpoint));
      if (begun) begun = connection.run("BEGIN");
      if (!begun) return begun;
      BatchWriter writer(connection, names_);
      Result<void> done = writer.write(pending_);
      counts = writer.counts();
      if (done) done = connection.run("COMMIT");
      if (!done) static_cast<void>(connection.run("ROLLBACK"));
      return done;
    });
    if (!written) {
      session_.reset();  // opened afresh: DuckDB does not go on after a fatal error
      return written;
    }
    counters_.rows_committed.add(pending_.rows());
    counters_.bars_merged.add(counts.rows_merged);
    counters_.trades_superseded.add(counts.trades_superseded + pending_.trades_superseded());
    pending_.clear_committed();
    counters_.pending_rows.set(0);
    if (log_bytes() == 0) log_bytes_reread_ = 0;
  }
  counters_.commits.add(1);
  std::move(uncommitted_positions_.begin(), uncommitted_positions_.end(), std::back_inserter(committed_positions_));
  uncommitted_positions_.clear();
  return {};
}

void BarStore::discard_pending() {
  pending_.clear_committed();
  uncommitted_positions_.clear();
  counters_.pending_rows.set(0);
}

std::uint64_t BarStore::log_bytes() const {
  std::error_code absent;
  const auto size = std::filesystem::file_size(options_.path + ".wal", absent);
  return absent ? 0 : size;
}

Result<void> BarStore::checkpoint() {
  auto done = with_session([](duck::Connection& connection) { return connection.run("CHECKPOINT"); });
  if (done) log_bytes_reread_ = 0;
  return done;
}

}  // namespace streamd
