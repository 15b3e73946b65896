// Producers as they are: many, slow, torn, half-closed, reset, too many. Each gets its bars, none disturbs another.
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <memory>

#include "system/bar_oracle.h"
#include "system/daemon_process.h"
#include "system/stored_bars.h"
#include "system/tcp_client.h"

namespace streamd {
namespace {

constexpr std::int64_t kSecond = 1'700'000'000;

std::int64_t now_ms() {
  return std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

class TcpTest : public testing::Test {
 protected:
  TempFolder folder_;
  const std::string db_ = folder_ / "bars.duckdb";
};

// What a page makes a browser send in a request's body is not taken for lines either.
TEST_F(TcpTest, HttpAtTheWrongPortIsToldSo) {
  DaemonProcess daemon(folder_, listening({"--reject-file", "rejects.ndjson"}));
  const std::uint16_t port = daemon.port();
  const std::string bar = bar_line(flat_bar("A", kSecond, 5));
  for (const std::string& request :
       {std::string("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"), std::string("HEAD /metrics HTTP/1.0\r\n\r\n"),
        std::string("OPTIONS * HTTP/1.1\n"), "POST / HTTP/1.1\r\nHost: x\r\n\r\n" + bar}) {
    TcpClient client(port);
    client.send(request);
    const std::string answer = client.read_to_end();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << request << answer;
    EXPECT_NE(answer.find("--metrics-port"), std::string::npos) << answer;
  }
  TcpClient unfinished(port);
  unfinished.send("GET / HTTP/1.1");
  unfinished.half_close();
  EXPECT_TRUE(unfinished.read_to_end().starts_with("HTTP/1.1 400 "));
  TcpClient later(port);  // only as a first line
  later.send(bar + "GET / HTTP/1.1\n" + bar);
  later.half_close();
  EXPECT_EQ(later.read_to_end(), "");
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(daemon.account()["ohlc"], 2u);
  EXPECT_EQ(daemon.account().rejected(), (std::map<std::string, std::uint64_t>{{"invalid_json", 6}}));
  EXPECT_TRUE(daemon.account().is_closed());
  EXPECT_EQ(lines_of(read_file(folder_ / "rejects.ndjson")).size(), 6u);
}

TEST_F(TcpTest, ManyConnectionsAtOnce) {
  constexpr int kConnections = 300;
  constexpr int kRounds = 20;
  DaemonProcess daemon(folder_, listening());
  const std::uint16_t port = daemon.port();
  std::vector<std::unique_ptr<TcpClient>> clients;
  for (int i = 0; i < kConnections; ++i) clients.push_back(std::make_unique<TcpClient>(port));
  BarOracle oracle;
  for (int round = 0; round < kRounds; ++round) {
    for (int i = 0; i < kConnections; ++i) {
      const std::string symbol = "S" + std::to_string(i);
      const std::int64_t ts_ms = kSecond * 1000 + round * 300;
      const double price = i + round / 4.0;
      clients[static_cast<std::size_t>(i)]->send(trade_line(symbol, ts_ms, price, 0.5));
      oracle.add_trade(symbol, ts_ms, price, 0.5, "live:" + symbol);
    }
  }
  for (auto& client : clients) client->half_close();
  for (auto& client : clients) ASSERT_TRUE(client->wait_closed());
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(daemon.account()["trades"], static_cast<std::uint64_t>(kConnections * kRounds));
  expect_same_bars(oracle.bars(), read_bars(db_));
}

TEST_F(TcpTest, ConnectionsThatComeAndGo) {
  DaemonProcess daemon(folder_, listening());
  const std::uint16_t port = daemon.port();
  std::vector<StoredBar> bars;
  std::vector<std::unique_ptr<TcpClient>> clients;
  for (int i = 0; i < 2000; ++i) {
    bars.push_back(flat_bar("A", kSecond + i, i));
    clients.push_back(std::make_unique<TcpClient>(port));
    clients.back()->send(bar_line(bars.back()));
    clients.back()->half_close();
    if (i % 50 == 49) {
      for (auto& client : clients) ASSERT_TRUE(client->wait_closed());
      clients.clear();
    }
  }
  EXPECT_EQ(daemon.stop(), 0);
  expect_same_bars(bars, read_bars(db_));
}

TEST_F(TcpTest, AHalfClosedConnectionIsReadToItsEndAndClosed) {
  DaemonProcess daemon(folder_, listening());
  TcpClient client(daemon.port());
  std::string text;
  std::vector<StoredBar> bars;
  for (int i = 0; i < 20'000; ++i) {
    bars.push_back(flat_bar("A", kSecond + i, i));
    text += bar_line(bars.back());
  }
  client.send(text);
  client.half_close();
  EXPECT_TRUE(client.wait_closed());
  TcpClient silent(daemon.port());  // one that never sends a byte
  silent.half_close();
  EXPECT_TRUE(silent.wait_closed());
  EXPECT_EQ(daemon.stop(), 0);
  expect_same_bars(bars, read_bars(db_));
}

TEST_F(TcpTest, ALastLineWithoutNewlineIsALine) {
  DaemonProcess daemon(folder_, listening());
  const std::string line = bar_line(flat_bar("A", kSecond, 5));
  TcpClient client(daemon.port());
  client.send(line.substr(0, line.size() - 1));
  client.finish();
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(daemon.account()["lines"], 1u);
  EXPECT_EQ(daemon.account()["rejected"], 0u);
  expect_same_bars({flat_bar("A", kSecond, 5)}, read_bars(db_));
}

TEST_F(TcpTest, AResetInMidLineDisturbsNobody) {
  DaemonProcess daemon(folder_, listening({"--flush-interval", "0.05"}));
  const std::uint16_t port = daemon.port();
  TcpClient other(port);
  other.send(bar_line(flat_bar("B", kSecond, 5)));
  TcpClient client(port);
  client.send(bar_line(flat_bar("A", kSecond, 5)) + bar_line(flat_bar("A", kSecond + 1, 5)).substr(0, 60));
  ASSERT_TRUE(wait_for_bars(db_, 2));
  client.reset();
  other.send(bar_line(flat_bar("B", kSecond + 1, 6)));
  other.finish();
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(daemon.account()["ohlc"], 3u);
  EXPECT_EQ(daemon.account().rejected(), (std::map<std::string, std::uint64_t>{{"invalid_json", 1}}));
  EXPECT_TRUE(daemon.account().is_closed());
  expect_same_bars({flat_bar("A", kSecond, 5), flat_bar("B", kSecond, 5), flat_bar("B", kSecond + 1, 6)},
                   read_bars(db_));
}

TEST_F(TcpTest, ASlowSenderByteByByte) {
  DaemonProcess daemon(folder_, listening());
  TcpClient client(daemon.port());
  const std::string text =
      trade_line("A", kSecond * 1000 + 5, 7.25, 0.5) + trade_line("A", kSecond * 1000 + 9, 6.5, 1.5);
  for (char c : text) {
    client.send({&c, 1});
    std::this_thread::sleep_for(milliseconds(2));  // so that the daemon reads each byte alone
  }
  client.finish();
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(daemon.account()["trades"], 2u);
  expect_same_bars({{"A", kSecond * 1'000'000, 7.25, 7.25, 6.5, 6.5, 2, 2, "live:A"}}, read_bars(db_));
}

TEST_F(TcpTest, AnIdleConnectionHoldsASecondOpenOnlyForIdleCloseMs) {
  TempFolder patient_folder;
  DaemonProcess quick(folder_, listening({"--idle-close-ms", "300", "--flush-interval", "0.05"}));
  DaemonProcess patient(patient_folder, listening({"--idle-close-ms", "600000", "--flush-interval", "0.05"}));
  const std::string line = trade_line("A", kSecond * 1000, 5, 1);
  TcpClient to_patient(patient.port());
  to_patient.send(line);
  TcpClient to_quick(quick.port());
  to_quick.send(line);
  const auto start = steady_clock::now();
  ASSERT_TRUE(wait_for_bars(db_, 1));
  const auto took = std::chrono::duration_cast<milliseconds>(steady_clock::now() - start);
  EXPECT_GE(took.count(), 250);
  EXPECT_LT(took.count(), kSanitized ? 20'000 : 3'000);
  EXPECT_EQ(count_bars(patient_folder / "bars.duckdb"), 0);  // its second is still open
  EXPECT_EQ(patient.stop(), 0);
  EXPECT_EQ(count_bars(patient_folder / "bars.duckdb"), 1);
  EXPECT_EQ(quick.stop(), 0);
  EXPECT_EQ(quick.account()["seconds_closed"], 1u);
  EXPECT_EQ(patient.account()["seconds_closed"], 0u);
}

TEST_F(TcpTest, AConnectionThatGoesOnElsewhereDoesNotHoldASecondOpen) {
  DaemonProcess daemon(folder_, listening({"--idle-close-ms", "1500", "--flush-interval", "0.05"}));
  const std::int64_t second_ms = kSecond * 1000;
  TcpClient client(daemon.port());
  client.send(trade_line("QUIET", second_ms, 5, 1));
  // The same second of another symbol is fed all the time, so the watermark does not pass its end.
  std::atomic<bool> done{false};
  std::thread feeder([&] {
    while (!done) {
      client.send(trade_line("BUSY", second_ms, 5, 1));
      std::this_thread::sleep_for(milliseconds(10));
    }
  });
  EXPECT_TRUE(wait_for_bars(db_, 1, "symbol = 'QUIET'"));
  EXPECT_EQ(count_bars(db_, "symbol = 'BUSY'"), 0);
  done = true;
  feeder.join();
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(count_bars(db_, "symbol = 'BUSY'"), 1);
}

TEST_F(TcpTest, BeyondMaxConnectionsTheNextOneWaitsForItsTurn) {
  DaemonProcess daemon(folder_, listening({"--max-connections", "2", "--flush-interval", "0.05"}));
  const std::uint16_t port = daemon.port();
  TcpClient first(port);
  TcpClient second(port);
  first.send(bar_line(flat_bar("A", kSecond, 1)));
  second.send(bar_line(flat_bar("B", kSecond, 1)));
  ASSERT_TRUE(wait_for_bars(db_, 2));
  TcpClient third(port);
  third.send(bar_line(flat_bar("C", kSecond, 1)));
  ASSERT_TRUE(daemon.wait_errors("as many as --max-connections allows"));
  first.send(bar_line(flat_bar("A", kSecond + 1, 1)));  // the others go on
  ASSERT_TRUE(wait_for_bars(db_, 3));
  EXPECT_EQ(count_bars(db_, "symbol = 'C'"), 0);
  second.finish();
  ASSERT_TRUE(wait_for_bars(db_, 1, "symbol = 'C'"));
  third.finish();
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(daemon.account()["ohlc"], 4u);
}

TEST_F(TcpTest, TooManyOpenFilesPassWhenConnectionsClose) {
  if (kSanitized) GTEST_SKIP() << "a sanitizer needs files of its own";
  constexpr int kConnections = 60;
  Process shell({"bash", "-c", "ulimit -n 40; exec " + daemon_path() + " --host 127.0.0.1 --port 0 --db bars.duckdb"},
                folder_.path());
  ASSERT_TRUE(shell.wait_errors("storing in"));
  const std::string log = shell.errors();
  const auto port = static_cast<std::uint16_t>(std::stoul(log.substr(log.find("127.0.0.1:") + 10)));
  std::vector<std::unique_ptr<TcpClient>> clients;
  for (int i = 0; i < kConnections; ++i) {
    clients.push_back(std::make_unique<TcpClient>(port));
    clients.back()->send(bar_line(flat_bar("S" + std::to_string(i), kSecond, i)));
  }
  ASSERT_TRUE(shell.wait_errors("cannot accept a connection"));
  for (auto& client : clients) client->half_close();
  for (auto& client : clients) ASSERT_TRUE(client->wait_closed());
  shell.signal(SIGTERM);
  EXPECT_EQ(shell.wait(), 0);
  EXPECT_EQ(count_bars(db_), kConnections);
}

TEST_F(TcpTest, APortInUseIsExit3InOneLine) {
  TempFolder other_folder;
  DaemonProcess first(folder_, listening());
  const std::string port = std::to_string(first.port());
  DaemonProcess second(other_folder, {"--host", "127.0.0.1", "--port", port, "--db", "bars.duckdb"});
  EXPECT_EQ(second.wait_exit(), 3);
  ASSERT_EQ(lines_of(second.errors()).size(), 1u) << second.errors();
  EXPECT_NE(second.errors().find("127.0.0.1:" + port), std::string::npos) << second.errors();
  EXPECT_EQ(first.stop(), 0);
}

TEST_F(TcpTest, AnAddressThatIsNotOursIsExit3InOneLine) {
  DaemonProcess daemon(folder_, {"--host", "192.0.2.1", "--port", "0", "--db", "bars.duckdb"});
  EXPECT_EQ(daemon.wait_exit(), 3);
  EXPECT_EQ(lines_of(daemon.errors()).size(), 1u) << daemon.errors();
}

TEST_F(TcpTest, APortCanBeTakenAgainAtOnce) {
  std::uint16_t port = 0;
  for (int turn = 0; turn < 3; ++turn) {
    DaemonProcess daemon(folder_, {"--host", "127.0.0.1", "--port", std::to_string(port), "--db", "bars.duckdb"});
    port = daemon.port();
    TcpClient client(port);
    client.send(bar_line(flat_bar("A", kSecond + turn, 1)));
    EXPECT_EQ(daemon.stop(), 0);  // with the connection open
  }
  EXPECT_EQ(count_bars(db_), 3);
}

TEST_F(TcpTest, SigtermReadsWhatHasArrived) {
  constexpr int kConnections = 50;
  constexpr int kLines = 100;
  DaemonProcess daemon(folder_, listening());
  const std::uint16_t port = daemon.port();
  std::vector<std::unique_ptr<TcpClient>> clients;
  BarOracle oracle;
  for (int i = 0; i < kConnections; ++i) {
    const std::string symbol = "S" + std::to_string(i);
    std::string text;
    for (int line = 0; line < kLines; ++line) {
      text += trade_line(symbol, kSecond * 1000 + line * 50, i + line, 1);
      oracle.add_trade(symbol, kSecond * 1000 + line * 50, i + line, 1, "live:" + symbol);
    }
    clients.push_back(std::make_unique<TcpClient>(port));
    clients.back()->send(text);
  }
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(daemon.account()["trades"], static_cast<std::uint64_t>(kConnections * kLines));
  expect_same_bars(oracle.bars(), read_bars(db_));
}

// The rest of the second comes to the next run, with an earlier first trade and a later last one.
void expect_whole_second_after_restart(int signal) {
  TempFolder folder;
  const std::string db = folder / "bars.duckdb";
  BarOracle oracle;
  const std::int64_t second_ms = now_ms() / 1000 * 1000;
  const auto send = [&](TcpClient& client, std::int64_t offset_ms, double price) {
    client.send(trade_line("A", second_ms + offset_ms, price, 0.5));
    oracle.add_trade("A", second_ms + offset_ms, price, 0.5, "live:A");
  };
  {
    DaemonProcess daemon(folder, listening());
    TcpClient client(daemon.port());
    send(client, 400, 10);
    send(client, 500, 12);
    daemon.signal(signal);
    EXPECT_EQ(daemon.wait_exit(), 0);
    expect_same_bars(oracle.bars(), read_bars(db));
  }
  {
    DaemonProcess daemon(folder, listening());
    TcpClient client(daemon.port());
    send(client, 450, 9);
    send(client, 100, 11);
    send(client, 500, 13);
    client.finish();
    EXPECT_EQ(daemon.stop(), 0);
    expect_same_bars(oracle.bars(), read_bars(db));
    EXPECT_EQ(daemon.account()["bars_merged"], 1u);
  }
}

TEST_F(TcpTest, SigtermStoresThePartialSecondAndTheRestIsMergedAfterARestart) {
  expect_whole_second_after_restart(SIGTERM);
}

TEST_F(TcpTest, SigintDoesTheSame) {
  expect_whole_second_after_restart(SIGINT);
}

TEST_F(TcpTest, SeveralConnectionsFeedOneBar) {
  DaemonProcess daemon(folder_, listening({"--flush-interval", "0.05"}));
  const std::uint16_t port = daemon.port();
  TcpClient first(port);
  TcpClient second(port);
  const std::int64_t second_ms = kSecond * 1000;
  first.send(trade_line("A", second_ms + 500, 10, 1) + bar_line(flat_bar("FIRST", kSecond, 1)));
  ASSERT_TRUE(wait_for_bars(db_, 1, "symbol = 'FIRST'"));
  second.send(trade_line("A", second_ms + 200, 12, 2) + bar_line(flat_bar("SECOND", kSecond, 1)));
  ASSERT_TRUE(wait_for_bars(db_, 1, "symbol = 'SECOND'"));
  first.send(trade_line("A", second_ms + 900, 9, 4));
  first.finish();
  second.send(trade_line("A", second_ms + 999, 11, 8));
  second.finish();
  EXPECT_EQ(daemon.stop(), 0);
  const StoredBar bar{"A", kSecond * 1'000'000, 12, 12, 9, 11, 15, 4, "live:A"};
  expect_same_bars({bar, flat_bar("FIRST", kSecond, 1), flat_bar("SECOND", kSecond, 1)}, read_bars(db_));
}

TEST_F(TcpTest, ListeningBeyondLoopbackIsWarnedOf) {
  DaemonProcess open(folder_, {"--port", "0", "--db", "bars.duckdb"});
  open.port();
  EXPECT_TRUE(open.wait_errors("warn"));
  EXPECT_EQ(open.stop(), 0);
  DaemonProcess closed(folder_, listening());
  closed.port();
  EXPECT_TRUE(closed.wait_errors("storing in"));
  EXPECT_EQ(closed.errors().find("warn"), std::string::npos);
  EXPECT_EQ(closed.stop(), 0);
}

}  // namespace
}  // namespace streamd
