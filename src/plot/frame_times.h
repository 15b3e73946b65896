// Which decisions each frame of a video shows. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "base/units.h"
#include "plot/plot_data.h"

namespace streamd::plot {

// Of each frame the newest time that it shows: of frame k the (1 + k · step)-th of the different ones in `series`, of
// the last frame the last one. `step` > 0; `series` must not be empty.
std::vector<UnixMillis> frame_times(const std::vector<SymbolSeries>& series, std::uint64_t step);

}  // namespace streamd::plot
