// Producers that send faster than the store can write, while another process locks the database for a third of the
// time: the daemon's memory stays bounded, the producers are pushed back, and every row arrives exactly.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "system/daemon_process.h"
#include "system/stored_bars.h"
#include "system/tcp_client.h"

namespace streamd {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr int kProducers = 4;
// A sanitizer makes everything slow and large.
constexpr std::uint64_t kPendingBytes = (kSanitized ? 4 : 64) << 20;
constexpr std::uint64_t kMemoryBound = kPendingBytes + ((kSanitized ? 1600ull : 400ull) << 20);

// Row i of a producer says i in every column.
void append_bar(std::string& text, int producer, std::int64_t i) {
  char line[256];
  const int size =
      std::snprintf(line, sizeof(line),
                    "{\"type\":\"ohlc1s\",\"symbol\":\"P%d\",\"ts_ms\":%lld000,\"open\":%lld.5,\"high\":%lld.75,"
                    "\"low\":%lld.25,\"close\":%lld.5,"
                    "\"volume\":%lld,\"trades\":%lld}\n",
                    producer, static_cast<long long>(kSecond + i), static_cast<long long>(i % 1000),
                    static_cast<long long>(i % 1000), static_cast<long long>(i % 1000),
                    static_cast<long long>(i % 1000), static_cast<long long>(i), static_cast<long long>(i));
  text.append(line, static_cast<std::size_t>(size));
}

struct Producer {
  std::int64_t rows = 0;
  milliseconds longest_block{0};
};

// Sends as fast as it can until `done`, then waits until all is read.
void produce(std::uint16_t port, int number, const std::atomic<bool>& done, Producer& result) {
  try {
    TcpClient client(port);
    std::string text;
    while (!done) {
      text.clear();
      for (int i = 0; i < 1000; ++i) append_bar(text, number, result.rows++);
      client.send(text);
    }
    client.finish();
    result.longest_block = client.longest_block();
  } catch (const std::exception& error) {
    ADD_FAILURE() << "producer " << number << ": " << error.what();
  }
}

void expect_every_row(const std::string& db, const std::vector<Producer>& producers) {
  OpenDatabase database(db, duck::Access::read_only);
  TextTable expected;
  for (int number = 0; number < kProducers; ++number) {
    const __int128 n = producers[static_cast<std::size_t>(number)].rows;
    const auto text = [](__int128 value) {
      std::string digits;
      for (; value > 0; value /= 10)
        digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(value % 10)));
      return digits.empty() ? "0" : digits;
    };
    expected.push_back({"P" + std::to_string(number), text(n), "0", text(n - 1), text(n * (n - 1) / 2),
                        text((n - 1) * n * (2 * n - 1) / 6), "0"});
  }
  EXPECT_EQ(read_table(database.connection(),
                       "SELECT symbol, count(*), min(trades), max(trades), sum(trades), sum(trades::HUGEINT * trades), "
                       "count(*) FILTER (timestamp <> make_timestamp((1000000000 + trades) * 1000000) OR "
                       "open <> trades % 1000 + 0.5 OR high <> trades % 1000 + 0.75 OR low <> trades % 1000 + 0.25 OR "
                       "close <> open OR volume <> trades OR source_file <> 'live:' || symbol) "
                       "FROM ohlc_1s GROUP BY symbol ORDER BY symbol"),
            expected);
}

void run_under_pressure(std::chrono::seconds duration) {
  TempFolder folder;
  const std::string db = folder / "bars.duckdb";
  DaemonProcess daemon(folder, listening({"--max-pending-bytes", std::to_string(kPendingBytes)}));
  const std::uint16_t port = daemon.port();
  std::atomic<bool> done{false};
  std::vector<Producer> producers(kProducers);
  std::vector<std::thread> threads;
  const auto start = steady_clock::now();
  for (int i = 0; i < kProducers; ++i) {
    threads.emplace_back([&, i] { produce(port, i, done, producers[static_cast<std::size_t>(i)]); });
  }
  const auto pass = [&](std::chrono::steady_clock::time_point end) {
    while (daemon.is_running() && steady_clock::now() < end) std::this_thread::sleep_for(milliseconds(20));
  };
  pass(start + duration / 3);
  const auto locked_for = duration / 3;
  {
    Process holder({STREAMD_HOLD_DATABASE, db, "read_write"}, folder.path(), Process::Input::pipe);
    EXPECT_TRUE(holder.wait_output("held")) << holder.errors();
    pass(steady_clock::now() + locked_for);
    holder.close_input();
    EXPECT_EQ(holder.wait(), 0);
  }
  pass(start + duration);
  done = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(daemon.stop(), 0);

  const Account account = daemon.account();
  std::int64_t rows = 0;
  for (const Producer& producer : producers) {
    rows += producer.rows;
    EXPECT_GE(producer.longest_block, milliseconds(locked_for) / 2) << "a producer was not pushed back";
  }
  std::cout << rows << " rows, peak memory " << (daemon.peak_memory_bytes() >> 20) << " MiB, longest block "
            << producers[0].longest_block.count() << " ms\n";
  EXPECT_TRUE(account.is_closed());
  EXPECT_EQ(account["ohlc"], static_cast<std::uint64_t>(rows));
  EXPECT_EQ(account["rows"], static_cast<std::uint64_t>(rows));
  EXPECT_NE(daemon.errors().find("rows wait for the database"), std::string::npos);
  EXPECT_LT(daemon.peak_memory_bytes(), kMemoryBound);
  expect_every_row(db, producers);
}

// While nothing is read because the database is locked, a producer's trade waits in its socket. It belongs to a second
// that would be idle for long if waiting counted.
TEST(PressureTest, PushBackCutsNoSecondInTwo) {
  TempFolder folder;
  const std::string db = folder / "bars.duckdb";
  DaemonProcess daemon(folder, listening({"--max-pending-bytes", "1MiB", "--idle-close-ms", "1000"}));
  const std::uint16_t port = daemon.port();
  const auto trade = [](const char* price) {
    return R"({"type":"trade","symbol":"X","ts_ms":1700000000500,"qty":1,"price":)" + std::string(price) + "}\n";
  };
  TcpClient slow(port);
  std::atomic<bool> done{false};
  Producer flood;
  std::thread flooder([&] { produce(port, 0, done, flood); });
  ASSERT_TRUE(wait_for_bars(db, 1));
  {
    Process holder({STREAMD_HOLD_DATABASE, db, "read_write"}, folder.path(), Process::Input::pipe);
    EXPECT_TRUE(holder.wait_output("held"));
    slow.send(trade("5"));
    std::this_thread::sleep_for(milliseconds(1'500));  // the flood fills all that may wait
    slow.send(trade("7"));
    std::this_thread::sleep_for(milliseconds(1'500));
    slow.send(trade("6"));
    holder.close_input();
    EXPECT_EQ(holder.wait(), 0);
  }
  done = true;
  flooder.join();
  EXPECT_GE(flood.longest_block, milliseconds(1'000));
  slow.finish();
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(daemon.account()["late_trades"], 0u);
  EXPECT_EQ(daemon.account()["bars_merged"], 0u);
  EXPECT_EQ(read_table(db, "SELECT open, high, low, close, trades FROM ohlc_1s WHERE symbol = 'X'"),
            (TextTable{{"5.0", "7.0", "5.0", "6.0", "3"}}));
}

TEST(PressureTest, TenSecondsWithALockedDatabase) {
  run_under_pressure(std::chrono::seconds(10));
}

TEST(PressureTest, AMinuteWithALockedDatabase) {
  if (std::getenv("STREAMD_LONG") == nullptr) GTEST_SKIP() << "takes over a minute; STREAMD_LONG=1 runs it";
  run_under_pressure(std::chrono::seconds(60));
}

}  // namespace
}  // namespace streamd
