// stream_daemon_live whose log has no room for trades: they are left to the exchange, and fetched once there is some.
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "system/live_trades.h"
#include "system/small_disk.h"
#include "system/test_seed.h"

namespace streamd {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;

class LiveRoomTest : public LiveTradesFixture {
 protected:
  static void expect_full(const Process& live) {
    ASSERT_TRUE(live_said(live, "the feed's log is full: ")) << live.errors();
  }
  static bool live_said(const Process& live, const std::string& text) {
    return eventually([&] { return live.errors().find(text) != std::string::npos; });
  }
  std::uint64_t log_bytes(const std::string& state_dir) const {
    std::uint64_t sum = 0;
    for (const auto& file : std::filesystem::directory_iterator(folder_ / (state_dir + "/feed"))) sum += file.file_size();
    return sum;
  }
  // All trades come to the database, the market being closed.
  void expect_all_stored(Process& live) {
    post("/market", "{\"trading\":false}");
    const auto all = static_cast<std::int64_t>(truth().size());
    EXPECT_TRUE(eventually([&] { return stored_trades() >= all; })) << live.errors();
    live.signal(SIGINT);
    EXPECT_EQ(live.wait(), 0) << live.errors();
    EXPECT_NE(live.output().find(" lost=0 "), std::string::npos) << live.output();
    expect_stored(truth());
    EXPECT_NE(asked("/report").find("\"violations\":[]"), std::string::npos) << asked("/report");
  }
};

TEST_F(LiveRoomTest, AtItsBoundTradesAreLeftAndFetchedLater) {
  start_exchange({"--symbols", "BTCUSDT,ETHUSDT,SOLUSDT", "--rate", "3000", "--wait-for", "3"});
  const auto live = start_live({"--symbols", "BTCUSDT,ETHUSDT,SOLUSDT", "--feed-log-bytes", "1MiB"});
  ASSERT_TRUE(eventually([&] { return truth().size() > 100; }));
  const std::vector<pid_t> daemon = live->children();
  ASSERT_EQ(daemon.size(), 1);
  ::kill(daemon.front(), SIGSTOP);
  expect_full(*live);
  std::this_thread::sleep_for(milliseconds(1000));
  const std::uint64_t bytes = log_bytes("live.duckdb.state");
  std::this_thread::sleep_for(milliseconds(3000));
  EXPECT_LT(log_bytes("live.duckdb.state"), 3 * kMiB / 2);
  EXPECT_LT(log_bytes("live.duckdb.state"), bytes + kMiB / 8);
  ::kill(daemon.front(), SIGCONT);
  ASSERT_TRUE(live_said(*live, "the feed's log has room again")) << live->errors();
  expect_all_stored(*live);
}

TEST_F(LiveRoomTest, WhateverDiesWhileItIsFullEveryTradeIsThereOnce) {
  std::mt19937_64 random(test_seed());
  start_exchange({"--symbols", "BTCUSDT,ETHUSDT,SOLUSDT", "--rate", "3000", "--wait-for", "3"});
  const std::vector<std::string> arguments = {"--symbols", "BTCUSDT,ETHUSDT,SOLUSDT", "--feed-log-bytes", "1MiB"};
  auto live = start_live(arguments);
  ASSERT_TRUE(eventually([&] { return truth().size() > 100; }));
  bool was_full = false;
  const auto end = steady_clock::now() + std::chrono::seconds(std::getenv("STREAMD_LONG") != nullptr ? 300 : 20);
  while (steady_clock::now() < end) {
    ASSERT_TRUE(eventually([&] { return !live->children().empty(); })) << live->errors();
    const pid_t daemon = live->children().front();
    ::kill(daemon, SIGSTOP);
    if (!std::exchange(was_full, true)) expect_full(*live);
    std::this_thread::sleep_for(milliseconds(random() % 6000));
    if (random() % 2 == 0) {
      ::kill(daemon, SIGKILL);
    } else {
      live->signal(SIGKILL);
      live->wait();
      ::kill(daemon, random() % 2 == 0 ? SIGKILL : SIGCONT);
      live = start_live(arguments);
    }
    std::this_thread::sleep_for(milliseconds(random() % 3000));
  }
  expect_all_stored(*live);
}

TEST_F(LiveRoomTest, WhatADiskThatIsFullDoesNotTakeWaitsInMemoryUpToABound) {
  SmallDisk disk(folder_ / "small", kMiB / 8);
  if (!disk.is_mounted()) GTEST_SKIP() << SmallDisk::kSkipped;
  std::filesystem::create_directories(folder_ / "state");
  std::filesystem::create_directory_symlink(folder_ / "small", folder_ / "state/feed");
  start_exchange({"--symbols", "BTCUSDT,ETHUSDT,SOLUSDT", "--rate", "3000", "--wait-for", "3"});
  const auto live = start_live({"--symbols", "BTCUSDT,ETHUSDT,SOLUSDT", "--state-dir", "state", "--feed-log-bytes", "2MiB"});
  ASSERT_TRUE(live_said(*live, "the feed's log cannot be written")) << live->errors();
  expect_full(*live);
  disk.resize(64 * kMiB);
  ASSERT_TRUE(live_said(*live, "the feed's log has room again")) << live->errors();
  expect_all_stored(*live);
}

}  // namespace
}  // namespace streamd
