// Where the picture of exposure has its panels: by the shares of its width and height that gnuplot calls `screen`, from
// the lower left corner; and where a time is in them. Pure.
#pragma once

#include <algorithm>

#include "plot/plot_data.h"

namespace streamd::plot {

inline constexpr Range kPanelsAcross{0.075, 0.86};
inline constexpr Range kExposurePanel{0.53, 0.95};
inline constexpr Range kDeltaPanel{0.33, 0.5};
inline constexpr Range kPnlPanel{0.075, 0.3};

// In seconds since 1970; some room on both sides of the decisions.
inline Range time_axis(const PlotData& data) {
  const double room = std::max((data.last_s - data.first_s) * 0.01, 0.5);
  return {data.first_s - room, data.last_s + room};
}

// The place of a time across the picture, 0 … `width`.
inline double place_of(double time_s, const Range& axis, int width) {
  const double share = (time_s - axis.low) / (axis.high - axis.low);
  return width * (kPanelsAcross.low + share * (kPanelsAcross.high - kPanelsAcross.low));
}

}  // namespace streamd::plot
