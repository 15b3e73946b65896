#include "plot/stop_signal.h"

#include <signal.h>
#include <time.h>

#include <cstdint>

namespace streamd::plot {
namespace {

// A parent of several threads that dies tells its children once for each of them (PR_SET_PDEATHSIG).
constexpr std::int64_t kAtOnceMs = 200;

std::atomic<bool> stopped{false};
std::atomic<std::int64_t> first_ms{0};

std::int64_t now_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000 + now.tv_nsec / 1'000'000;
}

void on_signal(int signal) {
  std::int64_t first = 0;
  if (first_ms.compare_exchange_strong(first, now_ms())) {
    stopped.store(true);
  } else if (now_ms() - first >= kAtOnceMs) {
    ::signal(signal, SIG_DFL);
    ::raise(signal);
  }
}

}  // namespace

const std::atomic<bool>& watch_stop_signals() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const bool is_ignored = ::signal(signal, on_signal) == SIG_IGN;
    if (is_ignored && signal == SIGHUP) ::signal(signal, SIG_IGN);  // by nohup
  }
  return stopped;
}

}  // namespace streamd::plot
