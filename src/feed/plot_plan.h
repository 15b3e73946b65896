// What is drawn of a run's decisions, and with which arguments the plotter (plot_stream_decisions) does it. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace streamd::feed {

struct PlotPlan {
  std::string ndjson;  // where the decisions are
  bool has_page = false;
  std::string out;   // empty: no picture, or the plotter chooses its name
  std::string webm;  // empty: no video
  // The plotter's flags as they go to it: for all that is drawn, for the page, for the video.
  std::vector<std::string> look;
  std::vector<std::string> page;
  std::vector<std::string> video;

  // When the run has ended.
  bool draws_pictures() const { return !has_page || !out.empty() || !webm.empty(); }
};

// `run_ids`: not empty; of all daemons of this run.
std::vector<std::string> page_arguments(const PlotPlan& plan, const std::vector<std::string>& run_ids,
                                        std::uint16_t port);
std::vector<std::string> picture_arguments(const PlotPlan& plan, const std::vector<std::string>& run_ids);

}  // namespace streamd::feed
