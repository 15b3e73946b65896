// Child processes and what they cost: wall time by a clock around the process, processor time and peak memory as the
// kernel counts them (wait4). A child that outlives the benchmark is killed.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace streamd::bench {

// Seconds on the clock that all processes of the machine share (CLOCK_MONOTONIC).
double now_s();

struct Finished {
  double start_s = 0;
  double end_s = 0;
  double cpu_s = 0;  // user and system
  double peak_mib = 0;
  std::string output;  // stdout and stderr

  double wall_s() const { return end_s - start_s; }
};

class Child {
 public:
  // Starts the program arguments[0].
  explicit Child(std::vector<std::string> arguments);
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();

  // Waits for a line that contains `text`; returns what follows `text` in it. `seen_s`: when it came.
  std::string wait_for(std::string_view text, double* seen_s = nullptr);
  void terminate();  // SIGTERM
  void kill();       // SIGKILL, and waits for its end
  // Waits for its end. An exit code other than 0 ends the benchmark.
  Finished finish();

 private:
  bool read_more();

  std::vector<std::string> arguments_;
  pid_t pid_ = -1;
  int output_fd_ = -1;
  Finished finished_;
};

// Runs a program to its end.
Finished run_child(std::vector<std::string> arguments);

}  // namespace streamd::bench
