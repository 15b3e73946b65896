#include "base/fault.h"

#if defined(STREAMD_FAULTS)

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cmath>
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

Bug bug_of_environment() {
  const char* text = std::getenv("STREAMD_BUG");
  return text != nullptr && std::string(text) == "late_trade_lost" ? Bug::late_trade_lost : Bug::none;
}

std::atomic<Bug> the_bug{bug_of_environment()};

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

// Short delays are as likely as long ones: nobody knows how long the object lives.
CrashWithin::CrashWithin(const char* point) : armed_(crash_armed(point)) {
  if (!armed_) return;
  std::random_device random;
  const double exponent = std::uniform_real_distribution<>(1, 4.6)(random);
  const std::chrono::microseconds delay(static_cast<int>(std::pow(10, exponent)));
  std::thread([delay] {
    std::this_thread::sleep_for(delay);
    crash();
  }).detach();
}

CrashWithin::~CrashWithin() {
  if (armed_) crash();
}

Bug planted() { return the_bug.load(); }
void plant(Bug bug) { the_bug.store(bug); }

}  // namespace streamd::fault

#endif
