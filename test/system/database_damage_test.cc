// What becomes of the database when its files are damaged or gone, when DuckDB fails for good while the daemon runs,
// and when it is locked across a kill: all rows come back from the journal, each once.
#include <sys/resource.h>

#include "system/kept_state.h"

namespace streamd {
namespace {

using DatabaseDamageTest = KeptState;

// Ten commits in the log, none of them in the file.
TEST_F(DatabaseDamageTest, ADamagedLogIsMovedAsideAndItsRowsAreWrittenAgain) {
  {
    DaemonProcess daemon(folder_, quick());
    for (int first = 0; first < 100; first += 10) {
      send(daemon, first, first + 10);
      ASSERT_TRUE(wait_for_bars(db_, first + 10));
    }
    kill(daemon);
  }
  // Within the rows of a commit that others follow: where a length stands, DuckDB would take it for a torn end.
  const std::string log = read_file(log_);
  const auto place = log.find("live:", log.size() * 3 / 4);
  ASSERT_NE(place, std::string::npos);
  overwrite(log_, place, "damaged");
  const std::string said = run_idle();
  expect_said(said, "error the database is damaged");
  expect_said(said, "bars.duckdb.wal was moved to ");
  expect_said(said, "parts of rows of 2023-11-14 22:13:20 to 2023-11-14 22:14:59 are written again from the journal");
  EXPECT_EQ(files(folder_.path(), ".wal.damaged-").size(), 1u);
  expect_bars(0, 100);
  run(100, 110);
  expect_bars(0, 110);
}

// DuckDB passes over it without a word.
TEST_F(DatabaseDamageTest, ALogThatWasEmptiedIsWrittenAgain) {
  {
    DaemonProcess daemon(folder_, quick());
    for (int first = 0; first < 30; first += 10) {
      send(daemon, first, first + 10);
      ASSERT_TRUE(wait_for_bars(db_, first + 10));
    }
    kill(daemon);
  }
  write_file(log_, "");
  run_idle();
  expect_bars(0, 30);
}

TEST_F(DatabaseDamageTest, ADamagedFileIsMovedAsideAndRebuilt) {
  run(0, 50);
  run(50, 100);
  overwrite(db_, 4096, garbage(8192));
  const std::string said = run_idle();
  expect_said(said, "bars.duckdb was moved to ");
  expect_said(said,
              "100 parts of rows of 2023-11-14 22:13:20 to 2023-11-14 22:14:59 are written again from the journal");
  EXPECT_EQ(files(folder_.path(), "bars.duckdb.damaged-").size(), 1u);
  expect_bars(0, 100);
  run(100, 110);
  expect_bars(0, 110);
}

TEST_F(DatabaseDamageTest, AFileOfWhichOnlyABlockOfRowsIsDamagedIsMadeGoodByTheNextStarts) {
  constexpr int kRows = 3'000;
  run(0, kRows);
  // Somewhere in the rows; the headers are whole, so that opening does not notice.
  const auto size = std::filesystem::file_size(db_);
  ASSERT_GT(size, 300'000u);
  for (std::size_t at = 12'288; at + 262'144 <= size; at += 262'144) overwrite(db_, at + 1'000, garbage(200));
  for (int start = 0; start < 3 && files(folder_.path(), "bars.duckdb.damaged-").empty(); ++start) {
    DaemonProcess daemon(folder_, quick());
    const std::uint16_t port = daemon.port();
    TcpClient client(port);
    client.send(trades(kRows + start, kRows + start + 1));
    client.finish();
    daemon.stop();
  }
  EXPECT_EQ(files(folder_.path(), "bars.duckdb.damaged-").size(), 1u);
  run_idle();
  EXPECT_GE(count_bars(db_), kRows + 1);
  EXPECT_EQ(count_bars(db_, "trades <> 1"), 0);
  EXPECT_EQ(read_table(db_, "SELECT count(*) - count(DISTINCT timestamp) FROM ohlc_1s"), (TextTable{{"0"}}));
}

TEST_F(DatabaseDamageTest, ADeletedDatabaseIsRebuilt) {
  run(0, 50);
  {
    DaemonProcess daemon(folder_, quick());
    send(daemon, 50, 60);
    wait_until_journalled();
    kill(daemon);
  }
  std::filesystem::remove(db_);
  std::filesystem::remove(log_);
  expect_said(run_idle(), "the database has no record of the journal yet");
  expect_bars(0, 60);
  run(60, 70);
  expect_bars(0, 70);
}

TEST_F(DatabaseDamageTest, ADeletedDatabaseWhoseLogIsThereIsRebuilt) {
  {
    DaemonProcess daemon(folder_, quick());
    send(daemon, 0, 60);
    ASSERT_TRUE(wait_for_bars(db_, 60));
    kill(daemon);
  }
  ASSERT_TRUE(std::filesystem::exists(log_));
  std::filesystem::remove(db_);
  expect_said(run_idle(), "is gone, but its write-ahead log is there");
  expect_bars(0, 60);
}

TEST_F(DatabaseDamageTest, WithoutAJournalADamagedDatabaseIsRefusedAndLeftAsItIs) {
  run(0, 50, {"--no-journal"});
  overwrite(db_, 4096, garbage(8192));
  const std::string before = read_file(db_);
  DaemonProcess daemon(folder_, quick({"--no-journal"}));
  EXPECT_EQ(daemon.wait_exit(), 3);
  EXPECT_EQ(read_file(db_), before);
}

TEST_F(DatabaseDamageTest, ADatabaseThatIsLockedAcrossAKillGetsAllRows) {
  DaemonProcess daemon(folder_, quick());
  send(daemon, 0, 10);
  ASSERT_TRUE(wait_for_bars(db_, 10));
  DatabaseHolder holder(db_, "read_write", folder_);
  send(daemon, 10, 40);
  ASSERT_TRUE(daemon.wait_errors("rows wait for the database"));
  std::this_thread::sleep_for(milliseconds(1'000));
  wait_until_journalled();
  kill(daemon);
  DaemonProcess next(folder_, quick());
  ASSERT_TRUE(next.wait_errors("waiting for the database"));
  EXPECT_EQ(next.stop(), 0);
  DaemonProcess last(folder_, quick());
  ASSERT_TRUE(last.wait_errors("waiting for the database"));
  std::this_thread::sleep_for(milliseconds(1'000));
  holder.release();
  send(last, 40, 50);
  EXPECT_EQ(last.stop(), 0);
  expect_bars(0, 50);
}

// A limit on the size of files is reached in the middle of a checkpoint, which DuckDB does not survive. The database
// has grown beyond that limit by a table of somebody else; the journal's files stay below it.
class FileLimitTest : public KeptState {
 protected:
  static constexpr int kRows = 30'000;
  static constexpr rlim_t kLimit = 4 << 20;

  FileLimitTest() {
    OpenDatabase(db_, duck::Access::read_write)
        .run("CREATE TABLE other AS SELECT hash(i) AS a, hash(i + 1) AS b FROM range(1000000) t(i); CHECKPOINT");
  }
  static void limit_files(const DaemonProcess& daemon, rlim_t bytes) {
    rlimit limit{};
    ASSERT_EQ(::prlimit(daemon.pid(), RLIMIT_FSIZE, nullptr, &limit), 0);
    limit.rlim_cur = std::min(bytes, limit.rlim_max);
    ASSERT_EQ(::prlimit(daemon.pid(), RLIMIT_FSIZE, &limit, nullptr), 0);
  }
  // Gives what the daemon said. A batch is so large that it goes straight into the file.
  std::string fail_and_go_on(Arguments arguments) {
    arguments.insert(arguments.end(), {"--flush-interval", "600", "--batch-size", "20000"});
    DaemonProcess daemon(folder_, listening(arguments));
    daemon.port();
    EXPECT_GT(std::filesystem::file_size(db_), 2 * kLimit);
    limit_files(daemon, kLimit);
    send(daemon, 0, kRows);
    EXPECT_TRUE(daemon.wait_errors("rows wait for the database"));
    std::this_thread::sleep_for(milliseconds(500));
    EXPECT_TRUE(daemon.is_running());
    limit_files(daemon, RLIM_INFINITY);
    EXPECT_TRUE(daemon.wait_errors("the database takes rows again"));
    send(daemon, kRows, kRows + 10);
    EXPECT_EQ(daemon.stop(), 0);
    expect_bars(0, kRows + 10);
    EXPECT_EQ(read_table(db_, "SELECT count(*) FROM other"), (TextTable{{"1000000"}}));
    return daemon.errors();
  }
};

TEST_F(FileLimitTest, AFatalErrorOfDuckDBIsOverWhenItsCauseIs) {
  expect_said(fail_and_go_on({}), "The database has been invalidated");
}

TEST_F(FileLimitTest, AFatalErrorOfADatabaseThatIsHeldOpenToo) {
  expect_said(fail_and_go_on({"--db-exclusive"}), "The database has been invalidated");
}

}  // namespace
}  // namespace streamd
