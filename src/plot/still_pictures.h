// The pictures of --out and --state-out. One thread.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "base/result.h"
#include "plot/plot_data.h"
#include "plot/plot_options.h"

namespace streamd::plot {

// Whose decisions, and how many.
std::string picture_title(const std::string& ndjson, const std::vector<SymbolSeries>& series);

// Those that the options name, one after the other. `gnuplot`: its path. `stopped` is looked at often.
Result<void> draw_pictures(const PlotOptions& options, const std::string& gnuplot,
                           const std::vector<SymbolSeries>& series, const std::atomic<bool>& stopped);

}  // namespace streamd::plot
