// Replays give the bars that an independent SQL query over the same file gives: a real recording and a generated
// disorderly one, by tail and over TCP.
#include <gtest/gtest.h>

#include <filesystem>
#include <random>
#include <thread>

#include "support/paths.h"
#include "system/bar_oracle.h"
#include "system/compressed.h"
#include "system/daemon_process.h"
#include "system/stored_bars.h"
#include "system/tcp_client.h"
#include "system/test_seed.h"

namespace streamd {
namespace {

// The bars of a file of trades; `source_file` is an SQL expression.
std::vector<StoredBar> bars_by_sql(const std::string& path, const std::string& source_file) {
  OpenDatabase database = OpenDatabase::in_memory();
  database.run("CREATE TABLE trades AS SELECT * FROM read_ndjson('" + path +
               "', columns = {type: 'VARCHAR', symbol: 'VARCHAR', ts_ms: 'BIGINT', price: 'DOUBLE', qty: 'DOUBLE'})");
  return read_bars(database.connection(),
                   "SELECT symbol, make_timestamp(ts_ms // 1000 * 1000000), arg_min(price, place), max(price), "
                   "min(price), arg_max(price, place), sum(qty), count(*), " +
                       source_file +
                       " FROM (SELECT *, ts_ms::HUGEINT * 1000000000 + rowid AS place FROM trades) "
                       "GROUP BY symbol, ts_ms // 1000");
}

std::vector<StoredBar> bars_by_tail(const std::string& path) {
  return bars_by_sql(path, "'tail:" + std::filesystem::path(path).filename().string() + "'");
}

std::vector<StoredBar> sorted(std::vector<StoredBar> bars) {
  std::sort(bars.begin(), bars.end(), [](const StoredBar& a, const StoredBar& b) {
    return std::pair(a.symbol, a.timestamp_us) < std::pair(b.symbol, b.timestamp_us);
  });
  return bars;
}

std::vector<StoredBar> both(std::vector<StoredBar> a, const std::vector<StoredBar>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return sorted(std::move(a));
}

void expect_fast(const Account& account, std::uint64_t lines) {
  EXPECT_TRUE(account.is_closed());
  EXPECT_EQ(account["lines"], lines);
  EXPECT_EQ(account["trades"], lines);
  EXPECT_GE(static_cast<double>(account["fast_path_lines"]), 0.99 * static_cast<double>(lines));
}

std::uint64_t count_lines(const std::string& text) {
  return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

// Sends each text on its own connection, all at once.
void send_all(std::uint16_t port, const std::vector<std::string>& texts, std::uint64_t seed) {
  std::vector<std::thread> senders;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    senders.emplace_back([&, i] {
      std::mt19937_64 random(seed + i);
      try {
        TcpClient client(port);
        client.send_in_pieces(texts[i], random);
        client.finish();
      } catch (const std::exception& error) {
        ADD_FAILURE() << "sender " << i << ": " << error.what();
      }
    });
  }
  for (std::thread& sender : senders) sender.join();
}

class RecordingReplayTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string folder = source_path("../shared/data/binance_spot_2024-08-08");
    if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no recording here: " << folder << " is absent";
    btc_ = folder + "/btcusdt.trades.ndjson";
    eth_ = folder + "/ethusdt.trades.ndjson";
    lines_ = count_lines(read_file(btc_)) + count_lines(read_file(eth_));
    ASSERT_GT(lines_, 10'000u);
  }
  void replay(const Arguments& arguments, const std::vector<StoredBar>& expected) {
    ASSERT_GT(expected.size(), 300u);
    DaemonProcess daemon(folder_, replaying(arguments));
    EXPECT_EQ(daemon.wait_exit(), 0);
    expect_fast(daemon.account(), lines_);
    expect_same_bars(expected, read_bars(db_));
  }

  TempFolder folder_;
  const std::string db_ = folder_ / "bars.duckdb";
  std::string btc_;
  std::string eth_;
  std::uint64_t lines_ = 0;
};

TEST_F(RecordingReplayTest, ByTailOneAfterTheOther) {
  replay({"--tail", btc_, "--tail", eth_}, both(bars_by_tail(btc_), bars_by_tail(eth_)));
}

TEST_F(RecordingReplayTest, ByTailSideBySide) {
  replay({"--tail", btc_, "--tail", eth_, "--tail-parallel"}, both(bars_by_tail(btc_), bars_by_tail(eth_)));
}

TEST_F(RecordingReplayTest, ByTailCompressed) {
  const std::string gz = folder_ / "btc.ndjson.gz";
  const std::string zst = folder_ / "eth.ndjson.zst";
  write_file(gz, gzip_of(read_file(btc_)));
  write_file(zst, zstd_of(read_file(eth_)));
  replay({"--tail", gz, "--tail", zst},
         both(bars_by_sql(btc_, "'tail:btc.ndjson.gz'"), bars_by_sql(eth_, "'tail:eth.ndjson.zst'")));
}

TEST_F(RecordingReplayTest, OverTcpEachSymbolOnOneConnection) {
  const std::uint64_t seed = test_seed();
  DaemonProcess daemon(folder_, listening());
  send_all(daemon.port(), {read_file(btc_), read_file(eth_)}, seed);
  EXPECT_EQ(daemon.stop(), 0);
  expect_fast(daemon.account(), lines_);
  expect_same_bars(both(bars_by_sql(btc_, "'live:' || symbol"), bars_by_sql(eth_, "'live:' || symbol")),
                   read_bars(db_));
}

// 20 symbols, five minutes. Most trades are a little out of order, some of them by seconds, few by a minute.
class GeneratedReplayTest : public testing::Test {
 protected:
  static constexpr std::size_t kTrades = 100'000;
  static constexpr std::size_t kSymbols = 20;
  static constexpr std::size_t kConnections = 4;  // five symbols on each

  GeneratedReplayTest() : seed_(test_seed()), parts_(kConnections) {
    std::mt19937_64 random(seed_);
    for (std::size_t i = 0; i < kTrades; ++i) {
      std::int64_t ts_ms = 1'700'000'000'000 + static_cast<std::int64_t>(i * 300'000 / kTrades + random() % 40);
      if (random() % 10 == 0) ts_ms -= static_cast<std::int64_t>(random() % 3'000);
      if (random() % 100 == 0) ts_ms -= static_cast<std::int64_t>(random() % 60'000);
      const std::size_t symbol = random() % kSymbols;
      const double price = static_cast<double>(1'000'000 + random() % 50'000) / 100;
      const double quantity = static_cast<double>(random() % 1'000'000) / 100'000;
      char line[160];
      std::snprintf(line, sizeof(line),
                    "{\"type\":\"trade\",\"symbol\":\"S%zu\",\"ts_ms\":%lld,\"price\":%.2f,\"qty\":%.5f}\n", symbol,
                    static_cast<long long>(ts_ms), price, quantity);
      all_ += line;
      parts_[symbol % kConnections] += line;
    }
    write_file(path_, all_);
  }

  void expect_result(const DaemonProcess& daemon, const std::string& source_file) {
    const Account account = daemon.account();
    expect_fast(account, kTrades);
    EXPECT_GT(account["late_trades"], 0u);
    expect_same_bars(bars_by_sql(path_, source_file), read_bars(folder_ / "bars.duckdb"));
  }

  const std::uint64_t seed_;
  TempFolder folder_;
  const std::string path_ = folder_ / "generated.ndjson";
  std::string all_;
  std::vector<std::string> parts_;
};

TEST_F(GeneratedReplayTest, ByTail) {
  DaemonProcess daemon(folder_, replaying({"--tail", "generated.ndjson"}));
  EXPECT_EQ(daemon.wait_exit(), 0);
  expect_result(daemon, "'tail:generated.ndjson'");
}

TEST_F(GeneratedReplayTest, ByTailWithLateness) {
  DaemonProcess daemon(folder_, replaying({"--tail", "generated.ndjson", "--lateness-ms", "2000"}));
  EXPECT_EQ(daemon.wait_exit(), 0);
  expect_result(daemon, "'tail:generated.ndjson'");
}

TEST_F(GeneratedReplayTest, ByTailInManySmallCommits) {
  DaemonProcess daemon(folder_,
                       replaying({"--tail", "generated.ndjson", "--batch-size", "500", "--flush-interval", "0.01"}));
  EXPECT_EQ(daemon.wait_exit(), 0);
  expect_result(daemon, "'tail:generated.ndjson'");
}

TEST_F(GeneratedReplayTest, OverTcpEachSymbolOnOneConnection) {
  DaemonProcess daemon(folder_, listening());
  send_all(daemon.port(), parts_, seed_);
  EXPECT_EQ(daemon.stop(), 0);
  expect_result(daemon, "'live:' || symbol");
}

}  // namespace
}  // namespace streamd
