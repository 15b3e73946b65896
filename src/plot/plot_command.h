// plot_stream_decisions.
#pragma once

#include <string>
#include <vector>

namespace streamd::plot {

// Runs it; returns its exit code.
int run_plot(std::vector<std::string> arguments);

}  // namespace streamd::plot
