// The command line of plot_stream_decisions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plot/decision_lines.h"
#include "plot/exposure_series.h"
#include "plot/gnuplot_script.h"

namespace streamd::plot {

struct PlotOptions {
  std::string ndjson;
  DecisionFilter filter;
  double window_seconds = 0;  // 0: all
  std::string out;            // empty: no picture of exposure
  std::string state_out;      // empty: no picture of states
  std::string webm;           // empty: no video
  int fps = 10;
  std::uint64_t frame_step = 1;  // distinct timestamps a frame
  bool follow = false;           // until it is stopped; without `webm`
  int interval_ms = 1000;
  std::uint16_t port = 0;  // of the page; 0: any that is free
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
