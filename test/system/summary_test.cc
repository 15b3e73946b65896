// Summaries of a real daemon: what the table holds agrees with SQL over the stored bars, whatever ends the windows.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <random>

#include "support/paths.h"
#include "system/bar_oracle.h"
#include "system/daemon_process.h"
#include "system/stored_bars.h"
#include "system/summary_oracle.h"
#include "system/tcp_client.h"
#include "system/test_seed.h"

namespace streamd {
namespace {

class SummaryTest : public testing::Test {
 protected:
  void replay(const std::string& text, int window_s) {
    std::filesystem::remove_all(db_);
    std::filesystem::remove_all(db_ + ".state");
    write_file(folder_ / "day.ndjson", text);
    DaemonProcess daemon(folder_, replaying({"--tail", "day.ndjson", "--summarise-window", std::to_string(window_s)}));
    ASSERT_EQ(daemon.wait_exit(), 0) << daemon.errors();
  }
  std::int64_t count(const std::string& sql) { return std::stoll(read_table(db_, "SELECT count(*) FROM " + sql)[0][0]); }
  bool wait_for_summaries(std::int64_t rows) {
    return eventually([&] { return count("quotient_summaries") >= rows; });
  }

  TempFolder folder_;
  const std::string db_ = folder_ / "bars.duckdb";
};

TEST_F(SummaryTest, TheRecordingsAgreeWithSql) {
  const std::string folder = source_path("../shared/data/binance_spot_2024-08-08");
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no recording here: " << folder << " is absent";
  const std::string text = read_file(folder + "/btcusdt.trades.ndjson") + read_file(folder + "/ethusdt.trades.ndjson");
  for (const auto& [window_s, rows] : {std::pair(10, 60), std::pair(60, 12), std::pair(300, 4)}) {
    SCOPED_TRACE(window_s);
    replay(text, window_s);
    EXPECT_GE(expect_summaries_as_computed(db_, window_s), rows);
  }
}

// Walks, one constant price, prices that come and go, jumps, prices below zero; seconds without bars; long enough for
// series that have lost their beginning.
std::string generated_bars(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string text;
  double walk = 100;
  double jump = 5;
  for (std::int64_t second = 1'700'000'000; second < 1'700'000'700; ++second) {
    const auto unit = [&] { return static_cast<double>(random() % 10'001) / 5'000 - 1; };
    walk *= 1 + unit() * 1e-3;
    if (random() % 40 == 0) jump *= unit() > 0 ? 3 : 0.3;
    const auto add = [&](const std::string& symbol, double close) {
      text += bar_line({symbol, second * 1'000'000, close, close, close, close, 1, 1, ""});
    };
    add("WALK", walk);
    add("CONSTANT", 7.7);
    if (random() % 3 == 0) add("GAPS", walk * 0.01 + static_cast<double>(random() % 3));
    if (second % 400 < 150) add("QUIET", 1 + std::abs(unit()));
    add("JUMP", jump);
    if (random() % 2 == 0) add("BELOW", unit());
  }
  return text;
}

TEST_F(SummaryTest, GeneratedBarsAgreeWithSql) {
  const std::string text = generated_bars(test_seed());
  for (const int window_s : {1, 60, 300}) {
    SCOPED_TRACE(window_s);
    replay(text, window_s);
    EXPECT_GE(expect_summaries_as_computed(db_, window_s), 12);
  }
}

// Nothing comes any more: time ends the window. A restart in mid-window does not, and makes no second row of it.
TEST_F(SummaryTest, AWindowThatIsQuietEndsByItselfAndOnce) {
  const std::string text = generated_bars(test_seed());
  const Arguments arguments = listening({"--summarise-window", "60"});
  {
    DaemonProcess daemon(folder_, arguments);
    TcpClient client(daemon.port());
    client.send(text);
    EXPECT_TRUE(wait_for_bars(db_, 1));
    EXPECT_EQ(daemon.stop(), 0);
  }
  {
    DaemonProcess daemon(folder_, arguments);
    daemon.port();
    EXPECT_TRUE(eventually([&] { return count("quotient_summaries WHERE symbol = 'WALK'") == 12; }));
    EXPECT_EQ(daemon.stop(), 0);
  }
  DaemonProcess(folder_, arguments).stop();
  EXPECT_GE(expect_summaries_as_computed(db_, 60), 50);
}

// Its connection stays open. The same again later: one row a window.
TEST_F(SummaryTest, AWindowOfALiveConnectionThatFallsQuietEndsByTime) {
  DaemonProcess daemon(folder_, listening({"--summarise-window", "2"}));
  TcpClient client(daemon.port());
  const auto send_now = [&] {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const std::int64_t now_ms = std::chrono::duration_cast<milliseconds>(now).count();
    client.send(trade_line("A", now_ms, 5, 1) + trade_line("B", now_ms, 6, 1));
  };
  send_now();
  EXPECT_TRUE(wait_for_summaries(2));
  send_now();
  EXPECT_TRUE(wait_for_summaries(4));
  EXPECT_EQ(count("(SELECT DISTINCT symbol, window_start FROM quotient_summaries)"), 4);
  EXPECT_EQ(count("quotient_summaries WHERE artifact_ts < window_end + INTERVAL 2 SECOND"), 0);
  EXPECT_EQ(count("quotient_summaries WHERE artifact_ts > window_end + INTERVAL 10 SECOND"), 0);
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(count("quotient_summaries"), 4);
}

}  // namespace
}  // namespace streamd
