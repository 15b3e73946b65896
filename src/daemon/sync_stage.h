// Brings the journal to the disk when somebody waits for it, beside the core that goes on appending: one sync answers
// all who asked before it began. request() on any thread, the rest on its own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>

#include "base/batch_progress.h"
#include "daemon/stage.h"
#include "journal/journal.h"

namespace streamd {

class SyncStage {
 public:
  // `on_synced` is called after each sync.
  SyncStage(Journal& journal, BatchProgress& progress, std::function<void()> on_synced)
      : journal_(journal), progress_(progress), on_synced_(std::move(on_synced)) {}

  void request();
  // No request comes any more.
  void close();

  // Finished after close(), and when a sync has failed: then the process must end, because nothing is known of what the
  // disk has; outcome() says why.
  Work do_work();
  void wait(std::chrono::milliseconds at_most);
  const Result<void>& outcome() const { return outcome_; }

 private:
  Journal& journal_;
  BatchProgress& progress_;
  const std::function<void()> on_synced_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool requested_ = false;
  bool closed_ = false;
  Result<void> outcome_;
};

}  // namespace streamd
