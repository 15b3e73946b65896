// Rows and progress in one transaction, and commits that fail.
#include "store/bar_store.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>

#include "support/store_fixture.h"
#include "support/summary_fixture.h"

namespace streamd {
namespace {

class BarStoreTest : public StoreFixture {
 protected:
  std::uint64_t file_bytes() const { return std::filesystem::file_size(path_); }
};

// Writes of this process behind `bytes` of any file fail: a disk that has no more, for this process alone.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(std::uint64_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(BarStoreTest, ProgressIsStoredWithTheRows) {
  open();
  EXPECT_EQ(store_->stored_progress(), std::nullopt);
  add(0, 10);
  ASSERT_TRUE(commit(7).ok());
  StoredRows stored = read_stored(path_);
  EXPECT_EQ(stored.rows, 10);
  EXPECT_EQ(stored.progress, at(7));

  add(5, 10);
  ASSERT_TRUE(commit(9, CommitTarget::file).ok());
  stored = read_stored(path_);
  EXPECT_EQ(stored.rows, 15);
  EXPECT_EQ(stored.keys, 15);
  EXPECT_EQ(stored.progress, at(9));
  EXPECT_EQ(stored.progress_rows, 1);
  EXPECT_EQ(store_->stored_progress(), std::nullopt);
  open();
  EXPECT_EQ(store_->stored_progress(), at(9));
}

TEST_F(BarStoreTest, TheNewestTimeIsThatOfWhatIsInTheDatabase) {
  open();
  EXPECT_EQ(counters_.newest_bar_ms.get(), 0U);
  add(100, 10);
  EXPECT_EQ(counters_.newest_bar_ms.get(), 0U);
  ASSERT_TRUE(commit(1).ok());
  EXPECT_EQ(counters_.newest_bar_ms.get(), 109'000U);
  add(50, 3);
  ASSERT_TRUE(commit(2).ok());
  EXPECT_EQ(counters_.newest_bar_ms.get(), 109'000U);
  counters_.newest_bar_ms.set(0);
  open();
  EXPECT_EQ(counters_.newest_bar_ms.get(), 109'000U);
  EXPECT_EQ(counters_.newest_decision_ms.get(), 0U);
}

TEST_F(BarStoreTest, ProgressAloneIsCommittedInPlace) {
  open();
  ASSERT_TRUE(commit(1).ok());
  ASSERT_TRUE(commit(2).ok());
  EXPECT_GT(store_->log_bytes(), 0U);
  ASSERT_TRUE(commit(3, CommitTarget::file).ok());
  EXPECT_EQ(store_->log_bytes(), 0U);
  ASSERT_TRUE(store_->commit(CommitTarget::log, Progress{"journal '2'", 4}).ok());
  const StoredRows stored = read_stored(path_);
  EXPECT_EQ(stored.progress_rows, 1);
  EXPECT_EQ(stored.progress, (Progress{"journal '2'", 4}));
  EXPECT_EQ(counters_.commits.get(), 4U);
}

TEST_F(BarStoreTest, WithoutRowsAndProgressThereIsNothingToDo) {
  open();
  ASSERT_TRUE(commit(1).ok());
  add(0, 3);
  ASSERT_TRUE(store_->commit(CommitTarget::log, std::nullopt).ok());
  EXPECT_EQ(read_stored(path_).progress, at(1));
  const std::uint64_t log = store_->log_bytes();
  ASSERT_TRUE(store_->commit(CommitTarget::file, std::nullopt).ok());
  EXPECT_EQ(store_->log_bytes(), log);
  EXPECT_EQ(counters_.commits.get(), 2U);
}

TEST_F(BarStoreTest, AnOlderDatabaseGetsTheProgressTable) {
  fill(0);
  {
    auto database = duck::Database::open(path_, duck::Access::read_write, {});
    ASSERT_TRUE(database.ok());
    auto connection = duck::Connection::open(*database);
    ASSERT_TRUE(connection->run("DROP TABLE stream_progress").ok());
  }
  open();
  EXPECT_EQ(store_->stored_progress(), std::nullopt);
  ASSERT_TRUE(commit(3).ok());
  EXPECT_EQ(read_stored(path_).progress, at(3));
  EXPECT_EQ(read_stored(path_).rows, 500);
}

TEST_F(BarStoreTest, StoredProgressIsReadWhileAnotherProcessReads) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t parent = ::getpid();
  const pid_t reader = ::fork();
  if (reader == 0) {  // before DuckDB was used in this process
    char byte = 0;
    if (::read(ready[0], &byte, 1) != 1) ::_exit(1);
    auto database = duck::Database::open(path_, duck::Access::read_only, {});
    if (::kill(parent, SIGUSR1) != 0 || !database) ::_exit(1);
    for (;;) ::pause();
  }
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGUSR1);
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  fill(1);
  ASSERT_EQ(::write(ready[1], "", 1), 1);
  int signal = 0;
  ::sigwait(&signals, &signal);
  open();
  EXPECT_EQ(store_->stored_progress(), at(2));
  add(2000, 3);
  const auto locked = commit(3);
  ASSERT_FALSE(locked.ok());
  EXPECT_EQ(locked.error().kind, ErrorKind::locked) << locked.error().message;
  EXPECT_FALSE(store_->outcome_is_unknown());
  ::kill(reader, SIGKILL);
  ::waitpid(reader, nullptr, 0);
  ASSERT_TRUE(commit(3).ok());
  EXPECT_EQ(read_stored(path_).rows, 1003);
}

class FailedCommitTest : public BarStoreTest, public testing::WithParamInterface<bool> {};
INSTANTIATE_TEST_SUITE_P(Exclusive, FailedCommitTest, testing::Bool());

TEST_P(FailedCommitTest, ThatDidNotReachTheLogIsWrittenAgain) {
  fill(0);
  open(GetParam());
  add(500, 3000);
  {
    const FileSizeLimit limit(20'000);
    const auto failed = commit(2);
    ASSERT_FALSE(failed.ok());
    EXPECT_TRUE(store_->outcome_is_unknown());
    EXPECT_EQ(store_->pending_rows(), 3000U);
    ASSERT_FALSE(commit(2).ok());
    EXPECT_TRUE(store_->outcome_is_unknown());
  }
  const auto done = commit(2);
  ASSERT_TRUE(done.ok()) << done.error().message;
  EXPECT_FALSE(store_->outcome_is_unknown());
  add(3500, 10);
  ASSERT_TRUE(commit(3).ok());
  EXPECT_EQ(counters_.rows_committed.get(), 500U + 3010U);
  store_.reset();
  const StoredRows stored = read_stored(path_);
  EXPECT_EQ(stored.rows, 3510);
  EXPECT_EQ(stored.keys, 3510);
  EXPECT_EQ(stored.spans, 3510);
  EXPECT_EQ(stored.progress, at(3));
}

// The rows are in the log when the checkpoint of the same COMMIT fails.
TEST_P(FailedCommitTest, WhoseRowsReachedTheLogIsFoundThere) {
  fill(0);
  open(GetParam());
  add(500, 20);
  {
    const FileSizeLimit limit(file_bytes());
    const auto failed = commit(2, CommitTarget::file);
    ASSERT_FALSE(failed.ok());
    EXPECT_TRUE(store_->outcome_is_unknown()) << failed.error().message;
    EXPECT_EQ(store_->pending_rows(), 20U);
    RecordProperty("message", failed.error().message);
  }
  const auto done = commit(2, CommitTarget::log);
  ASSERT_TRUE(done.ok()) << done.error().message;
  EXPECT_FALSE(store_->outcome_is_unknown());
  EXPECT_EQ(store_->pending_rows(), 0U);
  EXPECT_EQ(counters_.rows_committed.get(), 520U);
  add(520, 10);
  ASSERT_TRUE(commit(3).ok());
  store_.reset();
  const StoredRows stored = read_stored(path_);
  EXPECT_EQ(stored.rows, 530);
  EXPECT_EQ(stored.keys, 530);
  EXPECT_EQ(stored.progress, at(3));
}

TEST_P(FailedCommitTest, OfTheCheckpointAloneLosesNothing) {
  fill(3);
  open(GetParam());
  {
    const FileSizeLimit limit(file_bytes());
    ASSERT_FALSE(store_->checkpoint().ok());
  }
  add(2000, 10);
  const auto done = commit(9);
  ASSERT_TRUE(done.ok()) << done.error().message;
  ASSERT_TRUE(store_->checkpoint().ok());
  EXPECT_EQ(store_->log_bytes(), 0U);
  store_.reset();
  const StoredRows stored = read_stored(path_);
  EXPECT_EQ(stored.rows, 2010);
  EXPECT_EQ(stored.progress, at(9));
}

TEST_P(FailedCommitTest, WhereverItRunsOutOfRoomIsMadeUpFor) {
  open(GetParam());
  Second first = 100'000;
  Second end = first;
  int failed = 0;
  std::uint64_t position = 0;
  for (const int batch : {100, 30'000}) {
    for (std::uint64_t room = 4096; room < 3'000'000; room *= 3) {
      SCOPED_TRACE(room);
      for (const CommitTarget target : {CommitTarget::file, CommitTarget::log}) {
        add(end, batch);
        add(end - batch / 2, batch / 2);
        first = std::min(first, end - batch / 2);
        end += batch;
        ++position;
        bool done = false;
        {
          const FileSizeLimit limit(target == CommitTarget::file ? file_bytes() + room : store_->log_bytes() + room);
          done = commit(position, target).ok();
        }
        if (!done) {
          ++failed;
          const auto again = commit(position, CommitTarget::file);
          ASSERT_TRUE(again.ok()) << again.error().message;
        }
        ASSERT_EQ(store_->pending_rows(), 0U);
      }
    }
  }
  EXPECT_GT(failed, 5);
  store_.reset();
  const StoredRows stored = read_stored(path_);
  EXPECT_EQ(stored.keys, stored.rows);
  EXPECT_EQ(stored.rows, end - first);
  EXPECT_EQ(stored.progress, at(position));
}

TEST_F(BarStoreTest, AnUnknownCommitIsKnownByItsProgress) {
  fill(0);
  open();
  add(500, 3000);
  {
    const FileSizeLimit limit(20'000);
    ASSERT_FALSE(commit(2).ok());
  }
  ASSERT_TRUE(store_->outcome_is_unknown());
  {  // as if it had come through
    auto other = BarStore::open({path_, false, {}}, counters_);
    ASSERT_TRUE(other.ok());
    announced_ = false;
    add(**other, 500, 3000);
    ASSERT_TRUE((*other)->commit(CommitTarget::log, at(2)).ok());
  }
  ASSERT_TRUE(commit(2).ok());
  EXPECT_FALSE(store_->outcome_is_unknown());
  EXPECT_EQ(read_stored(path_).rows, 3500);
  EXPECT_EQ(read_stored(path_).keys, 3500);
}

TEST_F(BarStoreTest, WithoutAProgressAFailedCommitIsWrittenAgain) {
  fill(0);
  open();
  add(500, 3000);
  {
    const FileSizeLimit limit(20'000);
    ASSERT_FALSE(store_->commit(CommitTarget::log, std::nullopt).ok());
  }
  EXPECT_FALSE(store_->outcome_is_unknown());
  ASSERT_TRUE(store_->commit(CommitTarget::log, std::nullopt).ok());
  EXPECT_EQ(read_stored(path_).rows, 3500);
}

TEST_F(BarStoreTest, ALogThatLostItsBeginningIsNoticedAtTheNextCommit) {
  open();
  add(0, 500);
  ASSERT_TRUE(commit(1, CommitTarget::file).ok());
  add(500, 500);
  ASSERT_TRUE(commit(2).ok());
  overwrite(path_ + ".wal", 0, std::string(100, '\0'));
  add(1000, 500);
  for (int i = 0; i < 2; ++i) {
    const auto noticed = commit(3);
    ASSERT_FALSE(noticed.ok());
    EXPECT_EQ(noticed.error().kind, ErrorKind::damaged) << noticed.error().message;
    EXPECT_NE(noticed.error().message.find("a restart mends it"), std::string::npos) << noticed.error().message;
    EXPECT_EQ(store_->pending_rows(), 500U);
  }
  open();
  EXPECT_EQ(store_->stored_progress(), at(1));
}

TEST_F(BarStoreTest, DamageOfTheLogBetweenTwoCommitsMakesRowsWait) {
  open();
  add(0, 500);
  ASSERT_TRUE(commit(1, CommitTarget::file).ok());
  add(500, 500);
  ASSERT_TRUE(commit(2).ok());
  const std::string log = path_ + ".wal";
  overwrite(log, std::filesystem::file_size(log) / 2, "garbage");
  add(1000, 500);
  const auto damaged = commit(3);
  ASSERT_FALSE(damaged.ok());
  EXPECT_EQ(damaged.error().kind, ErrorKind::damaged) << damaged.error().message;
  EXPECT_NE(damaged.error().message.find("a restart mends it"), std::string::npos);
  EXPECT_EQ(store_->pending_rows(), 500U);
}

class StoredSummariesTest : public SummaryFixture {
 protected:
  static WindowSummary minute(SymbolId symbol, Second start) { return numbered_summary(symbol, start, 60); }
  Rows stored() const {
    return rows("SELECT symbol, epoch(window_start)::BIGINT, window_seconds FROM quotient_summaries ORDER BY ALL");
  }
};

TEST_F(StoredSummariesTest, AreCommittedWithTheirProgress) {
  open();
  announce({"A", "B"});
  add({minute(0, 60), minute(1, 60), minute(0, 120)});
  EXPECT_EQ(store_->pending_rows(), 3U);
  EXPECT_EQ(store_->pending_bytes(), 3 * sizeof(WindowSummary));
  ASSERT_TRUE(commit(1).ok());
  EXPECT_EQ(store_->pending_rows(), 0U);
  EXPECT_EQ(counters_.summaries_committed.get(), 3U);
  EXPECT_EQ(counters_.newest_summary_ms.get(), 120'000U);
  EXPECT_EQ(counters_.rows_committed.get(), 0U);
  add({minute(0, 180)});
  ASSERT_TRUE(store_->commit(CommitTarget::file, std::nullopt).ok());
  EXPECT_EQ(counters_.summaries_committed.get(), 4U);
  EXPECT_EQ(stored(), (Rows{"A 60 60", "A 120 60", "A 180 60", "B 60 60"}));
  EXPECT_EQ(read_stored(path_).progress, at(1));
}

TEST_F(StoredSummariesTest, OfACommitThatFailedAreWrittenAgainAndOnce) {
  open();
  announce({"A"});
  std::vector<WindowSummary> many;
  for (Second start = 0; start < 3000 * 60; start += 60) many.push_back(minute(0, start));
  add(many);
  {
    const FileSizeLimit limit(20'000);
    ASSERT_FALSE(commit(1).ok());
  }
  EXPECT_EQ(store_->pending_rows(), 3000U);
  EXPECT_EQ(counters_.summaries_committed.get(), 0U);
  const auto done = commit(1);
  ASSERT_TRUE(done.ok()) << done.error().message;
  EXPECT_EQ(counters_.summaries_committed.get(), 3000U);
  EXPECT_EQ(rows("SELECT count(*), count(DISTINCT window_start) FROM quotient_summaries"), Rows{"3000 3000"});
}

// A history that the database has from elsewhere: windows up to the newest stored one are not made again.
TEST_F(StoredSummariesTest, AtOrBeforeTheNewestStoredAreCountedAndPassedOver) {
  open();
  announce({"A", "B"});
  add({minute(0, 60), minute(0, 180), numbered_summary(0, 300, 30), minute(1, 600)});
  ASSERT_TRUE(commit(1).ok());
  open();
  announce({"C", "A"});
  add({minute(1, 120), minute(1, 180), minute(1, 240), numbered_summary(1, 300, 30), numbered_summary(1, 330, 30),
       numbered_summary(1, 0, 300), minute(0, 60)});
  EXPECT_EQ(counters_.summaries_passed_over.get(), 3U);
  ASSERT_TRUE(commit(2).ok());
  EXPECT_EQ(counters_.summaries_committed.get(), 4U + 4U);
  EXPECT_EQ(stored(),
            (Rows{"A 0 300", "A 60 60", "A 180 60", "A 240 60", "A 300 30", "A 330 30", "B 600 60", "C 60 60"}));
}

TEST_F(StoredSummariesTest, AnOlderDatabaseGetsTheirTableAndViews) {
  open();
  announce({"A"});
  ASSERT_TRUE(commit(1).ok());
  {
    auto database = duck::Database::open(path_, duck::Access::read_write, {});
    ASSERT_TRUE(database.ok());
    auto connection = duck::Connection::open(*database);
    ASSERT_TRUE(connection->run("DROP TABLE quotient_summaries; DROP VIEW quotient_deltas").ok());
  }
  open();
  announce({"A"});
  add({minute(0, 60)});
  ASSERT_TRUE(commit(2).ok());
  EXPECT_EQ(stored(), Rows{"A 60 60"});
  EXPECT_EQ(rows("SELECT count(*) FROM quotient_deltas"), Rows{"1"});
}

}  // namespace
}  // namespace streamd
