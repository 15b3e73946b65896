// Draws the pictures of --out and --state-out anew whenever there are new decisions, on a thread of its own: at most
// once in an interval, and never for more than half of the time. A failure is told once in a while, and tried again.
#pragma once

#include <atomic>
#include <stop_token>
#include <string>
#include <thread>

#include "plot/file_follower.h"
#include "plot/plot_options.h"

namespace streamd::plot {

class FreshPictures {
 public:
  // `stopped`: ends it, also in the middle of a picture.
  FreshPictures(const PlotOptions& options, std::string gnuplot, const FileFollower& follower,
                const std::atomic<bool>& stopped);

 private:
  void run(const std::stop_token& gone);

  const PlotOptions& options_;
  const std::string gnuplot_;
  const FileFollower& follower_;
  const std::atomic<bool>& stopped_;
  std::jthread thread_;
};

}  // namespace streamd::plot
