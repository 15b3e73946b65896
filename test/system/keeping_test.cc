// What a start makes of damaged, missing or older files in the state dir: rows are neither lost nor in twice as long as
// anything holds them, what is lost is said, and the daemon goes on.
#include <xxhash.h>

#include "journal/journal_format.h"
#include "system/kept_state.h"
#include "system/small_disk.h"
#include "system/subscriber.h"

namespace streamd {
namespace {

using KeepingTest = KeptState;

TEST_F(KeepingTest, ATornTailOfTheJournalIsCutOff) {
  {
    DaemonProcess daemon(folder_, quick());
    send(daemon, 0, 20);
    ASSERT_TRUE(wait_for_bars(db_, 20));
    DatabaseHolder holder(db_, "read_write", folder_);
    send(daemon, 20, 40);
    wait_until_journalled();
    kill(daemon);
    holder.release();
  }
  const std::string last = segments().back();
  std::filesystem::resize_file(last, std::filesystem::file_size(last) - 5);
  expect_said(run_idle(), "the journal's last record was not written whole");
  expect_bars(0, 40);
  run(40, 50);
  expect_bars(0, 50);
}

TEST_F(KeepingTest, ADamagedRecordInTheMiddleIsSaidAndKeptAsideAndTheDaemonGoesOn) {
  {
    DaemonProcess daemon(folder_, quick());
    send(daemon, 0, 20);
    ASSERT_TRUE(wait_for_bars(db_, 20));
    DatabaseHolder holder(db_, "read_write", folder_);
    for (int first = 20; first < 60; first += 10) {
      send(daemon, first, first + 10);
      wait_until_journalled();
    }
    kill(daemon);
    holder.release();
  }
  const std::string segment = segments().back();
  overwrite(segment, place_of_trade(segment, 43), "damaged");
  const std::string said = run_idle();
  expect_said(said, "no whole record at position");
  expect_said(said, "error");
  const auto kept = files(state_ + "/journal", ".damaged-");
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_NE(place_of_trade(kept[0], 55), std::string::npos);
  expect_bars(0, 40);
  run(60, 70);
  auto expected = bars(0, 40);
  for (const StoredBar& bar : bars(60, 70)) expected.push_back(bar);
  expect_same_bars(expected, read_bars(db_));
}

TEST_F(KeepingTest, ADamagedRecordWhoseRowsAreStoredLosesNoRow) {
  {
    DaemonProcess daemon(folder_, quick());
    for (int first = 0; first < 50; first += 10) {
      send(daemon, first, first + 10);
      ASSERT_TRUE(wait_for_bars(db_, first + 10));
    }
    kill(daemon);
  }
  overwrite(segments().back(), place_of_trade(segments().back(), 13), "damaged");
  expect_said(run_idle(), "the database is ahead of the journal");
  expect_bars(0, 50);
  {
    DaemonProcess daemon(folder_, quick());
    send(daemon, 50, 60);
    wait_until_journalled();
    kill(daemon);
  }
  run(60, 70);
  expect_bars(0, 70);
}

TEST_F(KeepingTest, AnOlderSnapshotDoesForADamagedOne) {
  write_file(folder_ / "raw.ndjson", trades(0, 20));
  const Arguments tail = {"--tail", "raw.ndjson"};
  replay(tail);
  run(20, 30, tail);
  run(30, 40, tail);
  ASSERT_GE(snapshots().size(), 2u);
  const std::string newest = snapshots().back();
  overwrite(newest, std::filesystem::file_size(newest) / 2, "damaged");
  expect_said(run_idle(tail, "raw.ndjson is in already"), "an older snapshot has to do");
  run(40, 50, tail);
  auto expected = bars(0, 20, "tail:raw.ndjson");
  for (const StoredBar& bar : bars(20, 50)) expected.push_back(bar);
  expect_same_bars(expected, read_bars(db_));
}

TEST_F(KeepingTest, WithoutSnapshotsTheJournalIsReplayed) {
  write_file(folder_ / "raw.ndjson", trades(0, 20));
  const Arguments tail = {"--tail", "raw.ndjson"};
  replay(tail);
  run(20, 30, tail);
  std::filesystem::remove_all(state_ + "/snapshots");
  run_idle(tail, "raw.ndjson is in already");
  run(30, 40, tail);
  EXPECT_EQ(count_bars(db_), 40);
  EXPECT_EQ(count_bars(db_, "trades = 1"), 40);
}

TEST_F(KeepingTest, ALostStateDirIsSaid) {
  run(0, 20);
  std::filesystem::remove_all(state_);
  expect_said(run_idle(), "the database was filled from a journal that is gone");
  run(20, 30);
  expect_bars(0, 30);
}

TEST_F(KeepingTest, ALostJournalBesideItsSnapshotsForgetsNoTail) {
  write_file(folder_ / "raw.ndjson", trades(0, 20));
  const Arguments tail = {"--tail", "raw.ndjson"};
  replay(tail);
  run(20, 30, tail);
  std::filesystem::remove_all(state_ + "/journal");
  run_idle(tail, "raw.ndjson is in already");
  run(30, 40, tail);
  EXPECT_EQ(count_bars(db_, "trades = 1"), 40);
}

// The database is ahead: what it has stays, once, and new rows come on top, also when the next run is killed before it
// has committed.
TEST_F(KeepingTest, AnOlderCopyOfTheStateDir) {
  run(0, 20);
  copy(state_, folder_ / "older");
  run(20, 40);
  copy(folder_ / "older", state_);
  {
    DaemonProcess daemon(folder_, quick());
    ASSERT_TRUE(daemon.wait_errors("the database is ahead of the journal"));
    daemon.port();
    DatabaseHolder holder(db_, "read_write", folder_);
    send(daemon, 40, 50);
    wait_until_journalled();
    kill(daemon);
    holder.release();
  }
  run(50, 60);
  expect_bars(0, 60);
  expect_said(run_idle(), "storing in");
  expect_bars(0, 60);
}

TEST_F(KeepingTest, AStartSaysHowLargeTheStateDirCanBecomeAndByWhichFlags) {
  expect_said(run_idle(), "GiB for 50000 symbols, as --max-symbols, --journal-keep-bytes allow; and");
  std::filesystem::remove(log_);
  DaemonProcess daemon(folder_, listening({"--metrics-port", "0", "--emit-decisions", "--summarise-window", "60"}));
  EXPECT_TRUE(daemon.wait_errors("--summarise-window, --state-window, --amend-memory, --sink-spool-bytes allow"));
  EXPECT_EQ(daemon.stop(), 0);
}

TEST_F(KeepingTest, AnOlderCopyOfTheDatabaseGetsItsRowsAgain) {
  run(0, 20);
  copy(db_, folder_ / "older");
  run(20, 40);
  copy(folder_ / "older", db_);
  std::filesystem::remove(log_);
  const std::string said = run_idle();
  expect_said(said, "20 parts of rows of 2023-11-14");
  expect_said(said, "are written again from the journal");
  expect_bars(0, 40);
}

// Of a time when the journal had another id.
TEST_F(KeepingTest, AnEvenOlderCopyOfTheDatabaseGetsItsRowsAgain) {
  run(0, 10);
  copy(state_, folder_ / "older_state");
  run(10, 20);
  copy(folder_ / "older_state", state_);  // the database is ahead: a new id
  run(20, 30);
  copy(db_, folder_ / "older");
  run(30, 40);
  std::filesystem::remove(db_);
  std::filesystem::remove(log_);
  run_idle();
  auto expected = bars(0, 10);  // the journal has lost the next ten
  for (const StoredBar& bar : bars(20, 40)) expected.push_back(bar);
  expect_same_bars(expected, read_bars(db_));
  copy(folder_ / "older", db_);
  run_idle();
  expect_bars(0, 40);
}

TEST_F(KeepingTest, AStateDirOfAnUnknownVersionIsExit3) {
  run(0, 5);
  const std::string segment = segments().back();
  FileHeader header;
  std::memcpy(&header, read_file(segment).data(), sizeof header);
  header.version = 77;
  header.checksum = XXH3_64bits(&header, offsetof(FileHeader, checksum));
  overwrite(segment, 0, std::string(bytes_of(header)));
  const std::string before = read_file(segment);
  DaemonProcess daemon(folder_, quick());
  EXPECT_EQ(daemon.wait_exit(), 3);
  EXPECT_EQ(lines_of(daemon.errors()).size(), 1u) << daemon.errors();
  expect_said(daemon.errors(), "version 77");
  expect_said(daemon.errors(), "knows " + std::to_string(kJournalVersion));
  expect_said(daemon.errors(), segment.substr(segment.rfind('/')));
  EXPECT_EQ(read_file(segment), before);
}

TEST_F(KeepingTest, AStateDirThatCannotBeWrittenIsExit3) {
  SmallDisk disk(state_, 1 << 20);
  if (!disk.is_mounted()) GTEST_SKIP() << SmallDisk::kSkipped;
  disk.close_for_writing();
  DaemonProcess daemon(folder_, quick());
  EXPECT_EQ(daemon.wait_exit(), 3);
  EXPECT_EQ(lines_of(daemon.errors()).size(), 1u) << daemon.errors();
  expect_said(daemon.errors(), "--state-dir");
}

// The database has the whole second, the journal has lost the second half of it: what it still has of the second was
// written, and is not written again.
TEST_F(KeepingTest, AnOpenSecondOfWhichTheDatabaseHasMoreIsNotWrittenTwice) {
  const auto of_one_second = [](int first, int end) {
    std::string lines;
    for (int i = first; i < end; ++i) lines += trade_line("A", kSecond * 1000 + i, price(0), 1);
    return lines;
  };
  {
    DaemonProcess daemon(folder_, quick({"--snapshot-interval", "3600"}));
    TcpClient client(daemon.port());
    client.send(of_one_second(0, 10));
    std::this_thread::sleep_for(milliseconds(250));  // a batch of its own
    client.send(of_one_second(10, 20));
    ASSERT_TRUE(eventually([&] { return count_bars(db_, "trades = 20") == 1; }));
    kill(daemon);
  }
  const std::string segment = segments().back();
  const std::string bytes = read_file(segment);
  const std::size_t second_batch = find_trade(bytes, kSecond * 1000 + 10);
  ASSERT_NE(second_batch, std::string::npos);
  overwrite(segment, second_batch, std::string(1, static_cast<char>(bytes[second_batch] ^ 1)));
  {  // a start that finds it out and goes no further: meanwhile somebody else listens on its port
    Subscriber other(Subscriber::Manner::silent);
    other.die();
    DatabaseHolder holder(db_, "read_write", folder_);
    DaemonProcess daemon(folder_, {"--host", "127.0.0.1", "--port", std::to_string(other.port()), "--db", "bars.duckdb"});
    ASSERT_TRUE(daemon.wait_errors("waiting for the database"));
    other.revive();
    holder.release();
    EXPECT_EQ(daemon.wait_exit(), 3);
    expect_said(daemon.errors(), "is another daemon running? choose another --port");
    expect_said(daemon.errors(), "the database is ahead of the journal");
  }
  run_idle();
  run(1, 3);
  auto expected = bars(1, 3);
  StoredBar whole = flat_bar("A", kSecond, price(0));
  whole.volume = 20;
  whole.trades = 20;
  expected.push_back(whole);
  std::sort(expected.begin(), expected.end(), [](const StoredBar& a, const StoredBar& b) { return a.timestamp_us < b.timestamp_us; });
  expect_same_bars(expected, read_bars(db_));
}

TEST_F(KeepingTest, ManySyncsAtOnceAreJournalledAndReadAgain) {
  {
    DaemonProcess daemon(folder_, quick());
    TcpClient client(daemon.port());
    std::string syncs;
    for (int i = 0; i < 200; ++i) syncs += "{\"type\":\"sync\",\"id\":\"x\"}\n";
    client.send(syncs);
    for (int i = 0; i < 200; ++i) ASSERT_TRUE(client.read_line());
    client.send(trades(0, 5) + "{\"type\":\"sync\",\"id\":\"y\"}\n");
    ASSERT_TRUE(client.read_line());
    kill(daemon);
  }
  const std::string said = run_idle();
  EXPECT_EQ(said.find("cannot be read"), std::string::npos) << said;
  expect_bars(0, 5);
}

TEST_F(KeepingTest, ADatabaseMayBeALinkToWhereNothingIsYet) {
  std::filesystem::create_directory(folder_ / "real");
  std::filesystem::create_symlink("real/bars.duckdb", db_);
  run(0, 5);
  run(5, 10);
  expect_bars(0, 10);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "real/bars.duckdb.state/journal"));
  EXPECT_FALSE(std::filesystem::exists(state_));
}

TEST_F(KeepingTest, ASecondDaemonAtALinkToTheDatabaseIsExit3) {
  run(0, 1);
  std::filesystem::create_symlink("bars.duckdb", folder_ / "link.duckdb");
  DaemonProcess first(folder_, quick());
  first.port();
  DaemonProcess second(folder_, {"--host", "127.0.0.1", "--port", "0", "--db", "link.duckdb", "--state-dir", "other"});
  EXPECT_EQ(second.wait_exit(), 3);
  expect_said(second.errors(), "another daemon");
  EXPECT_EQ(first.stop(), 0);
}

TEST_F(KeepingTest, ASecondDaemonAtTheDatabaseIsExit3) {
  DaemonProcess first(folder_, quick());
  first.port();
  DaemonProcess second(folder_, quick({"--state-dir", "other"}));
  EXPECT_EQ(second.wait_exit(), 3);
  EXPECT_EQ(lines_of(second.errors()).size(), 1u) << second.errors();
  expect_said(second.errors(), "another daemon stores in this database");
  EXPECT_EQ(first.stop(), 0);
}

TEST_F(KeepingTest, WithoutAJournalItSaysWhatThatMeans) {
  DaemonProcess daemon(folder_, quick({"--no-journal"}));
  daemon.port();
  expect_said(daemon.errors(), "--no-journal: a kill loses what is not committed");
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_FALSE(std::filesystem::exists(state_ + "/journal"));
}

// Tails.

class KeptTailTest : public KeptState {
 protected:
  Arguments follow(const Arguments& more = {}) const { return following("raw.ndjson", more); }
  void expect_one_bar(const StoredBar& bar) { expect_same_bars({bar}, read_bars(db_)); }

  const std::string raw_ = folder_ / "raw.ndjson";
};

TEST_F(KeptTailTest, AReplayThatIsKilledAtAnyMomentReadsEachLineOnce) {
  constexpr int kLines = 200'000;
  std::string text;
  for (int i = 0; i < kLines; ++i) text += trade_line("A", kSecond * 1000 + i, 5, 1);
  write_file(raw_, text);
  for (int turn = 0; turn < 8; ++turn) {
    DaemonProcess daemon(folder_, {"--no-listen", "--tail", "raw.ndjson", "--db", "bars.duckdb", "--flush-interval",
                                   "0.02", "--snapshot-interval", "0.05"});
    ASSERT_TRUE(daemon.wait_errors("storing in"));
    std::this_thread::sleep_for(milliseconds(turn * (kSanitized ? 100 : 15)));  // any moment
    kill(daemon);
  }
  DaemonProcess daemon(folder_, replaying({"--tail", "raw.ndjson"}));
  EXPECT_EQ(daemon.wait_exit(), 0);
  EXPECT_EQ(read_table(db_, "SELECT count(*), sum(trades), min(trades), max(trades) FROM ohlc_1s"),
            (TextTable{{"200", "200000", "1000", "1000"}}));
}

// Its second stays open from run to run, and closes once.
TEST_F(KeptTailTest, ATailThatGoesOnKeepsItsSecondOpen) {
  for (const bool killed : {false, true}) {
    SCOPED_TRACE(killed);
    for (const std::string& path : {db_, log_, state_, raw_}) std::filesystem::remove_all(path);
    write_file(raw_, trade_line("A", kSecond * 1000, 5, 1));
    {
      DaemonProcess daemon(folder_, follow({"--idle-close-ms", "60000"}));
      ASSERT_TRUE(daemon.wait_errors("storing in"));
      wait_until_journalled();
      if (killed) {
        kill(daemon);
      } else {
        EXPECT_EQ(daemon.stop(), 0);
        EXPECT_EQ(daemon.account()["seconds_closed"], 0u);
        expect_one_bar({"A", kSecond * 1'000'000, 5, 5, 5, 5, 1, 1, "tail:raw.ndjson"});
      }
    }
    append_file(raw_, trade_line("A", kSecond * 1000 + 500, 7, 1));
    DaemonProcess daemon(folder_, follow({"--idle-close-ms", "60000"}));
    ASSERT_TRUE(daemon.wait_errors("storing in"));
    append_file(raw_, trade_line("A", kSecond * 1000 + 900, 6, 1) + bar_line(flat_bar("B", kSecond + 1, 1)));
    ASSERT_TRUE(wait_for_bars(db_, 2));
    EXPECT_EQ(daemon.stop(), 0);
    EXPECT_EQ(daemon.account()["lines"], 3u);
    EXPECT_EQ(daemon.account()["late_trades"], 0u);
    EXPECT_EQ(daemon.account()["seconds_closed"], 1u);
    expect_same_bars({{"A", kSecond * 1'000'000, 5, 7, 5, 6, 3, 3, "tail:raw.ndjson"},
                      flat_bar("B", kSecond + 1, 1, "tail:raw.ndjson")},
                     read_bars(db_));
  }
}

}  // namespace
}  // namespace streamd
