// A process that gets some text on stdin and writes an answer to stdout; nothing else of this one's reaches it, and its
// stderr goes nowhere. One thread, but for kill().
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.h"
#include "io/file.h"

namespace streamd {

class ChildProcess {
 public:
  static Result<ChildProcess> start(const std::string& program, const std::vector<std::string>& arguments,
                                    const std::string& input);

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
