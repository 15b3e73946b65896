// Other processes at the same database: readers, writers, a daemon beside it. Rows wait, and none is lost.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <iostream>

#include "system/bar_oracle.h"
#include "system/daemon_process.h"
#include "system/database_holder.h"
#include "system/stored_bars.h"
#include "system/tcp_client.h"

namespace streamd {
namespace {

constexpr std::int64_t kSecond = 1'700'000'000;

class StoreTest : public testing::Test {
 protected:
  std::vector<StoredBar> send_bars(std::uint16_t port, int first, int end) {
    std::vector<StoredBar> bars;
    std::string text;
    for (int i = first; i < end; ++i) {
      bars.push_back(flat_bar("A", kSecond + i, i));
      text += bar_line(bars.back());
    }
    TcpClient client(port);
    client.send(text);
    client.finish();
    return bars;
  }

  TempFolder folder_;
  const std::string db_ = folder_ / "bars.duckdb";
  const Arguments quick_ = listening({"--flush-interval", "0.05"});
};

TEST_F(StoreTest, AReaderMakesRowsWaitAndNoneIsLost) {
  DaemonProcess daemon(folder_, quick_);
  const std::uint16_t port = daemon.port();
  send_bars(port, 0, 1);
  ASSERT_TRUE(wait_for_bars(db_, 1));
  {
    OpenDatabase reader(db_, duck::Access::read_only);
    send_bars(port, 1, 2'000);
    ASSERT_TRUE(daemon.wait_errors("rows wait for the database"));
    send_bars(port, 2'000, 3'000);
    std::this_thread::sleep_for(milliseconds(2'000));  // a query that takes its time
    EXPECT_EQ(read_table(reader.connection(), "SELECT count(*) FROM ohlc_1s"), (TextTable{{"1"}}));
  }
  ASSERT_TRUE(wait_for_bars(db_, 3'000));
  EXPECT_NE(daemon.errors().find("the database takes rows again"), std::string::npos);
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(read_table(db_, "SELECT count(*), count(DISTINCT timestamp), sum(open)::BIGINT FROM ohlc_1s"),
            (TextTable{{"3000", "3000", std::to_string(2999 * 3000 / 2)}}));
}

TEST_F(StoreTest, ADaemonStartsWhileAReaderHoldsTheDatabase) {
  DaemonProcess first(folder_, quick_);
  send_bars(first.port(), 0, 10);
  EXPECT_EQ(first.stop(), 0);
  DatabaseHolder reader(db_, "read_only", folder_);
  DaemonProcess second(folder_, quick_);
  const std::uint16_t port = second.port();
  send_bars(port, 5, 20);
  ASSERT_TRUE(second.wait_errors("rows wait for the database"));
  reader.release();
  EXPECT_TRUE(wait_for_bars(db_, 20));
  EXPECT_EQ(second.stop(), 0);
  EXPECT_EQ(count_bars(db_), 20);
}

TEST_F(StoreTest, ADaemonWaitsAtItsStartForAWriterToEnd) {
  { OpenDatabase(db_, duck::Access::read_write).run("CREATE TABLE other(x INTEGER)"); }
  DatabaseHolder writer(db_, "read_write", folder_);
  DaemonProcess daemon(folder_, quick_);
  ASSERT_TRUE(daemon.wait_errors("waiting for the database"));
  writer.release();
  send_bars(daemon.port(), 0, 10);
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(count_bars(db_), 10);
}

TEST_F(StoreTest, AWriterThatDoesNotEndIsExit3AfterTenSeconds) {
  { OpenDatabase(db_, duck::Access::read_write).run("CREATE TABLE other(x INTEGER)"); }
  DatabaseHolder writer(db_, "read_write", folder_);
  DaemonProcess daemon(folder_, quick_);
  EXPECT_EQ(daemon.wait_exit(), 3);
  EXPECT_NE(lines_of(daemon.errors()).back().find("bars.duckdb"), std::string::npos);
}

// Under load another process opens the database every 100 ms; each time it is in within a second.
TEST_F(StoreTest, IsReadableByAnotherProcessWhileItWrites) {
  constexpr int kSymbols = 50;
  const milliseconds at_most(kSanitized ? 20'000 : 1'000);
  DaemonProcess daemon(folder_, listening());
  const std::uint16_t port = daemon.port();
  std::atomic<bool> done{false};
  std::atomic<std::int64_t> sent{0};
  std::thread sender([&] {
    try {
      TcpClient client(port);
      for (std::int64_t round = 0; !done; ++round) {  // 20,000 bars a second
        std::string text;
        for (int i = 0; i < kSymbols * 4; ++i) {
          text += bar_line(flat_bar("S" + std::to_string(i % kSymbols), kSecond + round * 4 + i / kSymbols, i));
        }
        client.send(text);
        sent += kSymbols * 4;
        std::this_thread::sleep_for(milliseconds(10));
      }
      client.finish();
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
    }
  });
  ASSERT_TRUE(wait_for_bars(db_, 1));
  const auto end = steady_clock::now() + milliseconds(5'000);
  std::int64_t seen = 0;
  milliseconds longest{0};
  while (steady_clock::now() < end) {
    const auto start = steady_clock::now();
    const std::int64_t count = count_bars(db_);
    longest = std::max(longest, std::chrono::duration_cast<milliseconds>(steady_clock::now() - start));
    EXPECT_GE(count, seen);
    seen = count;
    std::this_thread::sleep_until(start + milliseconds(100));
  }
  done = true;
  sender.join();
  std::cout << "the longest look took " << longest.count() << " ms, at " << sent << " bars\n";
  EXPECT_LE(longest, at_most) << "ms until the database was open and read";
  EXPECT_GT(seen, kSanitized ? 1'000 : 20'000);
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(count_bars(db_), sent);
}

TEST_F(StoreTest, RowsOfADatabaseLockedAtTheEndAreCommittedByTheNextStart) {
  DaemonProcess daemon(folder_, quick_);
  const std::uint16_t port = daemon.port();
  send_bars(port, 0, 1);
  ASSERT_TRUE(wait_for_bars(db_, 1));
  DatabaseHolder writer(db_, "read_write", folder_);
  send_bars(port, 1, 38);
  ASSERT_TRUE(daemon.wait_errors("rows wait for the database"));
  const auto start = steady_clock::now();
  EXPECT_EQ(daemon.stop(), 0);
  const auto took = std::chrono::duration_cast<milliseconds>(steady_clock::now() - start);
  EXPECT_GE(took.count(), 8'000);
  EXPECT_LE(took.count(), kSanitized ? 20'000 : 11'000);
  EXPECT_NE(daemon.errors().find("37 rows wait in the journal for the next start"), std::string::npos);
  writer.release();
  EXPECT_EQ(count_bars(db_), 1);
  DaemonProcess next(folder_, quick_);
  next.port();
  EXPECT_EQ(next.stop(), 0);
  EXPECT_EQ(count_bars(db_), 38);
}

TEST_F(StoreTest, WithoutAJournalADatabaseLockedAtTheEndIsExit1WithTheNumberOfRows) {
  Arguments arguments = quick_;
  arguments.push_back("--no-journal");
  DaemonProcess daemon(folder_, arguments);
  const std::uint16_t port = daemon.port();
  send_bars(port, 0, 1);
  ASSERT_TRUE(wait_for_bars(db_, 1));
  DatabaseHolder writer(db_, "read_write", folder_);
  send_bars(port, 1, 38);
  ASSERT_TRUE(daemon.wait_errors("rows wait for the database"));
  EXPECT_EQ(daemon.stop(), 1);
  EXPECT_NE(daemon.errors().find("37 rows could not be stored"), std::string::npos);
  writer.release();
  EXPECT_EQ(count_bars(db_), 1);
}

TEST_F(StoreTest, ADatabaseThatIsUnlockedInTimeAtTheEndGetsAllRows) {
  DaemonProcess daemon(folder_, quick_);
  const std::uint16_t port = daemon.port();
  send_bars(port, 0, 1);
  ASSERT_TRUE(wait_for_bars(db_, 1));
  DatabaseHolder writer(db_, "read_write", folder_);
  send_bars(port, 1, 100);
  daemon.signal(SIGTERM);
  ASSERT_TRUE(daemon.wait_errors("stopping"));
  ASSERT_TRUE(daemon.wait_errors("rows wait for the database"));
  writer.release();
  EXPECT_EQ(daemon.wait_exit(), 0);
  EXPECT_EQ(count_bars(db_), 100);
}

TEST_F(StoreTest, ASecondSignalEndsItAtOnce) {
  if (kSanitized) {  // it leaves its threads as they are, which a thread sanitizer would report
    const char* given = std::getenv("TSAN_OPTIONS");
    ::setenv("TSAN_OPTIONS", ((given == nullptr ? "" : given) + std::string(":report_thread_leaks=0")).c_str(), 1);
  }
  DaemonProcess daemon(folder_, quick_);
  const std::uint16_t port = daemon.port();
  send_bars(port, 0, 1);
  ASSERT_TRUE(wait_for_bars(db_, 1));
  DatabaseHolder writer(db_, "read_write", folder_);
  send_bars(port, 1, 100);
  daemon.signal(SIGTERM);
  ASSERT_TRUE(daemon.wait_errors("stopping"));
  const auto start = steady_clock::now();
  daemon.signal(SIGTERM);
  EXPECT_EQ(daemon.wait_exit(), 1);
  EXPECT_LT(steady_clock::now() - start, milliseconds(kSanitized ? 6'000 : 2'000));
  writer.release();
}

TEST_F(StoreTest, ASecondDaemonOnTheSameStateDirIsExit3) {
  DaemonProcess first(folder_, quick_);
  first.port();
  DaemonProcess second(folder_, {"--port", "0", "--db", "other.duckdb", "--state-dir", "bars.duckdb.state"});
  EXPECT_EQ(second.wait_exit(), 3);
  ASSERT_EQ(lines_of(second.errors()).size(), 1u) << second.errors();
  EXPECT_NE(second.errors().find("bars.duckdb.state"), std::string::npos) << second.errors();
  EXPECT_EQ(first.stop(), 0);
}

// With a state dir of its own the second one may be refused, or the two must agree: a second is one row.
TEST_F(StoreTest, TwoDaemonsAtOneDatabaseDoNotMakeTwoRowsOfOneSecond) {
  DaemonProcess first(folder_, quick_);
  const std::uint16_t port = first.port();
  DaemonProcess second(folder_, listening({"--flush-interval", "0.05", "--state-dir", "other"}));
  const bool taken = second.wait_errors("storing in");
  EXPECT_TRUE(taken || second.wait_exit() == 3);
  for (const std::uint16_t to : {port, taken ? second.port() : port}) {
    TcpClient client(to);
    client.send(trade_line("A", kSecond * 1000, 5, 1));
    client.finish();
    ASSERT_TRUE(wait_for_bars(db_, 1));
  }
  EXPECT_EQ(first.stop(), 0);
  EXPECT_TRUE(!taken || second.stop() == 0);
  expect_same_bars({{"A", kSecond * 1'000'000, 5, 5, 5, 5, 2, 2, "live:A"}}, read_bars(db_));
}

TEST_F(StoreTest, WithDbExclusiveNobodyElseReadsUntilItEnds) {
  DaemonProcess daemon(folder_, listening({"--db-exclusive", "--flush-interval", "0.05"}));
  send_bars(daemon.port(), 0, 100);
  for (int turn = 0; turn < 10; ++turn) {  // also between the batches
    const auto opened = duck::Database::open(db_, duck::Access::read_only, {});
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().kind, ErrorKind::locked);
    std::this_thread::sleep_for(milliseconds(20));
  }
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(count_bars(db_), 100);
}

TEST_F(StoreTest, RowsThatWereThereBeforeAreKept) {
  {
    DaemonProcess daemon(folder_, quick_);
    daemon.port();
    EXPECT_EQ(daemon.stop(), 0);
  }
  {
    OpenDatabase(db_, duck::Access::read_write)
        .run("INSERT INTO ohlc_1s VALUES ('A', make_timestamp(1700000000000000), 1, 2, 0.5, 1.5, 10, 3, 'import')");
  }
  DaemonProcess daemon(folder_, quick_);
  TcpClient client(daemon.port());
  client.send(trade_line("A", kSecond * 1000 + 5, 99, 1) + trade_line("A", kSecond * 1000 + 1000, 7, 1));
  client.finish();
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(daemon.account()["trades_superseded"], 1u);
  expect_same_bars({{"A", kSecond * 1'000'000, 1, 2, 0.5, 1.5, 10, 3, "import"}, flat_bar("A", kSecond + 1, 7)},
                   read_bars(db_));
}

TEST_F(StoreTest, AKilledDaemonLeavesADatabaseThatOpensAndGoesOn) {
  for (int turn = 0; turn < 3; ++turn) {
    DaemonProcess daemon(folder_, quick_);
    send_bars(daemon.port(), 0, 1'000 * (turn + 1));
    ASSERT_TRUE(wait_for_bars(db_, 1'000 * (turn + 1)));
    daemon.signal(SIGKILL);
    EXPECT_EQ(daemon.wait_exit(), 128 + SIGKILL);
    EXPECT_EQ(count_bars(db_), 1'000 * (turn + 1));
  }
}

}  // namespace
}  // namespace streamd
