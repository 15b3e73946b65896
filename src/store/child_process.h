// A process of a program that reads an open file as its stdin and whose stdout is read here; nothing else of this
// process reaches it, and its stderr goes nowhere. One thread, but for kill().
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.h"
#include "io/file.h"

namespace streamd {

class ChildProcess {
 public:
  static Result<ChildProcess> start(const std::string& program, const std::vector<std::string>& arguments, int input);

  int output() const { return output_.get(); }
  pid_t pid() const { return pid_; }
  // Until reap() has returned.
  void kill() const;
  // Waits for its end; it is still there for reap().
  void wait() const;
  void reap();

 private:
  ChildProcess(pid_t pid, FileDescriptor output) : pid_(pid), output_(std::move(output)) {}
  pid_t pid_;
  FileDescriptor output_;
};

}  // namespace streamd
