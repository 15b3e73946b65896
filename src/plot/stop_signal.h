// Ctrl-C, SIGTERM and a terminal that closes (SIGHUP, unless it is ignored) ask for an early end; the next one, unless it comes at once, is the system's.
#pragma once

#include <atomic>

namespace streamd::plot {

// From now on. The answer is set by a signal, and lives as long as the program.
const std::atomic<bool>& watch_stop_signals();

}  // namespace streamd::plot
