// A daemon that decides on a growing file and delivers to sinks: what the tests of sinks have in common.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <stdexcept>
#include <string>

#include "system/decision_feed.h"
#include "system/delivered_lines.h"
#include "system/subscriber.h"
#include "system/test_seed.h"

namespace streamd {

using Manner = Subscriber::Manner;

inline bool is_long() { return std::getenv("STREAMD_LONG") != nullptr; }
inline void pass(milliseconds time) { std::this_thread::sleep_for(time); }

class SinkTest : public testing::Test {
 protected:
  ~SinkTest() override { EXPECT_FALSE(HasFailure()) << "STREAMD_SEED=" << seed_; }

  // Lets the file grow while the daemon works.
  void grow(std::size_t bars, std::size_t at_a_time = 2'000) {
    for (; bars > 0; bars -= std::min(bars, at_a_time)) {
      feed_.grow(std::min(bars, at_a_time));
      pass(milliseconds(5 + random_() % 20));
    }
  }
  static void kill(DaemonProcess& daemon) {
    daemon.signal(SIGKILL);
    EXPECT_EQ(daemon.wait_exit(), 128 + SIGKILL);
  }
  // In order; not before it has started, or it would end without having done anything.
  static void stop(DaemonProcess& daemon) {
    EXPECT_TRUE(daemon.wait_errors("storing in"));
    EXPECT_EQ(daemon.stop(), 0);
  }
  static bool file_has(const std::string& path, std::size_t lines) {
    return eventually([&] { return count_lines(path) >= lines; });
  }
  static std::size_t count_lines(const std::string& path) {
    try {
      const std::string text = read_file(path);
      return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    } catch (const std::runtime_error&) {
      return 0;
    }
  }
  // A kill may tear the line that is being written; it stands alone then, and comes again whole.
  static DeliveredLines lines_of_file(const std::string& path, std::size_t kills = 0) {
    DeliveredLines lines;
    lines.add_file(path);
    EXPECT_LE(lines.torn().size(), kills);
    for (const std::string& torn : lines.torn()) EXPECT_EQ(torn.find("{\"timestamp\":", 1), std::string::npos) << torn;
    return lines;
  }

  const std::uint64_t seed_ = test_seed();
  std::mt19937_64 random_{seed_};
  TempFolder folder_;
  const std::string db_ = folder_ / "bars.duckdb";
  const std::string file_ = folder_ / "decisions.ndjson";
  DecisionFeed feed_{folder_, seed_};
};

}  // namespace streamd
