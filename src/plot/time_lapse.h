// The video of --webm. One thread.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "base/result.h"
#include "plot/plot_data.h"
#include "plot/plot_options.h"

namespace streamd::plot {

inline constexpr int kVideoWidth = 1280, kVideoHeight = 720;

// `gnuplot`, `ffmpeg`: their paths. It appears when it is whole. `stopped` is looked at often.
Result<void> make_time_lapse(const PlotOptions& options, const std::string& gnuplot, const std::string& ffmpeg,
                             const std::vector<SymbolSeries>& series, const std::atomic<bool>& stopped);

}  // namespace streamd::plot
