// A progress bar on a terminal's stderr: how much, how fast, how long still. Silent when stderr is no terminal.
#pragma once

#include <cstdint>
#include <string>

#include "base/units.h"

namespace streamd {

class ProgressBar {
 public:
  explicit ProgressBar(std::string title);
  ~ProgressBar() { clear(); }

  // At most five times a second it draws.
  void update(std::uint64_t bytes_done, std::uint64_t bytes_total, std::uint64_t lines, ElapsedMillis now_ms);
  void clear();

  // The line that update() draws; apart from a terminal for tests.
  static std::string draw(const std::string& title, std::uint64_t bytes_done, std::uint64_t bytes_total,
                          std::uint64_t lines, ElapsedMillis elapsed_ms);

 private:
  const std::string title_;
  const bool on_terminal_;
  bool started_ = false;
  bool shown_ = false;
  ElapsedMillis start_ms_ = 0;
  ElapsedMillis last_ms_ = 0;
};

}  // namespace streamd
