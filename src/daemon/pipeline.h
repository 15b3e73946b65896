// The one place that wires the daemon: stages, queues, threads.
//   intake thread: sources → event queue → core thread: core → effect queue → store thread: database
// start() fails with exit code 3's reasons; run() returns when all has ended.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "daemon/options.h"

namespace streamd {

class Pipeline {
 public:
  explicit Pipeline(const Options& options);
  ~Pipeline();

  // Opens everything that can be refused: state dir, database, files, socket.
  Result<void> start();
  // Runs until stop() or, when asked for, the end of all files. Returns the exit code, 0 or 1.
  // Before the first start of a thread, the signals SIGINT, SIGTERM and SIGHUP must be blocked; run() takes them.
  int run();

 private:
  struct Parts;
  const Options options_;
  SystemClock clock_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace streamd
