// stream_daemon_live whose daemon crashes, is away, or has lost what it knew.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <string>

#include "support/paths.h"
#include "system/live_trades.h"

namespace streamd {
namespace {

class LiveDaemonTest : public LiveTradesFixture {
 protected:
  static void kill_daemon(const Process& live) {
    ASSERT_TRUE(eventually([&] { return !live.children().empty(); })) << live.errors();
    for (const pid_t child : live.children()) ::kill(child, SIGKILL);
    ASSERT_TRUE(eventually([&] { return live.children().empty(); }));
  }
};

TEST_F(LiveDaemonTest, OneThatCrashesAgainAndAgainIsStartedAfterGrowingPauses) {
  start_exchange({"--symbols", "BTCUSDT,ETHUSDT", "--rate", "200", "--wait-for", "2"});
  const auto live = start_live({"--symbols", "BTCUSDT,ETHUSDT"});
  ASSERT_TRUE(eventually([&] { return truth().size() > 100; }));
  const auto begin = steady_clock::now();
  for (const char* pause : {"1 s", "2 s", "4 s"}) {
    kill_daemon(*live);
    ASSERT_TRUE(live->wait_errors(std::string("started again in ") + pause + "\n")) << live->errors();
  }
  ASSERT_TRUE(eventually([&] { return !live->children().empty(); })) << live->errors();
  EXPECT_GE(steady_clock::now() - begin, milliseconds(7000));
  post("/market", "{\"trading\":false}");
  std::this_thread::sleep_for(milliseconds(1500));
  live->signal(SIGINT);
  EXPECT_EQ(live->wait(), 0) << live->errors();
  expect_stored(truth());
}

TEST_F(LiveDaemonTest, CtrlCWhileItIsAwayEndsSoonAndTheNextRunSendsWhatIsKept) {
  start_exchange({"--symbols", "BTCUSDT,ETHUSDT", "--rate", "200", "--wait-for", "2"});
  auto live = start_live({"--symbols", "BTCUSDT,ETHUSDT"});
  ASSERT_TRUE(eventually([&] { return truth().size() > 200; }));
  kill_daemon(*live);
  {
    Process other({program_path("stream_daemon"), "--host", "127.0.0.1", "--port", std::to_string(port_), "--db",
                   "other.duckdb"},
                  folder_.path());
    ASSERT_TRUE(live->wait_errors("waiting for it to end")) << live->errors();
    std::this_thread::sleep_for(milliseconds(1000));
    post("/market", "{\"trading\":false}");
    std::this_thread::sleep_for(milliseconds(500));
    live->signal(SIGINT);
    EXPECT_EQ(live->wait(milliseconds(12'000)), 1) << live->errors();
    EXPECT_NE(live->errors().find("the next run sends them"), std::string::npos) << live->errors();
    other.signal(SIGINT);
    other.wait();
    EXPECT_NE(other.errors().find("done: lines=0 "), std::string::npos) << other.errors();
  }
  live = start_live({"--symbols", "BTCUSDT,ETHUSDT", "--runtime", "3"});
  EXPECT_EQ(live->wait(), 0) << live->errors();
  expect_stored(truth());
}

TEST_F(LiveDaemonTest, OneThatHasLostItsStateGetsNothingTwice) {
  start_exchange({"--symbols", "BTCUSDT,ETHUSDT", "--rate", "200", "--wait-for", "2"});
  auto live = start_live({"--symbols", "BTCUSDT,ETHUSDT", "--runtime", "4"});
  EXPECT_EQ(live->wait(), 0) << live->errors();
  for (const auto& file : std::filesystem::directory_iterator(folder_ / "live.duckdb.state")) {
    if (file.path().filename() != "feed") std::filesystem::remove_all(file.path());
  }
  live = start_live({"--symbols", "BTCUSDT,ETHUSDT"});
  std::this_thread::sleep_for(milliseconds(3000));
  post("/market", "{\"trading\":false}");
  std::this_thread::sleep_for(milliseconds(1500));
  live->signal(SIGINT);
  EXPECT_EQ(live->wait(), 0) << live->errors();
  expect_stored(truth());
}

}  // namespace
}  // namespace streamd
