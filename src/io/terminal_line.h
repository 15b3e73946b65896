// A line on stderr that is written over and over, where that is a terminal; gone with the object. Elsewhere: nothing.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <string>

namespace streamd {

class TerminalLine {
 public:
  ~TerminalLine() { clear(); }
  void show(const std::string& text) {
    if (!is_terminal_) return;
    std::fprintf(stderr, "\r\033[K%s", text.c_str());
    std::fflush(stderr);
    shown_ = true;
  }
  void clear() {
    if (shown_) std::fprintf(stderr, "\r\033[K");
    shown_ = false;
  }

 private:
  const bool is_terminal_ = ::isatty(STDERR_FILENO) == 1;
  bool shown_ = false;
};

}  // namespace streamd
