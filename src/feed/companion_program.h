// A program that lies beside this one, run as its child: in a process group of its own, so that Ctrl-C reaches this
// program alone, which ends it; when this program dies, it is told to end by SIGTERM, maybe twice. One thread.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace streamd::feed {

// Where it is. Error: it is not there, or cannot be run.
Result<std::string> program_beside(const std::string& name);

class CompanionProgram {
 public:
  enum class Stdout { shared, to_stderr };  // of this program
  explicit CompanionProgram(std::string name, Stdout out = Stdout::shared) : name_(std::move(name)), stdout_(out) {}
  ~CompanionProgram();  // ends it, without waiting for long
  CompanionProgram(const CompanionProgram&) = delete;
  CompanionProgram& operator=(const CompanionProgram&) = delete;

  // While it does not run.
  Result<void> start(const std::vector<std::string>& arguments);
  bool is_running() { return pid_ > 0 && !exit_code(); }
  // Its exit code, 128 + n after signal n; nothing while it runs, or was never started. Does not wait.
  std::optional<int> exit_code();
  void terminate() const { send(SIGTERM); }
  void kill() const { send(SIGKILL); }

 private:
  void send(int signal) const;

  const std::string name_;
  const Stdout stdout_;
  pid_t pid_ = -1;
  std::optional<int> exit_code_;
};

}  // namespace streamd::feed
