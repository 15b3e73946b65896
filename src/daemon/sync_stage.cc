#include "daemon/sync_stage.h"

#include <utility>

namespace streamd {

void SyncStage::request() {
  {
    std::lock_guard lock(mutex_);
    requested_ = true;
  }
  changed_.notify_one();
}

void SyncStage::close() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_one();
}

Work SyncStage::do_work() {
  {
    std::lock_guard lock(mutex_);
    if (!outcome_) return Work::finished;
    if (!std::exchange(requested_, false)) return closed_ ? Work::finished : Work::idle;
  }
  auto synced = journal_.sync();
  if (!synced) {
    outcome_ = synced.error();
    return Work::finished;
  }
  progress_.synced.advance(synced->number);
  on_synced_();
  return Work::done;
}

void SyncStage::wait(std::chrono::milliseconds at_most) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, at_most, [this] { return requested_ || closed_; });
}

}  // namespace streamd
