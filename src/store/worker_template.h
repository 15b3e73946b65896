// The process that query workers are copies of (query_worker.h): it has DuckDB loaded and warm, opens no file and runs
// no statement of users. So a query gets a process of its own within a millisecond, which a start from the program takes
// 50 ms for. It ends with the daemon, by the system's hand; when it ends before, another takes its place.
// copy() on any thread. A thread of its own starts the process: the system ends a process with the thread that made it.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "io/file.h"
#include "store/child_process.h"

namespace streamd {

// A copy, until it is forgotten; it ends by itself, or is killed. Nothing of it is left to tidy up.
class WorkerProcess {
 public:
  WorkerProcess(FileDescriptor process, FileDescriptor output, std::uint64_t start)
      : process_(std::move(process)), output_(std::move(output)), start_(start) {}

  int output() const { return output_.get(); }
  std::uint64_t start() const { return start_; }  // of the template that it is a copy of: the number of starts() then
  void kill() const;  // any thread, at any time
  bool has_ended() const;
  void wait() const;  // until it has ended and holds no file any more

 private:
  FileDescriptor process_;
  FileDescriptor output_;
  std::uint64_t start_;
};

class WorkerTemplate {
 public:
  WorkerTemplate(std::string program, std::vector<std::string> arguments);
  ~WorkerTemplate() { close(); }

  // Has it started, so that the first copy() finds it. Does not wait.
  void prepare();
  // A copy that does what `word` says with `input` as its stdin. Waits for a template that starts, or that hangs: some
  // seconds, but for close(), which ends that at once.
  Result<WorkerProcess> copy(const std::string& word, const std::string& input);
  // Ends it, and with it all copies; later ones are refused.
  void close();

  std::optional<pid_t> pid() const;  // while there is one
  std::uint64_t starts() const;
  // Whether the template of that start is still there, as far as its socket tells.
  bool lives(std::uint64_t start) const;

 private:
  void keep();
  bool wait_for_start(std::unique_lock<std::mutex>& lock);
  Result<void> start();

  const std::string program_;
  const std::vector<std::string> arguments_;
  std::mutex asking_;  // one asks at a time; before mutex_, and never waited for by close()
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<ChildProcess> process_;
  std::shared_ptr<const FileDescriptor> socket_;  // to it; none: it must be started
  bool wanted_ = false;
  bool has_served_ = false;  // the one that is there
  bool closed_ = false;
  std::uint64_t starts_ = 0;    // and attempts
  Result<void> last_start_;
  std::thread keeper_;  // the last: it uses all of the above
};

}  // namespace streamd
