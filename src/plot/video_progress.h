// How far a video is, on a terminal's stderr.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "io/terminal_line.h"

namespace streamd::plot {

class VideoProgress {
 public:
  // At most five times a second it draws.
  void update(std::size_t frames_done, std::size_t frames);

  // The line that update() draws; apart from a terminal for tests.
  static std::string text(std::size_t frames_done, std::size_t frames, double elapsed_s);

 private:
  using Clock = std::chrono::steady_clock;

  TerminalLine line_;
  const Clock::time_point start_ = Clock::now();
  Clock::time_point last_ = start_;
};

}  // namespace streamd::plot
