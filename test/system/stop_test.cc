// Ends and hold-ups: what happens when a file is over, a process was suspended, a database stays locked, a run failed
// half-way. Nothing may be lost or count twice then.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "system/bar_oracle.h"
#include "system/compressed.h"
#include "system/daemon_process.h"
#include "system/stored_bars.h"
#include "system/tcp_client.h"

namespace streamd {
namespace {

constexpr std::int64_t kSecond = 1'700'000'000;

std::int64_t wall_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

class StopTest : public testing::Test {
 protected:
  std::string trades(int count) {
    std::string lines;
    for (int i = 0; i < count; ++i) lines += trade_line("A", (kSecond + i / 7) * 1000 + i % 7, 100 + i % 13, 1);
    return lines;
  }
  std::string sum_of_trades() { return read_table(db_, "SELECT sum(trades) FROM ohlc_1s").at(0).at(0); }

  TempFolder folder_;
  const std::string db_ = folder_ / "bars.duckdb";
};

TEST_F(StopTest, AfterAPauseLinesAreCheckedAgainstTheTimeOfNow) {
  DaemonProcess daemon(folder_, listening({"--max-future-ms", "1000", "--flush-interval", "0.05"}));
  TcpClient client(daemon.port());
  client.send(trade_line("A", kSecond * 1000, 5, 1));
  ASSERT_TRUE(wait_for_bars(db_, 1));
  daemon.signal(SIGSTOP);
  std::this_thread::sleep_for(milliseconds(3'000));
  client.send(trade_line("A", wall_ms(), 6, 1));
  daemon.signal(SIGCONT);
  ASSERT_TRUE(wait_for_bars(db_, 2));
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(daemon.account()["rejected"], 0u);
}

TEST_F(StopTest, AFileThatFailsHalfWayCountsOnceHoweverOftenItIsTried) {
  const std::string whole = gzip_of(trades(20'000));
  write_file(folder_ / "cut.gz", whole.substr(0, whole.size() / 2));
  std::string first;
  for (int run = 0; run < 3; ++run) {
    DaemonProcess daemon(folder_, replaying({"--tail", "cut.gz"}));
    EXPECT_EQ(daemon.wait_exit(), 1);
    if (run == 0) first = sum_of_trades();
    EXPECT_EQ(sum_of_trades(), first);
  }
  EXPECT_GT(std::stol(first), 5'000);
}

TEST_F(StopTest, ATornLastLineThatIsFinishedLaterIsReadWhole) {
  const std::string line = trade_line("A", kSecond * 1000, 5, 1);
  write_file(folder_ / "raw.ndjson", line + line.substr(0, 40));
  {
    DaemonProcess daemon(folder_, replaying({"--tail", "raw.ndjson"}));
    EXPECT_EQ(daemon.wait_exit(), 0);
  }
  append_file(folder_ / "raw.ndjson", line.substr(40));
  DaemonProcess daemon(folder_, replaying({"--tail", "raw.ndjson"}));
  EXPECT_EQ(daemon.wait_exit(), 0);
  EXPECT_EQ(daemon.account()["rejected"], 0u);
  EXPECT_EQ(sum_of_trades(), "2");
}

TEST_F(StopTest, TheEndOfAllFilesWaitsForALockedDatabaseAndOneSignalStillGivesItTime) {
  write_file(folder_ / "raw.ndjson", trades(70));
  { DaemonProcess makes_the_tables(folder_, replaying({"--tail", "/dev/null"})); makes_the_tables.wait_exit(); }
  auto holder = std::make_unique<OpenDatabase>(db_, duck::Access::read_only);
  DaemonProcess daemon(folder_, replaying({"--tail", "raw.ndjson"}));
  ASSERT_TRUE(daemon.wait_errors("rows wait for the database"));
  std::this_thread::sleep_for(milliseconds(500));
  daemon.signal(SIGTERM);
  ASSERT_TRUE(daemon.wait_errors("stopping"));
  std::this_thread::sleep_for(milliseconds(500));
  ASSERT_TRUE(daemon.is_running());
  holder.reset();
  EXPECT_EQ(daemon.wait_exit(), 0);
  EXPECT_EQ(sum_of_trades(), "70");
}

TEST_F(StopTest, OneFileUnderTwoNamesIsRefused) {
  write_file(folder_ / "raw.ndjson", trades(7));
  ASSERT_EQ(::symlink((folder_ / "raw.ndjson").c_str(), (folder_ / "link.ndjson").c_str()), 0);
  DaemonProcess daemon(folder_, replaying({"--tail", "raw.ndjson", "--tail", "link.ndjson"}));
  EXPECT_EQ(daemon.wait_exit(), 3);
  EXPECT_NE(daemon.errors().find("are the same file"), std::string::npos);
}

TEST_F(StopTest, ADatabaseThatWasMovedAwayIsMadeAnew) {
  DaemonProcess daemon(folder_, listening({"--flush-interval", "0.05"}));
  TcpClient client(daemon.port());
  client.send(bar_line(flat_bar("A", kSecond, 1)));
  ASSERT_TRUE(wait_for_bars(db_, 1));
  ASSERT_EQ(::rename(db_.c_str(), (folder_ / "old.duckdb").c_str()), 0);
  ::rename((db_ + ".wal").c_str(), (folder_ / "old.duckdb.wal").c_str());
  client.send(bar_line(flat_bar("A", kSecond + 1, 1)));
  EXPECT_TRUE(wait_for_bars(db_, 1, "timestamp = make_timestamp(1700000001000000)"));
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(count_bars(folder_ / "old.duckdb"), 1);
}

}  // namespace
}  // namespace streamd
