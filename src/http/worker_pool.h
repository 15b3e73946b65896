// A few threads for work that takes its time, with a bounded queue before them: who finds it full does something else.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace streamd {

class WorkerPool {
 public:
  WorkerPool(std::size_t threads, std::size_t max_waiting) : thread_count_(threads), max_waiting_(max_waiting) {}
  ~WorkerPool() { stop(); }

  void start();
  // False, and the job is gone, when the queue is full or nothing runs. A job must not throw.
  bool submit(std::function<void()> job);
  // Waits for what runs; what waits is dropped.
  void stop();

 private:
  void run();

  const std::size_t thread_count_;
  const std::size_t max_waiting_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  std::size_t idle_ = 0;
  bool running_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace streamd
