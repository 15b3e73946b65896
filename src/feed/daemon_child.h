// The daemon as a child of the feed: of the same folder as this program, in a process group of its own, so that Ctrl-C
// reaches the feed alone, and it is the feed that ends it; when the feed dies, it is told to end. One thread.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace streamd::feed {

class DaemonChild {
 public:
  explicit DaemonChild(std::vector<std::string> arguments) : arguments_(std::move(arguments)) {}
  ~DaemonChild();  // ends it, without waiting for long
  DaemonChild(const DaemonChild&) = delete;
  DaemonChild& operator=(const DaemonChild&) = delete;

  Result<void> start();
  // Its exit code, 128 + n after signal n; nothing while it runs. Does not wait.
  std::optional<int> exit_code();
  void terminate() const;

 private:
  const std::vector<std::string> arguments_;
  pid_t pid_ = -1;
  std::optional<int> exit_code_;
};

}  // namespace streamd::feed
