// The plot flags of stream_daemon_live. `--plot-X` is the plotter's `--X`, and takes the same values: a run should not
// end with a complaint about its first line.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "feed/plot_plan.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace streamd::feed {

struct DecisionFlags {
  bool emits = false;
  std::vector<std::string> sinks;
  bool has_config = false;  // which may have sinks, too
};

class PlotFlags {
 public:
  void add_to(CLI::App& app);
  // After parsing. What is wrong, in one line; empty: nothing. `plan` is empty when no plot flag was given, else
  // `decisions` has a sink whose file can be drawn.
  std::string take(DecisionFlags& decisions, std::optional<PlotPlan>& plan) const;

 private:
  struct Flag {
    std::string plotter_name;
    std::vector<std::string> PlotPlan::*part;
    CLI::Option* option;
  };

  void pass(CLI::Option* option, std::vector<std::string> PlotPlan::*part, const char* plotter_name = nullptr);

  bool has_page_ = false;
  std::string out_;
  std::string webm_;
  std::vector<CLI::Option*> ways_;  // to draw
  std::vector<Flag> passed_;
};

}  // namespace streamd::feed
