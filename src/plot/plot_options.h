// The command line of plot_stream_decisions.
#pragma once

#include <string>
#include <vector>

#include "plot/decision_file.h"
#include "plot/exposure_series.h"
#include "plot/gnuplot_script.h"

namespace streamd::plot {

struct PlotOptions {
  std::string ndjson;
  DecisionFilter filter;
  double window_seconds = 0;  // 0: all
  std::string out;            // never empty
  std::string state_out;      // empty: no picture of states
  SeriesOptions series;
  PictureOptions picture;
};

struct PlotInvocation {
  enum class Action { run, exit } action = Action::run;
  int exit_code = 0;
  std::string output;     // for stdout
  std::string complaint;  // for stderr, one line
  PlotOptions options;
};

// `arguments` without the program's name.
PlotInvocation parse_plot_options(std::vector<std::string> arguments);

}  // namespace streamd::plot
