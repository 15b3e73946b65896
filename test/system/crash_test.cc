// The daemon is killed again and again while it works, at random moments and inside the moments that matter, and
// started anew on what it left. In the end its tables must be those of a daemon that nobody disturbed.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <random>

#include "system/crash_load.h"
#include "system/daemon_process.h"
#include "system/stored_bars.h"
#include "system/test_seed.h"

namespace streamd {
namespace {

constexpr int kKilled = 128 + SIGKILL;
constexpr const char* kAnywhere = "anywhere";  // from outside, at a random time after the start

bool is_long() {
  return std::getenv("STREAMD_LONG") != nullptr;
}

void expect_same_tables(const TempFolder& expected, const TempFolder& stored) {
  const std::string want = expected / "bars.duckdb";
  const std::string have = stored / "bars.duckdb";
  expect_same_bars(read_bars(want), read_bars(have), 1e-12);
  const std::string spans = "SELECT symbol, timestamp, open_ts_ms, close_ts_ms FROM ohlc_1s_spans ORDER BY ALL";
  EXPECT_TRUE(read_table(want, spans) == read_table(have, spans)) << "the spans differ";
  for (const char* table : {"ohlc_1s", "ohlc_1s_spans"}) {
    EXPECT_EQ(read_table(have, "SELECT symbol, timestamp FROM " + std::string(table) +
                                   " GROUP BY ALL HAVING count(*) > 1 LIMIT 10"),
              TextTable{});
  }
  EXPECT_GT(count_bars(have), 0);
}

using MakeLoad = std::unique_ptr<CrashLoad> (*)(const TempFolder&, std::uint64_t, LoadLines::Mix, LoadSize);

class CrashTest : public testing::Test {
 protected:
  // Lives through these deaths, in a random order, and compares.
  void live_through(MakeLoad make_load, LoadLines::Mix mix, LoadSize size, std::vector<std::string> points) {
    TempFolder folder;
    std::shuffle(points.begin(), points.end(), random_);
    const auto load = make_load(folder, random_(), mix, size);
    for (const std::string& point : points) {
      ASSERT_TRUE(point == kAnywhere ? kill_anywhere(folder, *load) : kill_at(folder, *load, point, size))
          << "never died at: " << point;
      ++kills_[point];
    }
    load->finish();
    TempFolder undisturbed;
    load->give_all_to_another(undisturbed);
    expect_same_tables(undisturbed, folder);
    EXPECT_FALSE(HasFailure()) << "STREAMD_SEED=" << seed_;
  }

  // In the long version every point and size, in the short one only these.
  void live_through_all(MakeLoad make_load, LoadLines::Mix mix, LoadSize short_size,
                        std::vector<std::string> short_points) {
    if (!is_long()) return live_through(make_load, mix, short_size, std::move(short_points));
    for (const LoadSize size : {LoadSize::small, LoadSize::large}) {
      live_through(make_load, mix, size,
                   {"journal append", "commit", "after commit", "checkpoint", "snapshot before rename",
                    "snapshot after rename", kAnywhere, kAnywhere, kAnywhere, kAnywhere});
    }
    for (const auto& [point, count] : kills_) EXPECT_GE(count, 2) << point;
  }

  // SIGTERM, so many times, in the middle of the load.
  void stop_and_go_on(MakeLoad make_load, int times) {
    TempFolder folder;
    const auto load = make_load(folder, random_(), {.late = true}, LoadSize::small);
    for (int i = 0; i < times; ++i) {
      load->before_start();
      DaemonProcess daemon(folder, load->arguments());
      const auto end = steady_clock::now() + milliseconds(250 + random_() % 300);
      while (daemon.is_running() && steady_clock::now() < end) load->step(daemon);
      ASSERT_TRUE(daemon.wait_errors("storing in"));
      EXPECT_EQ(daemon.stop(), 0);
      EXPECT_TRUE(daemon.account().is_closed());
      load->after_end();
    }
    load->finish();
    TempFolder undisturbed;
    load->give_all_to_another(undisturbed);
    expect_same_tables(undisturbed, folder);
    EXPECT_FALSE(HasFailure()) << "STREAMD_SEED=" << seed_;
  }

  ~CrashTest() override {
    for (const auto& [point, count] : kills_) std::cout << count << " kills: " << point << '\n';
    if (kills_while_starting_ > 0)
      std::cout << "of them before the start was complete: " << kills_while_starting_ << '\n';
  }

 private:
  // Runs under load until it is dead; its exit code. At `end` it is killed.
  int run(const TempFolder& folder, CrashLoad& load, const std::string& crash_at, steady_clock::duration lifetime,
          bool& ended_by_us) {
    load.before_start();
    DaemonProcess daemon(folder, load.arguments(), crash_at);
    const auto end = steady_clock::now() + lifetime;
    ended_by_us = false;
    while (daemon.is_running()) {
      load.step(daemon);
      if (ended_by_us || steady_clock::now() < end) continue;
      daemon.signal(SIGKILL);
      ended_by_us = true;
    }
    load.after_end();
    const int code = daemon.wait_exit();
    const bool was_ready = daemon.errors().find("storing in") != std::string::npos;
    if (code == kKilled && !was_ready) ++kills_while_starting_;
    EXPECT_TRUE(code == 0 || code == kKilled) << "exit code " << code;
    return code;
  }

  bool kill_anywhere(const TempFolder& folder, CrashLoad& load) {
    for (int attempt = 0; attempt < 20; ++attempt) {
      bool ended_by_us;
      if (run(folder, load, "", milliseconds(5 + random_() % 296), ended_by_us) == kKilled) return true;
    }
    return false;
  }

  // At a random pass of the point. One that is not reached is tried again with an earlier pass.
  bool kill_at(const TempFolder& folder, CrashLoad& load, const std::string& point, LoadSize size) {
    std::uint64_t most = point == "journal append" ? 60 : size == LoadSize::small ? 8 : 3;
    for (int attempt = 0; attempt < 20; ++attempt) {
      bool ended_by_us;
      const std::string crash_at = point + ":" + std::to_string(1 + random_() % most);
      const int code = run(folder, load, crash_at, std::chrono::seconds(kSanitized ? 60 : 5), ended_by_us);
      if (code == kKilled && !ended_by_us) return true;
      most = std::max<std::uint64_t>(1, most / 2);
    }
    return false;
  }

  const std::uint64_t seed_ = test_seed();
  std::mt19937_64 random_{seed_};
  std::map<std::string, int> kills_;
  int kills_while_starting_ = 0;
};

TEST_F(CrashTest, AReplayedFileOfTrades) {
  live_through_all(replayed_file, {}, LoadSize::large, {"checkpoint", kAnywhere});
}

TEST_F(CrashTest, AFollowedFileOfTrades) {
  live_through_all(followed_file, {}, LoadSize::small, {"commit", kAnywhere});
}

TEST_F(CrashTest, AReplayedFileOfBarsAndTrades) {
  live_through_all(replayed_file, {.bars = true}, LoadSize::small, {"commit"});
}

TEST_F(CrashTest, ANamedProducerOfTrades) {
  live_through_all(named_producer, {}, LoadSize::large,
                   {"snapshot before rename", "snapshot after rename", "journal append"});
}

TEST_F(CrashTest, ANamedProducerOfBarsAndTradesSomeOfThemLate) {
  live_through_all(named_producer, {.bars = true, .late = true}, LoadSize::small, {"after commit", kAnywhere});
}

TEST_F(CrashTest, AFollowedFileGoesOnAfterASignalInMidSecond) {
  stop_and_go_on(followed_file, is_long() ? 12 : 4);
}

TEST_F(CrashTest, ANamedProducerGoesOnAfterASignalInMidSecond) {
  stop_and_go_on(named_producer, is_long() ? 12 : 4);
}

}  // namespace
}  // namespace streamd
