// `stream_daemon verify`: agrees with every database that a daemon has filled, however it ended, and finds what
// somebody changed.
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <charconv>
#include <filesystem>
#include <random>
#include <thread>

#include "system/bar_oracle.h"
#include "system/daemon_process.h"
#include "system/stored_bars.h"
#include "system/tcp_client.h"
#include "system/test_seed.h"

namespace streamd {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSecond = 1'700'000'000;

void append_number(std::string& text, std::int64_t number) {
  char digits[24];
  text.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

// Like trade_line(), fast enough for millions; the price has two decimals.
void append_trade(std::string& text, std::uint64_t symbol, std::int64_t ts_ms, std::int64_t cents) {
  text += R"({"type":"trade","symbol":"S)";
  append_number(text, static_cast<std::int64_t>(symbol));
  text += R"(","ts_ms":)";
  append_number(text, ts_ms);
  text += R"(,"price":)";
  append_number(text, cents / 100);
  text += cents % 100 < 10 ? ".0" : ".";
  append_number(text, cents % 100);
  text += ",\"qty\":0.";
  append_number(text, 1 + cents % 9);
  text += "}\n";
}

// Of 20 symbols; some are seconds late, few by a minute.
std::string random_trades(std::size_t count, std::uint64_t seed, std::int64_t start_ms = kSecond * 1000,
                          std::size_t a_second = 500) {
  std::mt19937_64 random(seed);
  std::string text;
  text.reserve(count * 84);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t dice = random();
    std::int64_t ts_ms = start_ms + static_cast<std::int64_t>(i * 1000 / a_second);
    if (dice % 50 == 0) ts_ms -= 3000;
    if (dice % 5000 == 0) ts_ms -= 60'000;
    append_trade(text, (dice >> 20) % 20, ts_ms, 10'000 + static_cast<std::int64_t>((dice >> 40) % 1000));
  }
  return text;
}

class VerifyTest : public testing::Test {
 protected:
  struct Outcome {
    int code;
    std::string output;
    std::string errors;
  };
  Outcome run(Arguments arguments) {
    arguments.insert(arguments.begin(), "verify");
    DaemonProcess process(folder_, arguments);
    const int code = process.wait_exit();
    return {code, process.output(), process.errors()};
  }
  Outcome verify(const Arguments& more = {}) {
    Arguments arguments{"--db", "bars.duckdb"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
  }
  // Returns what it printed.
  std::string expect_agrees() {
    const Outcome outcome = verify();
    EXPECT_EQ(outcome.code, 0) << outcome.output << outcome.errors;
    EXPECT_NE(outcome.output.find("\nall rows agree\n"), std::string::npos) << outcome.output;
    EXPECT_EQ(outcome.errors, "");
    expect_nothing_left();
    return outcome.output;
  }
  void expect_finds(const Arguments& texts) {
    const Outcome outcome = verify();
    EXPECT_EQ(outcome.code, 1);
    EXPECT_EQ(outcome.errors, "");
    EXPECT_EQ(outcome.output.find("agree"), std::string::npos);
    for (const std::string& text : texts) {
      EXPECT_NE(outcome.output.find(text), std::string::npos) << text << " in:\n" << outcome.output;
    }
    expect_nothing_left();
  }
  // Exit code and one line on stderr.
  void expect_refuses(const Arguments& arguments, int code, const std::string& word) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, code);
    EXPECT_EQ(outcome.output, "");
    EXPECT_EQ(lines_of(outcome.errors).size(), 1u) << outcome.errors;
    EXPECT_NE(outcome.errors.find(word), std::string::npos) << outcome.errors;
    expect_nothing_left();
  }
  void expect_nothing_left() {
    if (!fs::exists(state_)) return;
    for (const auto& entry : fs::directory_iterator(state_)) {
      EXPECT_FALSE(entry.path().filename().string().starts_with("verify-")) << entry.path();
    }
  }
  void replay(const std::string& text, const Arguments& more = {}, const std::string& name = "day.ndjson") {
    write_file(folder_ / name, text);
    Arguments arguments = replaying({"--tail", name});
    arguments.insert(arguments.end(), more.begin(), more.end());
    DaemonProcess daemon(folder_, arguments);
    ASSERT_EQ(daemon.wait_exit(), 0);
  }
  void change(const std::string& sql) { OpenDatabase(db_, duck::Access::read_write).run(sql); }
  std::vector<std::string> segments() const {
    std::vector<std::string> paths;
    for (const auto& entry : fs::directory_iterator(state_ + "/journal")) paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    return paths;
  }
  void flip_byte(const std::string& path, std::uint64_t offset) {
    std::string bytes = read_file(path);
    bytes.at(offset) = static_cast<char>(bytes[offset] ^ 1);
    write_file(path, bytes);
  }

  TempFolder folder_;
  const std::string db_ = folder_ / "bars.duckdb";
  const std::string state_ = db_ + ".state";
};

TEST_F(VerifyTest, AgreesAfterAReplayAndItsRepetition) {
  const std::uint64_t seed = test_seed();
  replay(random_trades(100'000, seed));
  const std::string output = expect_agrees();
  EXPECT_NE(output.find("positions 0 to "), std::string::npos) << output;
  EXPECT_NE(output.find("1 segment\n"), std::string::npos) << output;
  EXPECT_NE(output.find(" of 20 symbols, "), std::string::npos) << output;
  replay(random_trades(50'000, seed + 1, (kSecond + 100) * 1000), {"--lateness-ms", "2000"}, "more.ndjson");
  expect_agrees();
}

TEST_F(VerifyTest, AgreesAfterConnectionsBarLinesAndARestart) {
  const std::uint64_t seed = test_seed();
  for (std::uint64_t part = 0; part < 3; ++part) {
    DaemonProcess daemon(folder_, listening({"--flush-interval", "0.05", "--snapshot-interval", "0.1"}));
    const std::uint16_t port = daemon.port();
    std::vector<std::thread> senders;
    for (std::uint64_t sender = 0; sender < 3; ++sender) {
      senders.emplace_back([&, sender] {
        std::string text = random_trades(20'000, seed + 10 * part + sender);
        for (std::int64_t i = 0; i < 30; ++i) {
          const auto second = kSecond + static_cast<std::int64_t>(sender * 10 + part) + i;
          text += bar_line(flat_bar("S" + std::to_string(i % 20), second, 50));
        }
        text += random_trades(2'000, seed + 100 + 10 * part + sender);  // late ones, some behind bar lines
        TcpClient client(port);
        client.send(text);
        client.finish();
      });
    }
    for (std::thread& sender : senders) sender.join();
    EXPECT_EQ(daemon.stop(), 0);
    expect_agrees();
  }
}

TEST_F(VerifyTest, AgreesWhileTheDaemonIsUnderLoadAndAfterItWasKilled) {
  const std::uint64_t seed = test_seed();
  const Arguments arguments = listening({"--flush-interval", "0.05", "--snapshot-interval", "0.2"});
  {
    DaemonProcess daemon(folder_, arguments);
    const std::uint16_t port = daemon.port();
    std::atomic<bool> enough{false};
    std::thread sender([&] {
      try {
        TcpClient client(port);
        for (std::int64_t part = 0; !enough.load(); ++part) {
          client.send(random_trades(5'000, seed + static_cast<std::uint64_t>(part), (kSecond + part * 10) * 1000));
          std::this_thread::sleep_for(milliseconds(5));
        }
      } catch (const std::exception&) {
        EXPECT_TRUE(enough.load());  // the daemon was killed
      }
    });
    EXPECT_TRUE(wait_for_bars(db_, 1));
    for (int i = 0; i < 4; ++i) expect_agrees();
    enough = true;
    daemon.signal(SIGKILL);
    EXPECT_EQ(daemon.wait_exit(), 128 + SIGKILL);
    sender.join();
  }
  expect_agrees();
  {
    DaemonProcess daemon(folder_, arguments);
    daemon.port();
    expect_agrees();
    EXPECT_EQ(daemon.stop(), 0);
  }
  expect_agrees();
}

TEST_F(VerifyTest, AgreesBeforeAnythingIsStored) {
  DaemonProcess daemon(folder_, listening());
  daemon.port();
  EXPECT_TRUE(eventually([this] { return !segments().empty(); }));
  EXPECT_NE(expect_agrees().find("compared 0 rows of 0 symbols\n"), std::string::npos);
}

// A journal without its beginning: more than a segment of 64 MiB, of which nothing is kept beyond need.
class TrimmedVerifyTest : public VerifyTest {
 protected:
  void SetUp() override {
    const std::string text = random_trades(3'300'000, test_seed(), kSecond * 1000, 10'000);
    replay(text, {"--journal-keep-bytes", "0"});
    // Two snapshots more, because the journal stays back to the second newest.
    replay(random_trades(20'000, test_seed(), (kSecond + 400) * 1000), {"--journal-keep-bytes", "0"}, "second.ndjson");
    replay(random_trades(20'000, test_seed(), (kSecond + 500) * 1000), {"--journal-keep-bytes", "0"}, "third.ndjson");
    const std::vector<std::string> left = segments();
    ASSERT_FALSE(left.front().ends_with("/00000000000000000000.journal")) << "nothing was trimmed";
  }
};

TEST_F(TrimmedVerifyTest, AgreesFromASnapshotOnAndFindsWhatIsBehindIt) {
  const std::string output = expect_agrees();
  EXPECT_NE(output.find("replayed from the snapshot at "), std::string::npos) << output;
  EXPECT_NE(output.find(" rows not compared: the journal from the snapshot on"), std::string::npos) << output;
  EXPECT_EQ(output.find("compared 0 rows"), std::string::npos) << output;

  // The first rows are out of its sight, the last ones are not.
  change("UPDATE ohlc_1s SET close = close + 1 WHERE timestamp = (SELECT min(timestamp) FROM ohlc_1s)");
  expect_agrees();
  change("UPDATE ohlc_1s SET close = close + 1 WHERE timestamp = (SELECT max(timestamp) FROM ohlc_1s)");
  expect_finds({"close expected "});
}

TEST_F(TrimmedVerifyTest, SaysSoWithoutASnapshot) {
  fs::remove_all(state_ + "/snapshots");
  expect_refuses({"--db", "bars.duckdb"}, 1, "no whole snapshot follows");
}

class ChangedVerifyTest : public VerifyTest {
 protected:
  void SetUp() override {
    std::string text;
    for (int i = 0; i < 100; ++i) text += trade_line(i % 2 == 0 ? "A" : "B", kSecond * 1000 + i * 500, 100 + i, 1);
    text += trade_line("C", (kSecond + 100) * 1000, 7, 1);
    replay(text);
    expect_agrees();
  }
  static constexpr const char* kRow = "symbol = 'A' AND timestamp = '2023-11-14 22:13:25'";
};

TEST_F(ChangedVerifyTest, FindsAChangedValue) {
  change(std::string("UPDATE ohlc_1s SET close = 5 WHERE ") + kRow);
  expect_finds({"\n1 row differs, the first:\n", "  A 2023-11-14 22:13:25: close expected 110.0 stored 5.0\n"});
}

TEST_F(ChangedVerifyTest, FindsAChangedVolumeAndBearsARoundingError) {
  change(std::string("UPDATE ohlc_1s SET volume = volume * (1 + 3e-16) WHERE ") + kRow);
  expect_agrees();
  change(std::string("UPDATE ohlc_1s SET volume = volume * (1 + 1e-9) WHERE ") + kRow);
  expect_finds({"1 row differs", ": volume expected 1.0 stored 1.000000001"});
}

TEST_F(ChangedVerifyTest, FindsNull) {
  change(std::string("UPDATE ohlc_1s SET volume = NULL, source_file = NULL WHERE ") + kRow);
  expect_finds({"1 row differs", "volume expected 1.0 stored NULL, source_file expected tail:day.ndjson stored NULL"});
}

TEST_F(ChangedVerifyTest, FindsARowThatIsGone) {
  change(std::string("DELETE FROM ohlc_1s WHERE ") + kRow);
  expect_finds({"1 row differs", "  A 2023-11-14 22:13:25: row missing, expected open 110.0 high 110.0 "});
}

TEST_F(ChangedVerifyTest, FindsARowThatIsAdded) {
  change("INSERT INTO ohlc_1s VALUES ('C', '2023-11-14 23:00:00', 1, 1, 1, 1, 1, 1, 'x')");
  expect_finds({"1 row differs", "  C 2023-11-14 23:00:00: row not from this journal, stored open 1.0 "});
}

TEST_F(ChangedVerifyTest, FindsARowThatIsThereTwice) {
  change(std::string("INSERT INTO ohlc_1s SELECT * FROM ohlc_1s WHERE ") + kRow);
  expect_finds({"1 row differs", "  A 2023-11-14 22:13:25: row stored 2 times\n"});
}

TEST_F(ChangedVerifyTest, FindsAnotherSpanAndOneThatIsGone) {
  change(std::string("UPDATE ohlc_1s_spans SET open_ts_ms = open_ts_ms + 1 WHERE ") + kRow);
  change("DELETE FROM ohlc_1s_spans WHERE symbol = 'C'");
  expect_finds({"2 rows differ", "open_ts_ms expected 1700000005000 stored 1700000005001",
                "  C 2023-11-14 22:15:00: span missing, expected open_ts_ms 1700000100000 "});
}

TEST_F(ChangedVerifyTest, ShowsTheFirstTenByTime) {
  change("UPDATE ohlc_1s SET trades = trades + 1");
  const Outcome outcome = verify();
  EXPECT_EQ(outcome.code, 1);
  EXPECT_NE(outcome.output.find("101 rows differ, the first:\n  A 2023-11-14 22:13:20: "), std::string::npos)
      << outcome.output;
  EXPECT_EQ(lines_of(outcome.output).size(), 13u) << outcome.output;
}

TEST_F(ChangedVerifyTest, LeavesRowsFromBeforeTheJournalAlone) {
  change(
      "INSERT INTO ohlc_1s VALUES ('A', '2020-01-01 00:00:00', 1, 1, 1, 1, 1, 1, 'x'), "
      "('OLD', '2020-01-01 00:00:00', 1, 1, 1, 1, 1, 1, 'x'), ('OLD', '2030-01-01 00:00:00', 1, 1, 1, 1, 1, 1, 'x')");
  const std::string output = expect_agrees();
  EXPECT_NE(output.find("\n1 row not compared: older "), std::string::npos) << output;
  EXPECT_NE(output.find("\n2 rows not compared: the journal has no rows of their symbol\n"), std::string::npos)
      << output;
}

// Of a daemon that decides.
class DecidedVerifyTest : public VerifyTest {
 protected:
  void SetUp() override {
    std::string text;
    for (int i = 0; i < 100; ++i) text += trade_line(i % 2 == 0 ? "A" : "B", kSecond * 1000 + i * 500, 100 + i % 7, 1);
    fs::create_directories(folder_ / "logs/phase6");
    write_file(folder_ / "logs/phase6/capital_controls_1.jsonl", "{\"allowed\": true}\n");
    replay(text, {"--emit-decisions", "--no-decision-stdout"});
    expect_agrees();
  }
};

TEST_F(DecidedVerifyTest, FindsAChangedAction) {
  change("UPDATE stream_actions SET urgency = 0.75 WHERE symbol = 'A' AND timestamp = '2023-11-14 22:13:25'");
  expect_finds({"\n1 row differs, the first:\n", "  A 2023-11-14 22:13:25: ", "urgency expected ", " stored 0.75\n"});
}

TEST_F(DecidedVerifyTest, FindsAStateThatIsGone) {
  change("DELETE FROM stream_state WHERE symbol = 'B' AND timestamp = '2023-11-14 22:13:30'");
  expect_finds({"\n1 row differs, the first:\n", "  B 2023-11-14 22:13:30: stream_state missing, expected close "});
}

TEST_F(DecidedVerifyTest, FindsAnActionThatIsThereTwiceAndOneThatIsAdded) {
  change(
      "INSERT INTO stream_actions SELECT * FROM stream_actions "
      "WHERE symbol = 'B' AND timestamp = '2023-11-14 22:13:30'");
  change(
      "INSERT INTO stream_state SELECT '2023-11-14 22:50:00', symbol, close, state, gate_open, posture, source_file "
      "FROM stream_state WHERE symbol = 'A' LIMIT 1");
  expect_finds({"\n2 rows differ, the first:\n", "  B 2023-11-14 22:13:30: stream_actions stored 2 times\n",
                "  A 2023-11-14 22:50:00: stream_state not from this journal, stored close "});
}

TEST_F(VerifyTest, SaysWhereTheJournalIsDamagedAndComparesWhatIsBefore) {
  const std::uint64_t seed = test_seed();
  replay(random_trades(200'000, seed));
  const std::string segment = segments().front();
  flip_byte(segment, fs::file_size(segment) / 2);
  const Outcome outcome = verify();
  EXPECT_EQ(outcome.code, 1);
  EXPECT_NE(outcome.output.find("damaged: bars.duckdb.state/journal/00000000000000000000.journal: no whole record at "),
            std::string::npos)
      << outcome.output;
  EXPECT_NE(outcome.output.find("what is damaged may have changed them"), std::string::npos) << outcome.output;
  EXPECT_EQ(outcome.output.find("compared 0 rows"), std::string::npos) << outcome.output;
}

TEST_F(VerifyTest, RefusesWhatDoesNotBelongTogether) {
  replay(trade_line("A", kSecond * 1000, 5, 1));
  fs::rename(state_, folder_ / "kept");
  replay(trade_line("A", kSecond * 1000 + 5000, 6, 1));
  expect_refuses({"--db", "bars.duckdb", "--state-dir", "kept"}, 1, "do not belong together");
  expect_agrees();
}

TEST_F(VerifyTest, SaysWhenTheDatabaseIsOutsideTheJournal) {
  replay(trade_line("A", kSecond * 1000, 5, 1));
  change("UPDATE stream_progress SET position = position + 8");
  expect_refuses({"--db", "bars.duckdb"}, 1, "the journal has lost its end");
  change("UPDATE stream_progress SET position = 1");
  expect_refuses({"--db", "bars.duckdb"}, 1, "where no record of the journal ends");
  change("DELETE FROM stream_progress");
  expect_refuses({"--db", "bars.duckdb"}, 1, "does not say which journal");
}

TEST_F(VerifyTest, SaysWhereAJournalThatWasCutGoesOnUnderANewId) {
  const std::uint64_t seed = test_seed();
  replay(random_trades(20'000, seed));
  const std::string segment = segments().front();
  fs::remove_all(state_ + "/snapshots");
  flip_byte(segment, fs::file_size(segment) / 2);
  replay(trade_line("S0", (kSecond + 200) * 1000, 5, 1), {}, "more.ndjson");
  expect_finds({" another id begins: what was cut from the journal there may be in the database"});
}

TEST_F(VerifyTest, RefusesBadUsageAndWhatIsNotThere) {
  expect_refuses({"--bars"}, 2, "verify --help");
  expect_refuses({"--wait", "nan"}, 2, "--wait");
  expect_refuses({"--db", "absent.duckdb"}, 3, "--db");
  replay(trade_line("A", kSecond * 1000, 5, 1));
  expect_refuses({"--db", "bars.duckdb", "--state-dir", "absent"}, 3, "--state-dir");
  write_file(folder_ / "text.duckdb", std::string(5000, 'x'));
  expect_refuses({"--db", "text.duckdb", "--state-dir", "bars.duckdb.state"}, 1, "text.duckdb");
  const Outcome help = run({"--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_NE(help.output.find("stream_daemon verify --db day.duckdb"), std::string::npos) << help.output;
}

TEST_F(VerifyTest, WaitsForALockedDatabaseOnlySoLong) {
  replay(trade_line("A", kSecond * 1000, 5, 1));
  OpenDatabase held(db_, duck::Access::read_write);
  expect_refuses({"--db", "bars.duckdb", "--wait", "0.1"}, 1, "--wait");
}

TEST_F(VerifyTest, LeavesNothingWhenItIsInterrupted) {
  replay(trade_line("A", kSecond * 1000, 5, 1));
  OpenDatabase held(db_, duck::Access::read_write);
  DaemonProcess process(folder_, {"verify", "--db", "bars.duckdb", "--wait", "600"});
  EXPECT_TRUE(eventually([this] { return std::distance(fs::directory_iterator(state_), {}) > 3; }));
  process.signal(SIGINT);
  EXPECT_EQ(process.wait_exit(), 1);
  EXPECT_NE(process.errors().find("interrupted"), std::string::npos) << process.errors();
  expect_nothing_left();
}

TEST_F(VerifyTest, RefusesADatabaseThatIsNotTheDaemons) {
  replay(trade_line("A", kSecond * 1000, 5, 1));
  OpenDatabase(folder_ / "other.duckdb", duck::Access::read_write).run("CREATE TABLE t(x INTEGER)");
  expect_refuses({"--db", "other.duckdb", "--state-dir", "bars.duckdb.state"}, 1, "other.duckdb has no tables");
}

TEST_F(VerifyTest, DoesNotAgreeWhenNothingCouldBeCompared) {
  replay(trade_line("A", kSecond * 1000, 5, 1));
  change("DELETE FROM ohlc_1s WHERE symbol = 'A'");
  change("INSERT INTO ohlc_1s VALUES ('B', '2020-01-01 00:00:00', 1, 1, 1, 1, 1, 1, 'x')");
  change("UPDATE stream_progress SET position = (SELECT 0)");
  expect_finds({"1 row not compared: ", "no row could be compared"});
}

TEST_F(VerifyTest, RemovesWhatAKilledOneLeft) {
  replay(trade_line("A", kSecond * 1000, 5, 1));
  fs::create_directories(state_ + "/verify-0");
  write_file(state_ + "/verify-0/lock", "");
  expect_agrees();
}

}  // namespace
}  // namespace streamd
