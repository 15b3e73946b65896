#include "store/bar_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/fault.h"
#include "base/log.h"
#include "io/file.h"
#include "store/progress_row.h"
#include "store/schema.h"
#include "store/stored_trades.h"

namespace streamd {
namespace {

constexpr const char* kNeverCheckpoint = "'1TB'";
// A commit then checkpoints instead of writing the log.
constexpr const char* kAlwaysCheckpoint = "'1KB'";

Result<void> run_checkpoint(duck::Connection& connection) {
  const fault::CrashWithin within_checkpoint("checkpoint");
  return connection.run("CHECKPOINT");
}

}  // namespace

Result<BarStore::Session> BarStore::open_session(const StoreOptions& options, duck::Access access,
                                                 std::optional<Session> idle) {
  if (!idle) {
    auto database = duck::Database::open_empty(options.limits);
    if (!database) return database.error();
    auto connection = duck::Connection::open(*database);
    if (!connection) return connection.error();
    idle.emplace(Session{std::move(database).value(), std::move(connection).value()});
  }
  if (auto attached = idle->connection.attach(options.path, access); !attached) return attached.error();
  if (access == duck::Access::read_write) {
    auto set = idle->connection.run("PRAGMA disable_checkpoint_on_shutdown");
    if (set) set = idle->connection.run(std::string("SET GLOBAL checkpoint_threshold = ") + kNeverCheckpoint);
    if (!set) return set.error();
  }
  return std::move(*idle);
}

void BarStore::end_session() {
  if (session_->connection.detach(options_.path)) idle_ = std::move(session_);
  session_.reset();
}

Result<std::unique_ptr<BarStore>> BarStore::open(const StoreOptions& options, Counters& counters) {
  if (auto made = make_parent_folders(options.path); !made) return made.error();
  std::unique_ptr<BarStore> store(new BarStore(options, counters));
  std::optional<QueryDesk::Batch> turn;
  if (options.desk != nullptr) turn.emplace(*options.desk);
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
  if (auto taken = store->take_stock(session->connection, writable); !taken) return taken.error();
  if (writable && options.exclusive) store->session_.emplace(std::move(session).value());
  return store;
}

Result<void> BarStore::take_stock(duck::Connection& connection, bool writable) {
  auto done = check_schema(connection);
  if (!done) return duck::read_error(done.error());
  if (writable) {
    if (auto created = create_schema(connection); !created) return created;
  }
  auto progress = read_progress(connection);
  if (!progress) return duck::read_error(progress.error());
  progress_when_opened_ = progress_ = *progress;
  done = read_newest(connection);
  if (done) done = allay_suspicion(connection);
  if (!done) return duck::read_error(done.error());
  return {};
}

Result<void> BarStore::allay_suspicion(duck::Connection& connection) {
  const std::string suspicion = suspicion_path(options_.path);
  if (!std::filesystem::exists(suspicion)) return {};
  log_warn("{} is there: all rows of the database are read, to find out whether they are sound", suspicion);
  if (auto sound = read_all_tables(connection); !sound) return sound;
  std::error_code kept;
  std::filesystem::remove(suspicion, kept);
  return {};
}

Result<void> BarStore::read_newest(duck::Connection& connection) {
  for (const auto& [table, newest] : {std::pair("ohlc_1s", &NewestStored::bar),
                                      std::pair("stream_state", &NewestStored::decision)}) {
    auto rows = connection.query(
        fmt::format("SELECT symbol, max(timestamp) FROM {} WHERE symbol IS NOT NULL GROUP BY symbol", table));
    if (!rows) return rows.error();
    while (rows->next()) {
      if (rows->is_null(1)) continue;
      newest_stored_[std::string(rows->text(0))].*newest = rows->int64(1) / kMicrosPerSecond;
    }
  }
  if (auto read = read_newest_windows(connection); !read) return read;
  for (const auto& [symbol, stored] : newest_stored_) {
    newest_.bar = std::max(newest_.bar, stored.bar.value_or(Newest::kNone));
    newest_.decision = std::max(newest_.decision, stored.decision.value_or(Newest::kNone));
    for (const auto& [window_s, start] : stored.windows) newest_.summary = std::max(newest_.summary, start);
  }
  publish_newest();
  return {};
}

void BarStore::publish_newest() {
  const auto publish = [](Counter& counter, Second second) {
    if (second > 0) counter.set(static_cast<std::uint64_t>(second) * 1000);
  };
  publish(counters_.newest_bar_ms, newest_.bar);
  publish(counters_.newest_decision_ms, newest_.decision);
  publish(counters_.newest_summary_ms, newest_.summary);
}

Result<void> BarStore::read_newest_windows(duck::Connection& connection) {
  auto rows = connection.query(
      "SELECT symbol, window_seconds, max(window_start) FROM quotient_summaries WHERE symbol IS NOT NULL "
      "AND window_seconds IS NOT NULL AND window_start IS NOT NULL GROUP BY symbol, window_seconds");
  if (!rows) return rows.error();
  while (rows->next()) {
    newest_stored_[std::string(rows->text(0))].windows.emplace_back(rows->int64(1), rows->int64(2) / kMicrosPerSecond);
  }
  return {};
}

Result<BarStore::Session> BarStore::reopen_session() {
  const std::uint64_t log = log_bytes();
  const bool gone = !std::filesystem::exists(options_.path);
  auto session = open_session(options_, duck::Access::read_write, std::exchange(idle_, std::nullopt));
  if (!session) return session;
  log_bytes_reread_ += log;
  if (gone) {
    log_warn("{} was gone; it is made anew", options_.path);
    if (auto created = create_schema(session->connection); !created) return created.error();
    progress_.reset();
    unknown_.reset();
    return session;
  }
  if (auto compared = compare_progress(session->connection); !compared) return compared.error();
  return session;
}

Result<void> BarStore::compare_progress(duck::Connection& connection) {
  auto stored = read_progress(connection);
  if (!stored) return duck::read_error(stored.error());
  if (unknown_ && *stored == unknown_->progress) {
    log_warn("{}: the commit that failed is in the database", options_.path);
    progress_ = unknown_->progress;
    rows_are_committed(unknown_->counts);
  } else if (*stored != progress_) {
    const auto position = [](const std::optional<Progress>& progress) { return progress ? progress->position : 0; };
    return Error{fmt::format("{}: holds the rows up to position {}, not up to {} as committed", options_.path,
                             position(*stored), position(progress_)),
                 ErrorKind::damaged};
  }
  unknown_.reset();
  return {};
}

template <typename Work>
Result<void> BarStore::with_session(Work work) {
  Result<void> done;
  std::optional<QueryDesk::Batch> turn;
  if (options_.desk != nullptr && !options_.exclusive) turn.emplace(*options_.desk);
  if (!session_) {
    auto opened = reopen_session();
    if (opened) {
      session_.emplace(std::move(opened).value());
    } else {
      done = opened.error();
    }
  }
  if (done) {
    done = work(session_->connection);
    if (!done && done.error().kind == ErrorKind::damaged) {
      static_cast<void>(open_for_appending(suspicion_path(options_.path)));
    }
  }
  // DuckDB does not go on after a fatal error.
  if (!done) {
    session_.reset();
  } else if (!options_.exclusive) {
    end_session();
  }
  if (done || done.error().kind != ErrorKind::damaged) return done;
  return Error{done.error().message + "; rows wait, a restart mends it", ErrorKind::damaged};
}

void BarStore::add(EffectBatch& effects) {
  STREAMD_CHECK(!outcome_is_unknown());
  for (std::string& name : effects.new_symbols) {
    const auto newest = newest_stored_.find(name);
    if (newest != newest_stored_.end()) {
      const auto id = static_cast<SymbolId>(names_.live_symbols.size());
      if (newest->second.bar) pending_.set_newest_stored(id, *newest->second.bar);
      if (newest->second.decision) pending_.set_newest_decided(id, *newest->second.decision);
      for (const auto& [window_s, start] : newest->second.windows) pending_.set_newest_summarised(id, window_s, start);
      newest_stored_.erase(newest);
    }
    names_.live_symbols.push_back(std::string(Names::kLive) + name);
  }
  for (std::string& label : effects.new_labels) names_.labels.push_back(std::move(label));
  for (const BarWrite& write : effects.writes) {
    STREAMD_CHECK(write.symbol < names_.live_symbols.size() && write.label < names_.labels.size());
    pending_.add(write);
    newest_.bar = std::max(newest_.bar, write.second);
  }
  for (const Decision& decision : effects.decisions) {
    if (pending_.add(decision)) {
      newest_.decision = std::max(newest_.decision, decision.second);
    } else {
      counters_.decisions_passed_over.add(1);
    }
  }
  for (const WindowSummary& summary : effects.summaries) {
    STREAMD_CHECK(summary.symbol < names_.live_symbols.size());
    if (pending_.add(summary)) {
      newest_.summary = std::max(newest_.summary, summary.start);
    } else {
      counters_.summaries_passed_over.add(1);
    }
  }
  counters_.pending_rows.set(pending_.rows());
}

Result<void> BarStore::commit(CommitTarget target, const std::optional<Progress>& progress) {
  if (pending_.rows() == 0 && !progress) return {};
  auto target_now = target_with_room(target);
  if (!target_now) return target_now.error();
  auto done = with_session(
      [&](duck::Connection& connection) -> Result<void> { return write(connection, *target_now, progress); });
  if (!done) return done;
  if (log_bytes() == 0) log_bytes_reread_ = 0;
  counters_.commits.add(1);
  return {};
}

Result<void> BarStore::write(duck::Connection& connection, CommitTarget target,
                             const std::optional<Progress>& progress) {
  // An unknown outcome that was found to be success leaves nothing to write.
  if (pending_.rows() == 0 && (!progress || progress == progress_)) {
    return target == CommitTarget::file ? run_checkpoint(connection) : Result<void>();
  }
  auto done = connection.run(std::string("SET GLOBAL checkpoint_threshold = ") +
                             (target == CommitTarget::file ? kAlwaysCheckpoint : kNeverCheckpoint));
  if (!done) return done;
  BatchCounts counts;
  const fault::CrashWithin within_commit("commit");
  done = write_in_transaction(connection, progress, counts);
  if (done) {
    std::optional<fault::CrashWithin> within_checkpoint;
    if (target == CommitTarget::file) within_checkpoint.emplace("checkpoint");
    done = connection.run("COMMIT");
    if (!done && progress) unknown_ = UnknownCommit{*progress, counts};
  } else {
    static_cast<void>(connection.run("ROLLBACK"));
  }
  if (!done) return done;
  fault::crash_at("after commit");
  if (progress) progress_ = progress;
  rows_are_committed(counts);
  return {};
}

Result<void> BarStore::write_in_transaction(duck::Connection& connection, const std::optional<Progress>& progress,
                                            BatchCounts& counts) {
  auto done = connection.run("BEGIN");
  if (!done) return done;
  BatchWriter writer(connection, names_);
  done = writer.write(pending_);
  counts = writer.counts();
  if (!done || !progress) return done;
  if (fault::planted() == fault::Bug::position_committed_apart_from_rows) {
    done = connection.run("COMMIT");
    fault::crash_at("between commits");
    if (done) done = connection.run("BEGIN");
    if (!done) return done;
  }
  return write_progress(connection, progress_, *progress);
}

void BarStore::rows_are_committed(const BatchCounts& counts) {
  counters_.rows_committed.add(pending_.bars());
  counters_.decisions_committed.add(pending_.decisions().size());
  counters_.summaries_committed.add(pending_.summaries().size());
  counters_.bars_merged.add(counts.rows_merged);
  counters_.trades_superseded.add(counts.trades_superseded + pending_.trades_superseded());
  pending_.clear_committed();
  publish_newest();
  counters_.pending_rows.set(0);
}

CommitSizes BarStore::commit_sizes() const {
  std::error_code absent;
  const auto file = std::filesystem::file_size(options_.path, absent);
  return {pending_.bytes(), log_bytes(), absent ? 0 : file};
}

Result<CommitTarget> BarStore::target_with_room(CommitTarget wanted) {
  const auto free = free_bytes(options_.path);
  if (!free) return wanted;
  const CommitSizes sizes = commit_sizes();
  if (*free < room_for_log(sizes)) return disk_full_error(options_.path, *free, room_for_log(sizes));
  if (wanted == CommitTarget::log) return wanted;
  const bool has_room = *free >= room_for_file(sizes);
  if (!has_room && !no_room_for_file_) {
    log_warn("{}: {} bytes are free, a checkpoint may need {}: rows go to the log until there is room", options_.path,
             *free, room_for_file(sizes));
  }
  no_room_for_file_ = !has_room;
  return has_room ? CommitTarget::file : CommitTarget::log;
}

Result<std::vector<std::int64_t>> BarStore::stored_trades(const std::vector<RowKey>& keys) {
  std::vector<std::int64_t> trades;
  auto done = with_session([&](duck::Connection& connection) -> Result<void> {
    auto read = read_stored_trades(connection, keys);
    if (!read) return read.error();
    trades = std::move(read).value();
    return {};
  });
  if (!done) return done.error();
  return trades;
}

std::uint64_t BarStore::log_bytes() const {
  std::error_code absent;
  const auto size = std::filesystem::file_size(options_.path + ".wal", absent);
  return absent ? 0 : size;
}

Result<void> BarStore::checkpoint() {
  const CommitSizes sizes = commit_sizes();
  const auto free = free_bytes(options_.path);
  if (free && *free < room_for_file(sizes)) return disk_full_error(options_.path, *free, room_for_file(sizes));
  auto done = with_session(run_checkpoint);
  if (done) log_bytes_reread_ = 0;
  return done;
}

}  // namespace streamd
