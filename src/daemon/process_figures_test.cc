#include "daemon/process_figures.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <thread>

namespace streamd {
namespace {

TEST(ProcessFigures, AreOfThisProcess) {
  const ProcessFigures figures = process_figures();
  EXPECT_GT(figures.resident_bytes, 1u << 20);
  EXPECT_LT(figures.resident_bytes, figures.virtual_bytes);
  EXPECT_GE(figures.max_fds, figures.open_fds);
  const auto now_s = static_cast<double>(::time(nullptr));
  EXPECT_LT(figures.start_time_s, now_s + 2);
  EXPECT_GT(figures.start_time_s, now_s - 86'400);
}

TEST(ProcessFigures, CountWhatIsOpenAndRuns) {
  const ProcessFigures before = process_figures();
  const int fd = ::open("/dev/null", O_RDONLY);
  std::thread thread([] { std::this_thread::sleep_for(std::chrono::milliseconds(200)); });
  const ProcessFigures during = process_figures();
  EXPECT_EQ(during.open_fds, before.open_fds + 1);
  EXPECT_EQ(during.threads, before.threads + 1);
  thread.join();
  ::close(fd);
  const std::clock_t start = std::clock();
  while (std::clock() - start < CLOCKS_PER_SEC / 10) {
  }
  EXPECT_GE(process_figures().cpu_s, before.cpu_s + 0.05);
}

}  // namespace
}  // namespace streamd
