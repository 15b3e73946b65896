#include "plot/stop_signal.h"

#include <signal.h>

namespace streamd::plot {
namespace {

std::atomic<bool> stopped{false};

void on_signal(int signal) {
  stopped.store(true);
  ::signal(signal, SIG_DFL);
}

}  // namespace

const std::atomic<bool>& watch_stop_signals() {
  for (const int signal : {SIGINT, SIGTERM}) ::signal(signal, on_signal);
  return stopped;
}

}  // namespace streamd::plot
