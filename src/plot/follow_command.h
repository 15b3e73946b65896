// --follow: the page for browsers over a file, on loopback, until it is stopped.
#pragma once

#include <string>

#include "plot/plot_options.h"

namespace streamd::plot {

// `gnuplot`: its path; empty where no picture is kept fresh. Returns the exit code.
int follow_file(const PlotOptions& options, const std::string& gnuplot);

}  // namespace streamd::plot
