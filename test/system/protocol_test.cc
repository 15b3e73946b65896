// The ingest protocol as a producer sees it: what is answered, in which form and when, and to whom nothing is said.
#include <gtest/gtest.h>
#include <signal.h>

#include <regex>

#include "system/bar_oracle.h"
#include "system/daemon_process.h"
#include "system/sequenced_producer.h"
#include "system/stored_bars.h"
#include "system/tcp_client.h"

namespace streamd {
namespace {

constexpr std::int64_t kSecond = 1'700'000'000;
constexpr const char* kHello = R"({"type":"hello","producer":"p","ack":true})";

std::string trade(std::int64_t ms, double price = 5) {
  std::string line = trade_line("A", kSecond * 1000 + ms, price, 1);
  line.pop_back();
  return line;
}
std::string trade_with_seq(std::uint64_t seq) {
  return with_seq(trade(static_cast<std::int64_t>(seq % 1000)), seq);
}
std::string ack(std::uint64_t seq) {
  return R"({"type":"ack","seq":)" + std::to_string(seq) + "}";
}

class ProtocolTest : public testing::Test {
 protected:
  using Rejected = std::map<std::string, std::uint64_t>;

  static void send(TcpClient& client, const std::string& line) { client.send(line + "\n"); }
  static std::string ask(TcpClient& client, const std::string& line) {
    send(client, line);
    return client.read_line().value_or("nothing");
  }
  static TcpClient greeted(std::uint16_t port, const std::string& hello = kHello) {
    TcpClient client(port);
    EXPECT_TRUE(ask(client, hello).starts_with(R"({"type":"welcome")"));
    return client;
  }
  // Nothing else comes before it.
  static void expect_answer(TcpClient& client, const std::string& answer) {
    EXPECT_EQ(client.read_line().value_or("nothing"), answer);
  }
  static void expect_silence(TcpClient& client) {
    EXPECT_EQ(client.read_line(milliseconds(200)), std::nullopt);
    EXPECT_FALSE(client.has_ended());
  }
  TextTable rows() { return read_table(db_, "SELECT trades, source_file FROM ohlc_1s ORDER BY ALL"); }

  TempFolder folder_;
  const std::string db_ = folder_ / "bars.duckdb";
};

TEST_F(ProtocolTest, ALabelGoesIntoSourceFile) {
  DaemonProcess daemon(folder_, listening());
  TcpClient client(daemon.port());
  send(client, R"({"type":"hello","label":"binance-eu"})");
  send(client, trade(0));
  send(client, R"({"type":"hello","label":"binance-us"})");
  send(client, trade(1));  // of a second that is open already
  send(client, trade(1000));
  TcpClient other(daemon.port());
  send(other, R"({"type":"hello","producer":"p","label":"kraken"})");
  send(other, bar_line(flat_bar("A", kSecond + 9, 5)));
  client.half_close();
  client.read_to_end();
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(rows(), (TextTable{{"1", "binance-us"}, {"1", "kraken"}, {"2", "binance-eu"}}));
  EXPECT_EQ(daemon.account()["control"], 3u);
}

TEST_F(ProtocolTest, EveryAnswerHasItsForm) {
  DaemonProcess daemon(folder_, listening());
  TcpClient unnamed(daemon.port());
  const std::regex welcome(R"re(\{"type":"welcome","run_id":"[0-9a-f]{32}"\})re");
  const std::regex named_welcome(R"re(\{"type":"welcome","run_id":"[0-9a-f]{32}","last_seq":0\})re");
  std::string answer = ask(unnamed, R"({"type":"hello"})");
  EXPECT_TRUE(std::regex_match(answer, welcome)) << answer;
  EXPECT_EQ(ask(unnamed, R"({"type":"ping"})"), R"({"type":"pong"})");
  TcpClient client(daemon.port());
  answer = ask(client, kHello);
  EXPECT_TRUE(std::regex_match(answer, named_welcome)) << answer;
  EXPECT_EQ(ask(client, trade_with_seq(3)), ack(3));
  EXPECT_EQ(ask(client, R"({"type":"trade","symbol":"A","ts_ms":1,"price":2,"seq":4})"),
            R"({"type":"reject","seq":4,"line":3,"reason":"missing_field:qty"})");
  expect_answer(client, ack(4));  // its number is used up
  client.send("\n\r\n");
  EXPECT_EQ(ask(client, "{torn"), R"({"type":"reject","line":6,"reason":"invalid_json"})");
  EXPECT_EQ(ask(client, R"({"type":"sync","id":"a \"quoted\" id"})"), R"({"type":"synced","id":"a \"quoted\" id"})");
  EXPECT_EQ(ask(client, R"({"type":"sync"})"), R"({"type":"reject","line":8,"reason":"missing_field:id"})");
  EXPECT_EQ(ask(client, R"({"type":"ping"})"), R"({"type":"pong"})");
  expect_silence(client);
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_TRUE(daemon.account().is_closed());
  EXPECT_EQ(daemon.account().rejected(),
            (Rejected{{"invalid_json", 1}, {"missing_field:id", 1}, {"missing_field:qty", 1}}));
}

TEST_F(ProtocolTest, WhatIsSyncedCanBeReadByOthersAtOnceOpenSecondsToo) {
  DaemonProcess daemon(folder_, listening({"--flush-interval", "600", "--idle-close-ms", "600000"}));
  TcpClient client(daemon.port());
  for (int round = 1; round <= 20; ++round) {
    send(client, trade(round));
    send(client, bar_line(flat_bar("B", kSecond - 100 + round, 5)));
    const std::string id = std::to_string(round);
    ASSERT_EQ(ask(client, R"({"type":"sync","id":")" + id + "\"}"), R"({"type":"synced","id":")" + id + "\"}");
    EXPECT_EQ(read_table(db_, "SELECT symbol, count(*), sum(trades) FROM ohlc_1s GROUP BY ALL ORDER BY ALL"),
              (TextTable{{"A", "1", id}, {"B", id, id}}));
  }
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(daemon.account()["seconds_closed"], 0u);
}

// A has left second 0, B keeps it open: it is away, and may come back.
TEST_F(ProtocolTest, WhatIsSyncedIsStoredAlsoWhereAnotherKeepsTheSecondOpen) {
  DaemonProcess daemon(folder_, listening());
  TcpClient b = greeted(daemon.port(), R"({"type":"hello","producer":"b","ack":true})");
  send(b, trade_with_seq(1));
  expect_answer(b, ack(1));
  b.finish();
  TcpClient a = greeted(daemon.port());
  send(a, trade(1));
  send(a, trade(1001));
  EXPECT_EQ(ask(a, R"({"type":"sync","id":"x"})"), R"({"type":"synced","id":"x"})");
  EXPECT_EQ(read_table(db_, "SELECT trades FROM ohlc_1s ORDER BY timestamp"), (TextTable{{"2"}, {"1"}}));
}

TEST_F(ProtocolTest, AConnectionThatSaysNoControlLineNeverReceivesAByte) {
  DaemonProcess daemon(folder_, listening({"--max-line-bytes", "300"}));
  TcpClient client(daemon.port());
  send(client, trade(1));
  for (const char* bad : {"torn", "{}", "[1]", R"({"type":"trade"})", R"({"type":"welcome"})", "\xff"}) {
    send(client, bad);
  }
  send(client, std::string(1000, 'x'));
  send(client, with_seq(trade(2), 7));
  send(client, R"({"type":"trade","symbol":"A","ts_ms":1,"price":2,"qty":3,"seq":"bad"})");
  client.send("{\"torn");
  client.half_close();
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(daemon.account()["trades"], 3u);
  EXPECT_EQ(daemon.account()["rejected"], 8u);
}

TEST_F(ProtocolTest, NumbersOfAnAnonymousConnectionMeanNothing) {
  DaemonProcess daemon(folder_, listening());
  TcpClient client(daemon.port());
  for (const char* seq : {"5", "5", "1", "-1", "1.5", "\"x\"", "null"}) {
    const std::string line = trade(1);
    send(client, line.substr(0, line.size() - 1) + ",\"seq\":" + seq + "}");
  }
  client.finish();
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(daemon.account()["trades"], 7u);
  EXPECT_EQ(daemon.account()["duplicates"], 0u);
  EXPECT_EQ(rows(), (TextTable{{"7", "live:A"}}));
}

TEST_F(ProtocolTest, ABadNumberOfANamedProducerIsRefused) {
  DaemonProcess daemon(folder_, listening());
  TcpClient client = greeted(daemon.port());
  int number = 1;
  for (const char* seq : {"-1", "1.5", "\"1\"", "null", "true", "9223372036854775808", "[1]"}) {
    const std::string line = trade(1);
    EXPECT_EQ(ask(client, line.substr(0, line.size() - 1) + ",\"seq\":" + seq + "}"),
              R"({"type":"reject","line":)" + std::to_string(++number) + R"(,"reason":"bad_field:seq"})");
  }
  send(client, trade(2));  // without a number it counts
  EXPECT_EQ(ask(client, trade_with_seq(9223372036854775807u)), ack(9223372036854775807u));
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(daemon.account().rejected(), (Rejected{{"bad_field:seq", 7}}));
  EXPECT_EQ(daemon.account()["trades"], 2u);
}

TEST_F(ProtocolTest, NumbersOfANamedProducerBeginAt1) {
  DaemonProcess daemon(folder_, listening());
  TcpClient client = greeted(daemon.port());
  send(client, trade_with_seq(0));
  expect_answer(client, R"({"type":"reject","seq":0,"line":2,"reason":"bad_field:seq"})");
  send(client, trade_with_seq(1));
  expect_answer(client, ack(1));
  client.finish();
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(rows(), (TextTable{{"1", "live:A"}}));
}

TEST_F(ProtocolTest, ADuplicateIsNotRefusedThoughItIsBad) {
  DaemonProcess daemon(folder_, listening());
  TcpClient client = greeted(daemon.port());
  EXPECT_EQ(ask(client, trade_with_seq(10)), ack(10));
  EXPECT_EQ(ask(client, R"({"type":"trade","symbol":"A","seq":9})"), ack(10));
  EXPECT_EQ(ask(client, R"({"type":"nonsense","seq":10})"), ack(10));
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(daemon.account()["duplicates"], 2u);
  EXPECT_EQ(daemon.account()["rejected"], 0u);
}

TEST_F(ProtocolTest, AcksWithoutAProducerAreRefusedAndNumbersFromThenOnToo) {
  DaemonProcess daemon(folder_, listening());
  TcpClient client(daemon.port());
  EXPECT_EQ(ask(client, R"({"type":"hello","ack":true})"),
            R"({"type":"reject","line":1,"reason":"missing_field:producer"})");
  EXPECT_EQ(ask(client, trade_with_seq(1)), R"({"type":"reject","seq":1,"line":2,"reason":"bad_field:seq"})");
  send(client, trade(5));
  ASSERT_TRUE(ask(client, kHello).ends_with("\"last_seq\":0}"));
  EXPECT_EQ(ask(client, trade_with_seq(1)), ack(1));
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(daemon.account()["trades"], 2u);
  EXPECT_EQ(daemon.account().rejected(), (Rejected{{"bad_field:seq", 1}, {"missing_field:producer", 1}}));
}

TEST_F(ProtocolTest, WithoutSyncsThereAreNoAcksButSyncIsAnswered) {
  DaemonProcess daemon(folder_, listening({"--journal-sync", "never", "--flush-interval", "600"}));
  TcpClient client(daemon.port());
  EXPECT_EQ(ask(client, kHello), R"({"type":"reject","line":1,"reason":"bad_field:ack"})");
  const std::string hello = R"({"type":"hello","producer":"p"})";
  EXPECT_TRUE(ask(client, hello).ends_with("\"last_seq\":0}"));
  send(client, trade_with_seq(1));
  send(client, trade_with_seq(2));
  EXPECT_EQ(ask(client, R"({"type":"sync","id":"x"})"), R"({"type":"synced","id":"x"})");
  EXPECT_EQ(rows(), (TextTable{{"2", "live:A"}}));
  EXPECT_TRUE(ask(client, hello).ends_with("\"last_seq\":2}"));
  EXPECT_EQ(daemon.stop(), 0);
}

TEST_F(ProtocolTest, AfterItsLastLineAProducerStillGetsItsAnswers) {
  DaemonProcess daemon(folder_, listening());
  TcpClient client(daemon.port());
  std::string text = std::string(kHello) + "\n";
  for (std::uint64_t seq = 1; seq <= 1000; ++seq) text += trade_with_seq(seq) + "\n";
  client.send(text + R"({"type":"sync","id":"end"})" + "\n" + trade_with_seq(1001));  // the last one without newline
  client.half_close();
  const std::vector<std::string> answers = lines_of(client.read_to_end());
  ASSERT_GE(answers.size(), 3u);
  EXPECT_TRUE(answers.front().starts_with(R"({"type":"welcome")"));
  EXPECT_EQ(std::count(answers.begin(), answers.end(), ack(1001)), 1);
  EXPECT_EQ(std::count(answers.begin(), answers.end(), R"({"type":"synced","id":"end"})"), 1);
  EXPECT_EQ(daemon.stop(), 0);
}

TEST_F(ProtocolTest, ATornLastLineOfANamedProducerIsDiscarded) {
  DaemonProcess daemon(folder_, listening());
  TcpClient client = greeted(daemon.port());
  client.send(trade_with_seq(1) + "\n" + trade_with_seq(2).substr(0, 50));
  client.half_close();
  EXPECT_EQ(client.read_to_end(), ack(1) + "\n");
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(daemon.account()["rejected"], 0u);
  EXPECT_EQ(daemon.account()["lines"], 2u);
}

TEST_F(ProtocolTest, ATornLastLineIsDiscardedHoweverLongItIs) {
  DaemonProcess daemon(folder_, listening({"--max-line-bytes", "100"}));
  TcpClient client = greeted(daemon.port());
  client.send(trade_with_seq(1) + "\n" + std::string(1000, 'x'));
  client.half_close();
  EXPECT_EQ(client.read_to_end(), ack(1) + "\n");
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(daemon.account()["rejected"], 0u);
}

TEST_F(ProtocolTest, WhoNeverReadsItsAnswersIsNotReadAnyMoreAndStopsNobody) {
  DaemonProcess daemon(folder_, listening());
  const std::uint16_t port = daemon.port();
  TcpClient deaf(port);
  send(deaf, kHello);
  std::string bad;
  for (int i = 0; i < 1000; ++i) bad += "x\n";
  // Until the daemon takes no more for a while.
  std::uint64_t sent = 0;
  auto last_progress = steady_clock::now();
  while (steady_clock::now() - last_progress < milliseconds(1000)) {
    ASSERT_LT(sent, 200u << 20) << "it is still read";
    const std::size_t count = deaf.send_some(bad);
    sent += count;
    if (count > 0)
      last_progress = steady_clock::now();
    else
      std::this_thread::sleep_for(milliseconds(5));
  }
  TcpClient other = greeted(port, R"({"type":"hello","producer":"q","ack":true})");
  EXPECT_EQ(ask(other, trade_with_seq(1)), ack(1));
  EXPECT_EQ(ask(other, R"({"type":"sync","id":"x"})"), R"({"type":"synced","id":"x"})");
  const auto start = steady_clock::now();
  EXPECT_EQ(daemon.stop(), 0);  // though it did not read all
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(kSanitized ? 30 : 10));
  EXPECT_LT(daemon.peak_memory_bytes(), 400u << 20);
}

TEST_F(ProtocolTest, ASignalDeliversTheAcksOfWhatWasRead) {
  std::uint64_t sum = 0;
  for (int round = 0; round < 6; ++round) {
    DaemonProcess daemon(folder_, listening());
    TcpClient client = greeted(
        daemon.port(), R"({"type":"hello","producer":"p","ack":true,"session":")" + std::to_string(round) + "\"}");
    // Few lines have arrived when they are sent; of many the kernel may hold some back.
    const std::uint64_t lines = round % 2 == 0 ? 200 : 30'000;
    std::string text;
    for (std::uint64_t seq = 1; seq <= lines; ++seq) text += trade_with_seq(seq) + "\n";
    const std::size_t sent = client.send_some(text);
    daemon.signal(SIGTERM);
    const std::vector<std::string> answers = lines_of(client.read_to_end());
    EXPECT_EQ(daemon.wait_exit(), 0);
    const std::uint64_t taken = daemon.account()["trades"];
    if (lines == 200) {
      EXPECT_EQ(sent, text.size());
      EXPECT_EQ(taken, lines);
    }
    EXPECT_EQ(answers.empty() ? "nothing" : answers.back(), taken == 0 ? "nothing" : ack(taken));
    sum += taken;
  }
  EXPECT_EQ(read_table(db_, "SELECT sum(trades) FROM ohlc_1s"), (TextTable{{std::to_string(sum)}}));
}

TEST_F(ProtocolTest, ASecondHelloOfAProducerClosesItsOlderConnection) {
  DaemonProcess daemon(folder_, listening());
  const std::uint16_t port = daemon.port();
  TcpClient older = greeted(port);
  EXPECT_EQ(ask(older, trade_with_seq(1)), ack(1));
  older.send(trade_with_seq(2).substr(0, 40));  // is never finished
  TcpClient newer(port);
  EXPECT_TRUE(ask(newer, kHello).ends_with("\"last_seq\":1}"));
  EXPECT_EQ(older.read_to_end(), "");
  EXPECT_EQ(ask(newer, trade_with_seq(2)), ack(2));
  // Another name, or none, closes nobody.
  TcpClient other = greeted(port, R"({"type":"hello","producer":"q"})");
  TcpClient unnamed = greeted(port, R"({"type":"hello","label":"p"})");
  EXPECT_EQ(ask(newer, R"({"type":"ping"})"), R"({"type":"pong"})");
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(daemon.account()["trades"], 2u);
  EXPECT_EQ(daemon.account()["rejected"], 0u);
}

}  // namespace
}  // namespace streamd
