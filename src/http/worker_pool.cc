#include "http/worker_pool.h"

#include <utility>

namespace streamd {

void WorkerPool::start() {
  std::lock_guard lock(mutex_);
  running_ = true;
  idle_ = thread_count_;
  for (std::size_t i = 0; i < thread_count_; ++i) threads_.emplace_back([this] { run(); });
}

bool WorkerPool::submit(std::function<void()> job) {
  {
    std::lock_guard lock(mutex_);
    if (!running_ || waiting_.size() >= max_waiting_ + idle_) return false;
    waiting_.push_back(std::move(job));
  }
  changed_.notify_one();
  return true;
}

void WorkerPool::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return !running_ || !waiting_.empty(); });
    if (!running_) return;
    {
      const std::function<void()> job = std::move(waiting_.front());
      waiting_.pop_front();
      --idle_;
      lock.unlock();
      job();
    }
    lock.lock();
    ++idle_;
  }
}

void WorkerPool::stop() {
  std::deque<std::function<void()>> dropped;
  {
    std::lock_guard lock(mutex_);
    running_ = false;
    dropped.swap(waiting_);
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace streamd
