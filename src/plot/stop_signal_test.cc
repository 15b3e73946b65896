#include "plot/stop_signal.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <cstdlib>
#include <thread>

namespace streamd::plot {
namespace {

// Exits with 0 when it was asked to stop, and lives.
void take_two(std::chrono::milliseconds apart) {
  const std::atomic<bool>& stopped = watch_stop_signals();
  if (stopped.load()) std::exit(1);
  ::raise(SIGTERM);
  std::this_thread::sleep_for(apart);
  ::raise(SIGTERM);
  std::exit(stopped.load() ? 0 : 1);
}

TEST(StopSignalDeathTest, TwoAtOnceAskForAnEnd) {
  EXPECT_EXIT(take_two(std::chrono::milliseconds(0)), testing::ExitedWithCode(0), "");
}

TEST(StopSignalDeathTest, ALaterOneEndsAtOnce) {
  EXPECT_EXIT(take_two(std::chrono::milliseconds(300)), testing::KilledBySignal(SIGTERM), "");
}

void hang_up(void (*before)(int)) {
  ::signal(SIGHUP, before);
  const std::atomic<bool>& stopped = watch_stop_signals();
  ::raise(SIGHUP);
  std::exit(stopped.load() ? 7 : 0);
}

TEST(StopSignalDeathTest, ATerminalThatClosesAsksForAnEndUnlessItIsIgnored) {
  EXPECT_EXIT(hang_up(SIG_DFL), testing::ExitedWithCode(7), "");
  EXPECT_EXIT(hang_up(SIG_IGN), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace streamd::plot
