// stream_daemon_test: a load, and the proof that it is stored.
#pragma once

#include <string>
#include <vector>

namespace streamd::probe {

// Returns the exit code.
int run_test(std::vector<std::string> arguments);

}  // namespace streamd::probe
