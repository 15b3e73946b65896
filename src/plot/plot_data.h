// The series as gnuplot gets them: small text files, a point a line, times in seconds since 1970. Long series are
// thinned: of the points that fall on one column of the picture the first, the last, the lowest and the highest stay,
// so that what is drawn is the same. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "plot/exposure_series.h"

namespace streamd::plot {

struct SymbolSeries {
  std::string symbol;
  std::vector<SeriesPoint> points;  // never empty
};

struct Range {
  double low = 0, high = 0;
};

struct PlotData {
  std::vector<std::string> symbols;
  double first_s = 0, last_s = 0;
  Range exposure, delta, pnl;
  std::vector<Range> observe;  // times; where decisions were made with the gate closed
  // Name → text. Of symbol number i: <i>_exposure, <i>_delta, <i>_gross, <i>_net; <i>_thick<1..3>, where it is more
  // urgent; <i>_state<code> (time, exposure, size) and <i>_rows<code> (from, to, row), where it is in that state.
  std::map<std::string, std::string> files;

  bool has(const std::string& name) const { return files.contains(name); }
};

// Codes of states as the decisions have them, in the order of legends.
inline constexpr int kStates[] = {1, -1, 0, -2, -3};
inline constexpr int kThickLevels = 3;

// `columns` > 0: how many points the picture can tell apart along its time axis. `series` must not be empty.
PlotData plot_data(const std::vector<SymbolSeries>& series, int columns);

}  // namespace streamd::plot
