// A producer with sequence numbers gets every line in exactly once, through kills of the daemon and dropped connections
// of every kind; and what its numbers mean: duplicates, sessions, restarts.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <optional>

#include "system/bar_oracle.h"
#include "system/daemon_process.h"
#include "system/sequenced_producer.h"
#include "system/stored_bars.h"
#include "system/test_seed.h"

namespace streamd {
namespace {

constexpr std::int64_t kSecond = 1'700'000'000;

std::string without_newline(std::string line) {
  line.pop_back();
  return line;
}

// Trades with bad lines among them, given to a producer, and the bars that they must become.
class MixedTrades {
 public:
  explicit MixedTrades(std::uint64_t seed) : random_(seed) {}

  void give(SequencedProducer& producer, std::size_t lines) {
    for (std::size_t i = 0; i < lines; ++i) {
      if (random_() % 50 == 0) {
        producer.add(R"({"type":"trade","symbol":"A","ts_ms":1700000000000,"price":"dear","qty":1})", true);
        ++bad_;
        continue;
      }
      now_ms_ += static_cast<std::int64_t>(random_() % 20);
      const std::string symbol = "P" + std::to_string(random_() % 3);
      const std::int64_t ts_ms = now_ms_ - static_cast<std::int64_t>(random_() % 1500);
      const double price = static_cast<double>(random_() % 10'000) / 8;
      producer.add(without_newline(trade_line(symbol, ts_ms, price, 0.25)));
      oracle_.add_trade(symbol, ts_ms, price, 0.25, "feed");
      ++trades_;
    }
  }
  std::vector<StoredBar> bars() const { return oracle_.bars(); }
  std::uint64_t trades() const { return trades_; }
  std::uint64_t bad() const { return bad_; }

 private:
  std::mt19937_64 random_;
  std::int64_t now_ms_ = kSecond * 1000;
  BarOracle oracle_;
  std::uint64_t trades_ = 0;
  std::uint64_t bad_ = 0;
};

using Drop = SequencedProducer::Drop;

// A producer's life: connections drop, the daemon dies and comes back, and lines keep coming.
class ProducerLife {
 public:
  ProducerLife(const TempFolder& folder, Arguments arguments)
      : folder_(folder), arguments_(std::move(arguments)), producer_(options()) {}

  void live_through(int kills, int drops) {
    for (int run = 0; run <= kills; ++run) {
      if (run % 2 == 1 && run < kills) {
        die_in_an_append();
        continue;
      }
      DaemonProcess daemon(folder_, arguments_);
      const std::uint16_t port = daemon.port();
      for (; drops_ < drops * (run + 1) / (kills + 1); ++drops_) {
        produce(milliseconds(random_() % 80), port);
        producer_.drop(static_cast<Drop>(drops_ % 4), port);
      }
      produce(milliseconds(random_() % 150), port);
      if (run == kills) return end(daemon, kills == 0);
      daemon.signal(SIGKILL);
      EXPECT_EQ(daemon.wait_exit(), 128 + SIGKILL);
      producer_.disconnect();
    }
  }

 private:
  ProducerOptions options() const {
    ProducerOptions options;
    options.label = "feed";
    options.seed = seed_;
    options.max_seq_step = 4;
    options.repeat_lines = 20;
    return options;
  }

  // What was acknowledged by then must not have been on its way to the journal.
  void die_in_an_append() {
    DaemonProcess daemon(folder_, arguments_, "journal append:" + std::to_string(1 + random_() % 80));
    std::optional<std::uint16_t> port;
    eventually([&] {
      if (!port) port = daemon.port_by_now();
      if (port && (producer_.is_connected() || producer_.connect(*port))) {
        trades_.give(producer_, 5);
        producer_.step();
      }
      return !daemon.is_running();
    });
    EXPECT_EQ(daemon.wait_exit(), 128 + SIGKILL);
    while (producer_.step()) {  // acks that were on their way
    }
    producer_.disconnect();
  }

  void produce(milliseconds duration, std::uint16_t port) {
    const auto end = steady_clock::now() + duration;
    do {
      EXPECT_TRUE(producer_.is_connected() || producer_.connect(port));
      trades_.give(producer_, 5);
      producer_.step();
      std::this_thread::sleep_for(milliseconds(1));
    } while (steady_clock::now() < end);
  }

  void end(DaemonProcess& daemon, bool was_only_daemon) {
    EXPECT_TRUE(producer_.finish(daemon.port())) << "not everything was acknowledged";
    EXPECT_EQ(daemon.stop(), 0);
    const Account account = daemon.account();
    EXPECT_TRUE(account.is_closed());
    if (was_only_daemon) {
      EXPECT_EQ(account["trades"], trades_.trades());
      EXPECT_EQ(account.rejected(), (std::map<std::string, std::uint64_t>{{"bad_field:price", trades_.bad()}}));
      EXPECT_GE(account["duplicates"], producer_.repeats_read());
      EXPECT_LE(account["duplicates"], producer_.repeats_sent());
    }
    std::cout << producer_.lines() << " lines, " << drops_ << " drops, " << producer_.connections()
              << " connections; sent again: " << producer_.repeats_sent()
              << ", read again: " << producer_.repeats_read() << ", " << producer_.refused() << " of " << trades_.bad()
              << " refusals heard of\n";
    EXPECT_GT(producer_.repeats_read(), 0u);
    EXPECT_LE(producer_.refused(), trades_.bad());
    expect_same_bars(trades_.bars(), read_bars(folder_ / "bars.duckdb"), 1e-12);
    EXPECT_FALSE(testing::Test::HasFailure()) << "STREAMD_SEED=" << seed_;
  }

  const std::uint64_t seed_ = test_seed();
  const TempFolder& folder_;
  const Arguments arguments_;
  std::mt19937_64 random_{seed_};
  SequencedProducer producer_;
  MixedTrades trades_{seed_ + 1};
  int drops_ = 0;
};

class ProducerTest : public testing::Test {
 protected:
  static bool is_long() { return std::getenv("STREAMD_LONG") != nullptr; }
  static Arguments busy() {
    return listening({"--batch-size", "50", "--flush-interval", "0.05", "--snapshot-interval", "0.2"});
  }
  // A connection that has said this and got its welcome; `last_seq` is what that says.
  static TcpClient greeted(std::uint16_t port, const std::string& hello, std::uint64_t last_seq) {
    TcpClient client(port);
    client.send(hello + "\n");
    const std::string answer = client.read_line().value_or("nothing");
    EXPECT_TRUE(answer.ends_with("\"last_seq\":" + std::to_string(last_seq) + "}")) << answer;
    return client;
  }
  // One trade of quantity 1 for each number.
  static std::string numbered(std::uint64_t first, std::uint64_t last) {
    std::string text;
    for (std::uint64_t seq = first; seq <= last; ++seq) {
      text +=
          with_seq(without_newline(trade_line("A", kSecond * 1000 + static_cast<std::int64_t>(seq), 5, 1)), seq) + "\n";
    }
    return text;
  }
  static void expect_ack(TcpClient& client, std::uint64_t seq) {
    const std::string last = R"({"type":"ack","seq":)" + std::to_string(seq) + "}";
    std::string answer;
    while (answer != last) {
      auto line = client.read_line();
      ASSERT_TRUE(line) << "no ack of " << seq << "; the last answer was " << answer;
      answer = *line;
    }
  }
  std::string sum_of_trades() { return read_table(db_, "SELECT sum(trades) FROM ohlc_1s").at(0).at(0); }

  static constexpr const char* kHello = R"({"type":"hello","producer":"p","ack":true})";
  static constexpr const char* kSessionHello = R"({"type":"hello","producer":"p","session":"tuesday","ack":true})";

  TempFolder folder_;
  const std::string db_ = folder_ / "bars.duckdb";
};

TEST_F(ProducerTest, EveryLineOnceThroughDroppedConnections) {
  ProducerLife(folder_, busy()).live_through(0, is_long() ? 50 : 8);
}

TEST_F(ProducerTest, EveryLineOnceThroughKillsAndDroppedConnections) {
  const int times = is_long() ? 50 : 5;
  ProducerLife(folder_, busy()).live_through(times, times);
}

TEST_F(ProducerTest, EveryLineOnceThroughKillsWithSlowCommits) {
  ProducerLife(folder_, listening({"--flush-interval", "5"})).live_through(is_long() ? 10 : 3, 4);
}

TEST_F(ProducerTest, LinesThatAreInAlreadyAreCountedAndIgnored) {
  DaemonProcess daemon(folder_, listening());
  TcpClient client = greeted(daemon.port(), kHello, 0);
  client.send(numbered(1, 100));
  client.send(numbered(50, 110));
  client.send(numbered(7, 7));
  expect_ack(client, 110);
  TcpClient again = greeted(daemon.port(), kHello, 110);
  again.send(numbered(101, 120));
  expect_ack(again, 120);
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(daemon.account()["trades"], 120u);
  EXPECT_EQ(daemon.account()["duplicates"], 51u + 1u + 10u);
  EXPECT_TRUE(daemon.account().is_closed());
  EXPECT_EQ(sum_of_trades(), "120");
}

TEST_F(ProducerTest, AResendOfNothingButDuplicatesIsAcknowledgedToo) {
  DaemonProcess daemon(folder_, listening());
  TcpClient client = greeted(daemon.port(), kHello, 0);
  client.send(numbered(1, 10));
  expect_ack(client, 10);
  client.send(numbered(3, 3));
  expect_ack(client, 10);
  EXPECT_EQ(daemon.stop(), 0);
}

TEST_F(ProducerTest, ANewSessionBeginsAtZero) {
  DaemonProcess daemon(folder_, listening());
  const std::uint16_t port = daemon.port();
  {
    TcpClient client = greeted(port, kHello, 0);
    client.send(numbered(1, 10));
    expect_ack(client, 10);
  }
  {
    TcpClient client = greeted(port, kSessionHello, 0);
    client.send(numbered(1, 4));
    expect_ack(client, 4);
  }
  greeted(port, kSessionHello, 4);
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(daemon.account()["trades"], 14u);
  EXPECT_EQ(daemon.account()["duplicates"], 0u);
  EXPECT_EQ(sum_of_trades(), "14");
}

TEST_F(ProducerTest, SessionsAndNumbersOutliveKillsAndStops) {
  const auto run = [&](const char* hello, std::uint64_t last_seq, std::uint64_t up_to, bool kill) {
    DaemonProcess daemon(folder_, listening({"--flush-interval", "60"}));
    TcpClient client = greeted(daemon.port(), hello, last_seq);
    client.send(numbered(1, up_to));
    expect_ack(client, up_to);
    if (!kill) {
      EXPECT_EQ(daemon.stop(), 0);
      EXPECT_EQ(daemon.account()["duplicates"], last_seq);
      return;
    }
    daemon.signal(SIGKILL);
    daemon.wait_exit();
  };
  run(kHello, 0, 10, true);
  run(kHello, 10, 20, false);
  run(kHello, 20, 25, true);
  run(kSessionHello, 0, 5, true);
  run(kSessionHello, 5, 9, true);
  run(kHello, 9, 12, false);  // without a session it goes on
  run(kSessionHello, 12, 15, false);
  EXPECT_EQ(sum_of_trades(), "40");
}

TEST_F(ProducerTest, NumbersOfTwoProducersHaveNothingToDoWithEachOther) {
  DaemonProcess daemon(folder_, listening());
  const std::uint16_t port = daemon.port();
  TcpClient p = greeted(port, kHello, 0);
  TcpClient q = greeted(port, R"({"type":"hello","producer":"q","ack":true})", 0);
  p.send(numbered(1, 10));
  expect_ack(p, 10);
  q.send(numbered(1, 5));
  expect_ack(q, 5);
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(daemon.account()["trades"], 15u);
  EXPECT_EQ(sum_of_trades(), "15");
}

}  // namespace
}  // namespace streamd
