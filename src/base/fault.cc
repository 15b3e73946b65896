#include "base/fault.h"

#if defined(STREAMD_FAULTS)

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <thread>

namespace streamd::fault {
namespace {

struct Plan {
  std::string point;
  int passes_left = 0;

  Plan() {
    const char* text = std::getenv("STREAMD_CRASH_AT");
    const char* colon = text == nullptr ? nullptr : std::strrchr(text, ':');
    if (colon == nullptr) return;
    point.assign(text, colon);
    passes_left = std::atoi(colon + 1);
  }
};

std::atomic<Bug> the_bug{Bug::none};

}  // namespace

bool crash_armed(const char* point) {
  static Plan plan;
  static std::atomic<int> passes_left{plan.passes_left};
  return plan.point == point && passes_left.fetch_sub(1) == 1;
}

void crash() {
  ::kill(::getpid(), SIGKILL);
  for (;;) ::pause();
}

CrashWithin::CrashWithin(const char* point) {
  if (!crash_armed(point)) return;
  std::random_device random;
  const std::chrono::microseconds delay(random() % 5000);
  std::thread([delay] {
    std::this_thread::sleep_for(delay);
    crash();
  }).detach();
}

Bug planted() { return the_bug.load(); }
void plant(Bug bug) { the_bug.store(bug); }

}  // namespace streamd::fault

#endif
