// Following growing files and remembering finished ones: each line is in once, whatever happens to the file.
#include <gtest/gtest.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <algorithm>

#include "system/bar_oracle.h"
#include "system/daemon_process.h"
#include "system/stored_bars.h"
#include "system/test_seed.h"

namespace streamd {
namespace {

constexpr std::int64_t kSecond = 1'700'000'000;
constexpr const char* kSource = "tail:raw.ndjson";

// A bar line is stored at once, so these lines show how far a file is in.
StoredBar bar_at(int second, double price = 1) {
  return flat_bar("A", kSecond + second, price, kSource);
}

std::string bar_lines(int first, int end, double price = 1) {
  std::string lines;
  for (int second = first; second < end; ++second) lines += bar_line(bar_at(second, price));
  return lines;
}

std::vector<StoredBar> bars_at(int first, int end, double price = 1) {
  std::vector<StoredBar> bars;
  for (int second = first; second < end; ++second) bars.push_back(bar_at(second, price));
  return bars;
}

class TailTest : public testing::Test {
 protected:
  void rename(const std::string& from, const std::string& to) {
    ASSERT_EQ(::rename((folder_ / from).c_str(), (folder_ / to).c_str()), 0);
  }
  // Runs to its end and returns the account.
  Account replay(const Arguments& arguments, int exit_code = 0) {
    DaemonProcess daemon(folder_, replaying(arguments));
    EXPECT_EQ(daemon.wait_exit(), exit_code);
    log_ = daemon.errors();
    return daemon.account();
  }
  void expect_log(const std::string& text) {
    EXPECT_NE(log_.find(text), std::string::npos) << text << " is not in\n" << log_;
  }
  void expect_stop(DaemonProcess& daemon, std::uint64_t lines, std::uint64_t rejected = 0) {
    EXPECT_EQ(daemon.stop(), 0);
    EXPECT_EQ(daemon.account()["lines"], lines);
    EXPECT_EQ(daemon.account()["rejected"], rejected);
  }

  TempFolder folder_;
  const std::string raw_ = folder_ / "raw.ndjson";
  const std::string db_ = folder_ / "bars.duckdb";
  std::string log_;
};

// Trades whose sum shows a line that is missing or in twice.
class TradesFile {
 public:
  TradesFile(std::uint64_t seed, std::size_t lines) : random_(seed) {
    for (std::size_t i = 0; i < lines; ++i) {
      const std::int64_t ts_ms =
          kSecond * 1000 + static_cast<std::int64_t>(i / 2) + static_cast<std::int64_t>(random_() % 900);
      const std::string symbol = "S" + std::to_string(random_() % 5);
      const double price = static_cast<double>(random_() % 10'000) / 4;
      text_ += trade_line(symbol, ts_ms, price, 0.25);
      oracle_.add_trade(symbol, ts_ms, price, 0.25, kSource);
    }
  }
  const std::string& text() const { return text_; }
  std::vector<StoredBar> bars() const { return oracle_.bars(); }

 private:
  std::mt19937_64 random_;
  std::string text_;
  BarOracle oracle_;
};

TEST_F(TailTest, FollowGoesOnAfterTruncation) {
  write_file(raw_, bar_lines(0, 20));
  DaemonProcess daemon(folder_, following("raw.ndjson"));
  ASSERT_TRUE(wait_for_bars(db_, 20));
  write_file(folder_ / "raw.ndjson.1", read_file(raw_));  // copytruncate
  ASSERT_EQ(::truncate(raw_.c_str(), 0), 0);
  append_file(raw_, bar_lines(20, 25));
  ASSERT_TRUE(wait_for_bars(db_, 25));
  append_file(raw_, bar_lines(25, 30));
  ASSERT_TRUE(wait_for_bars(db_, 30));
  expect_stop(daemon, 30);
  expect_same_bars(bars_at(0, 30), read_bars(db_));
}

TEST_F(TailTest, FollowGoesOnAfterTruncationThoughTheFileIsLongerThanBefore) {
  write_file(raw_, bar_lines(0, 20));
  DaemonProcess daemon(folder_, following("raw.ndjson"));
  ASSERT_TRUE(wait_for_bars(db_, 20));
  write_file(raw_, bar_lines(20, 60));
  ASSERT_TRUE(wait_for_bars(db_, 60));
  expect_stop(daemon, 60);
  expect_same_bars(bars_at(0, 60), read_bars(db_));
}

TEST_F(TailTest, FollowGoesOnAfterARenameWithTheOldFilesLastBytes) {
  write_file(raw_, bar_lines(0, 10));
  DaemonProcess daemon(folder_, following("raw.ndjson"));
  ASSERT_TRUE(wait_for_bars(db_, 10));
  rename("raw.ndjson", "raw.ndjson.1");
  append_file(folder_ / "raw.ndjson.1", bar_lines(10, 15));
  ASSERT_TRUE(wait_for_bars(db_, 15));
  append_file(folder_ / "raw.ndjson.1", bar_lines(15, 20));
  write_file(raw_, bar_lines(20, 25));
  ASSERT_TRUE(wait_for_bars(db_, 25));
  append_file(raw_, bar_lines(25, 30));
  ASSERT_TRUE(wait_for_bars(db_, 30));
  expect_stop(daemon, 30);
  expect_same_bars(bars_at(0, 30), read_bars(db_));
}

// As logrotate does it with "create": the new file stands there empty while the writer still has the old one open.
TEST_F(TailTest, FollowReadsWhatIsWrittenToTheOldFileWhileTheNewOneIsEmpty) {
  write_file(raw_, bar_lines(0, 10));
  DaemonProcess daemon(folder_, following("raw.ndjson"));
  ASSERT_TRUE(wait_for_bars(db_, 10));
  rename("raw.ndjson", "raw.ndjson.1");
  write_file(raw_, "");
  daemon.wait_errors("was rotated", milliseconds(500));  // as long as a writer may take to notice
  append_file(folder_ / "raw.ndjson.1", bar_lines(10, 15));
  EXPECT_TRUE(wait_for_bars(db_, 15, "true", milliseconds(5'000)));
  append_file(raw_, bar_lines(15, 20));
  ASSERT_TRUE(wait_for_bars(db_, 1, "timestamp = make_timestamp(1700000019000000)"));
  expect_stop(daemon, 20);
  expect_same_bars(bars_at(0, 20), read_bars(db_));
}

TEST_F(TailTest, AFileThatWasFollowedUntilItsRotationIsIn) {
  write_file(raw_, trade_line("A", kSecond * 1000, 5, 2));
  {
    DaemonProcess daemon(folder_, following("raw.ndjson"));
    ASSERT_TRUE(wait_for_bars(db_, 1));
    rename("raw.ndjson", "raw.ndjson.1");
    write_file(raw_, trade_line("B", kSecond * 1000, 5, 2));
    ASSERT_TRUE(wait_for_bars(db_, 2));
    expect_stop(daemon, 2);
  }
  EXPECT_EQ(replay({"--tail", "raw.ndjson.1", "--tail", "raw.ndjson"})["lines"], 0u);
  expect_log("raw.ndjson.1 is in already");
  EXPECT_EQ(count_bars(db_, "trades = 1"), 2);
}

TEST_F(TailTest, AFileThatWasTruncatedBetweenRunsIsReadFromItsBeginning) {
  for (const int end : {20, 25, 65}) {  // shorter than before, then longer
    const int first = static_cast<int>(count_bars(db_));
    write_file(raw_, bar_lines(first, end));
    DaemonProcess daemon(folder_, following("raw.ndjson"));
    ASSERT_TRUE(wait_for_bars(db_, end));
    expect_stop(daemon, static_cast<std::uint64_t>(end - first));
  }
  expect_same_bars(bars_at(0, 65), read_bars(db_));
}

TEST_F(TailTest, FollowGoesOnThroughManyRotations) {
  write_file(raw_, bar_lines(0, 10));
  DaemonProcess daemon(folder_, following("raw.ndjson"));
  for (int turn = 1; turn <= 5; ++turn) {
    ASSERT_TRUE(wait_for_bars(db_, turn * 10));
    rename("raw.ndjson", "raw.ndjson." + std::to_string(turn));
    write_file(raw_, bar_lines(turn * 10, turn * 10 + 10));
  }
  ASSERT_TRUE(wait_for_bars(db_, 60));
  expect_stop(daemon, 60);
  expect_same_bars(bars_at(0, 60), read_bars(db_));
}

TEST_F(TailTest, ATornLastLineIsCompletedLater) {
  const std::string line = bar_lines(1, 2);
  write_file(raw_, bar_lines(0, 1) + line.substr(0, 50));
  DaemonProcess daemon(folder_, following("raw.ndjson"));
  ASSERT_TRUE(wait_for_bars(db_, 1));
  for (char c : line.substr(50, 20)) append_file(raw_, {&c, 1});
  EXPECT_EQ(count_bars(db_), 1);
  append_file(raw_, line.substr(70) + bar_lines(2, 3));
  ASSERT_TRUE(wait_for_bars(db_, 3));
  expect_stop(daemon, 3);
  expect_same_bars(bars_at(0, 3), read_bars(db_));
}

TEST_F(TailTest, FollowWaitsForAnAbsentFile) {
  DaemonProcess daemon(folder_, following("raw.ndjson"));
  ASSERT_TRUE(daemon.wait_errors("waiting for raw.ndjson"));
  write_file(raw_, bar_lines(0, 3));
  ASSERT_TRUE(wait_for_bars(db_, 3));
  expect_stop(daemon, 3);
  expect_same_bars(bars_at(0, 3), read_bars(db_));
}

TEST_F(TailTest, TheLastOfSeveralFilesIsFollowed) {
  write_file(folder_ / "old.ndjson", bar_lines(0, 3));
  DaemonProcess daemon(folder_, {"--no-listen", "--tail", "old.ndjson", "--tail", "raw.ndjson", "--tail-follow", "--db",
                                 "bars.duckdb", "--flush-interval", "0.05"});
  ASSERT_TRUE(wait_for_bars(db_, 3));
  write_file(raw_, bar_lines(3, 6));
  ASSERT_TRUE(wait_for_bars(db_, 6));
  append_file(folder_ / "old.ndjson", bar_lines(6, 9));  // this one is not followed
  append_file(raw_, bar_lines(9, 12));
  ASSERT_TRUE(wait_for_bars(db_, 9));
  expect_stop(daemon, 9);
  EXPECT_EQ(count_bars(db_, "source_file = 'tail:old.ndjson'"), 3);
  EXPECT_EQ(count_bars(db_, "source_file = 'tail:raw.ndjson'"), 6);
}

TEST_F(TailTest, AllOfSeveralFilesAreFollowedInParallel) {
  write_file(folder_ / "other.ndjson", bar_lines(0, 3));
  DaemonProcess daemon(folder_, {"--no-listen", "--tail", "other.ndjson", "--tail", "raw.ndjson", "--tail-follow",
                                 "--tail-parallel", "--db", "bars.duckdb", "--flush-interval", "0.05"});
  ASSERT_TRUE(wait_for_bars(db_, 3));
  write_file(raw_, bar_lines(3, 6));
  ASSERT_TRUE(wait_for_bars(db_, 6));
  append_file(folder_ / "other.ndjson", bar_lines(6, 9));
  ASSERT_TRUE(wait_for_bars(db_, 9));
  expect_stop(daemon, 9);
  EXPECT_EQ(count_bars(db_, "source_file = 'tail:other.ndjson'"), 6);
}

TEST_F(TailTest, ManyFilesAreReadOneAfterTheOtherAndRemembered) {
  constexpr int kFiles = 40;
  Arguments arguments = {"--flush-interval", "0.01", "--batch-size", "100"};
  for (int i = 0; i < kFiles; ++i) {
    const std::string name = "day" + std::to_string(i) + ".ndjson";
    write_file(folder_ / name, bar_lines(i * 500, i * 500 + 500));
    arguments.insert(arguments.end(), {"--tail", name});
  }
  EXPECT_EQ(replay(arguments)["ohlc"], static_cast<std::uint64_t>(kFiles * 500));
  EXPECT_EQ(count_bars(db_), kFiles * 500);
  EXPECT_EQ(count_bars(db_, "source_file = 'tail:day7.ndjson'"), 500);
  EXPECT_EQ(replay(arguments)["lines"], 0u);
  arguments.push_back("--tail-parallel");
  EXPECT_EQ(replay(arguments)["lines"], 0u);
  arguments.push_back("--tail-again");
  EXPECT_EQ(replay(arguments)["ohlc"], static_cast<std::uint64_t>(kFiles * 500));
  EXPECT_EQ(count_bars(db_), kFiles * 500);
}

TEST_F(TailTest, AnAbsentFileThatIsNotFollowedIsExit3) {
  DaemonProcess daemon(folder_, replaying({"--tail", "absent.ndjson"}));
  EXPECT_EQ(daemon.wait_exit(), 3);
  ASSERT_EQ(lines_of(daemon.errors()).size(), 1u) << daemon.errors();
  EXPECT_NE(daemon.errors().find("absent.ndjson"), std::string::npos);
}

TEST_F(TailTest, TheSameTailTwiceLeavesTheTableUnchangedAndSaysSo) {
  const TradesFile trades(test_seed(), 5'000);
  write_file(raw_, trades.text());
  EXPECT_EQ(replay({"--tail", "raw.ndjson"})["trades"], 5'000u);
  expect_same_bars(trades.bars(), read_bars(db_));
  EXPECT_EQ(replay({"--tail", "raw.ndjson"})["lines"], 0u);
  expect_log("raw.ndjson is in already");
  expect_same_bars(trades.bars(), read_bars(db_));
}

TEST_F(TailTest, TheSameCompressedTailTwiceLeavesTheTableUnchanged) {
  const TradesFile trades(test_seed(), 1'000);
  write_file(raw_, trades.text());
  ASSERT_EQ(Process({"gzip", "raw.ndjson"}, folder_.path()).wait(), 0);
  EXPECT_EQ(replay({"--tail", "raw.ndjson.gz"})["trades"], 1'000u);
  const auto bars = read_bars(db_);
  EXPECT_EQ(replay({"--tail", "raw.ndjson.gz"})["lines"], 0u);
  expect_log("raw.ndjson.gz is in already");
  expect_same_bars(bars, read_bars(db_));
}

TEST_F(TailTest, AFinishedFileThatHasGrownIsReadFromWhereItEnded) {
  const TradesFile trades(test_seed(), 2'000);
  const std::size_t cut = trades.text().find('\n', trades.text().size() / 2) + 1;
  write_file(raw_, trades.text().substr(0, cut));
  const std::uint64_t first = replay({"--tail", "raw.ndjson"})["trades"];
  append_file(raw_, trades.text().substr(cut));
  EXPECT_EQ(first + replay({"--tail", "raw.ndjson"})["trades"], 2'000u);
  expect_same_bars(trades.bars(), read_bars(db_));
}

TEST_F(TailTest, TailAgainWarnsAndCountsAgain) {
  write_file(raw_, trade_line("A", kSecond * 1000, 5, 2) + trade_line("A", kSecond * 1000 + 10, 7, 1));
  replay({"--tail", "raw.ndjson"});
  EXPECT_EQ(log_.find("count again"), std::string::npos);
  EXPECT_EQ(replay({"--tail", "raw.ndjson", "--tail-again"})["trades"], 2u);
  expect_log("warn");
  expect_log("raw.ndjson is in already; its trades count again");
  expect_same_bars({{"A", kSecond * 1'000'000, 5, 7, 5, 7, 6, 4, kSource}}, read_bars(db_));
}

TEST_F(TailTest, AFileRenamedBetweenRunsIsRecognised) {
  const TradesFile trades(test_seed(), 2'000);
  write_file(raw_, trades.text());
  replay({"--tail", "raw.ndjson"});
  rename("raw.ndjson", "renamed.ndjson");
  write_file(raw_, trade_line("NEW", kSecond * 1000, 5, 2));  // a new file under the old name
  EXPECT_EQ(replay({"--tail", "renamed.ndjson", "--tail", "raw.ndjson"})["trades"], 1u);
  expect_log("renamed.ndjson is in already");
  auto expected = trades.bars();
  expected.insert(expected.begin(), {"NEW", kSecond * 1'000'000, 5, 5, 5, 5, 2, 1, kSource});
  expect_same_bars(expected, read_bars(db_));
}

TEST_F(TailTest, AfterAStopInMidFollowTheNextRunGoesOnAtTheRightByte) {
  const TradesFile trades(test_seed(), 3'000);
  const std::string& text = trades.text();
  std::size_t written = 0;
  std::uint64_t lines = 0;
  write_file(raw_, "");
  for (const std::size_t end : {text.size() / 3, text.size() / 2 + 7, text.size()}) {  // the cuts tear lines
    DaemonProcess daemon(folder_, following("raw.ndjson"));
    ASSERT_TRUE(daemon.wait_errors("storing in"));
    append_file(raw_, text.substr(written, end - written));
    written = end;
    const auto whole = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), '\n');
    const auto last = text.find("\"symbol\":\"", text.rfind('\n', text.rfind('\n', end - 1) - 1)) + 10;
    ASSERT_TRUE(wait_for_bars(db_, 1, "symbol = '" + text.substr(last, 2) + "'"));
    EXPECT_EQ(daemon.stop(), 0);
    EXPECT_EQ(daemon.account()["rejected"], 0u);
    lines += daemon.account()["lines"];
    EXPECT_LE(lines, static_cast<std::uint64_t>(whole));
  }
  DaemonProcess rest(folder_, replaying({"--tail", "raw.ndjson"}));
  EXPECT_EQ(rest.wait_exit(), 0);
  EXPECT_EQ(lines + rest.account()["lines"], 3'000u);
  expect_same_bars(trades.bars(), read_bars(db_));
}

TEST_F(TailTest, AReplayThatIsStoppedAtAnyMomentGoesOnInTheNextRun) {
  const TradesFile trades(test_seed(), 300'000);
  write_file(raw_, trades.text());
  std::uint64_t lines = 0;
  for (int turn = 0; turn < 6; ++turn) {
    DaemonProcess daemon(folder_, {"--no-listen", "--tail", "raw.ndjson", "--db", "bars.duckdb"});
    ASSERT_TRUE(daemon.wait_errors("storing in"));
    std::this_thread::sleep_for(milliseconds(turn * (kSanitized ? 100 : 8)));  // any moment
    EXPECT_EQ(daemon.stop(), 0);
    lines += daemon.account()["lines"];
    EXPECT_EQ(daemon.account()["rejected"], 0u);
  }
  lines += replay({"--tail", "raw.ndjson"})["lines"];
  EXPECT_EQ(lines, 300'000u);
  expect_same_bars(trades.bars(), read_bars(db_));
}

}  // namespace
}  // namespace streamd
