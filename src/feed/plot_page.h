// The page of this run (--plot-follow), the plotter's as a child, kept up while the feed goes on: begun when a daemon's
// run is known, anew with the runs of all daemons when there is one more, at the same address, and anew after growing
// pauses when it has ended by itself. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/backoff.h"
#include "base/units.h"
#include "feed/companion_program.h"
#include "feed/plot_needs.h"
#include "feed/plot_plan.h"

namespace streamd::feed {

class PlotPage {
 public:
  // The plan outlives it.
  PlotPage(const PlotPlan& plan, std::uint32_t seed) : plan_(plan), backoff_(seed) {}

  // Often, with the runs of all daemons so far. Does not wait.
  void keep_up(const std::vector<std::string>& run_ids, ElapsedMillis now_ms);
  CompanionProgram& plotter() { return plotter_; }

 private:
  void begin(const std::vector<std::string>& run_ids, ElapsedMillis now_ms);
  void take_end(int exit_code, ElapsedMillis now_ms);

  const PlotPlan& plan_;
  // Its line with the URL must not get lost among decisions on stdout.
  CompanionProgram plotter_{kPlotter, CompanionProgram::Stdout::to_stderr};
  std::uint16_t port_ = 0;  // 0: none is chosen
  std::vector<std::string> shown_;
  bool has_begun_ = false;
  bool is_replaced_ = false;  // told to end, for there is one more run
  bool is_useless_ = false;   // would end again and again
  Backoff backoff_;
  ElapsedMillis began_ms_ = 0;
  ElapsedMillis due_ms_ = 0;
};

}  // namespace streamd::feed
