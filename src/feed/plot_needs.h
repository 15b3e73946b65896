// What plots need before a run begins, so that it does not end without them.
#pragma once

#include "base/result.h"
#include "feed/plot_plan.h"

namespace streamd::feed {

inline constexpr const char* kPlotter = "plot_stream_decisions";

// The plotter, and the programs by which it draws. Error kind not_found, one line with what to install.
Result<void> find_plot_programs(const PlotPlan& plan);
// Of pictures and videos.
Result<void> make_plot_folders(const PlotPlan& plan);

}  // namespace streamd::feed
