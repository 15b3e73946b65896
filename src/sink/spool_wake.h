// Wakes a spool's reader: an eventfd, so that it can wait for it and for a socket at once.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>

#include "base/result.h"
#include "io/file.h"

namespace streamd {

class SpoolWake {
 public:
  Result<void> open();

  void signal();  // any thread
  // signal(), and the next wait_until() returns whatever there is.
  void wake();
  // Returns when `ready()`, which holds before a signal() that tells so, after a wake(), or when the time has passed.
  void wait_until(const std::function<bool()>& ready, std::chrono::milliseconds at_most);
  int descriptor() const { return fd_.get(); }
  void drain();

 private:
  FileDescriptor fd_;
  std::atomic<bool> woken_{false};
};

}  // namespace streamd
