// A first-in first-out queue between two stages, bounded by the summed weight of what it holds.
// One producer, one consumer; each may be on its own thread, or both on one (simulation): then nobody waits.
// The producer asks has_room() before it takes on work, so an element is never refused and never dropped;
// the bound is overshot by at most one element.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace streamd {

template <typename T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

  bool has_room() const {
    std::lock_guard lock(mutex_);
    return weight_ < capacity_;
  }

  void push(T element, std::size_t weight = 1) {
    {
      std::lock_guard lock(mutex_);
      elements_.emplace_back(std::move(element), weight);
      weight_ += weight;
    }
    not_empty_.notify_one();
  }

  std::optional<T> try_pop() {
    std::optional<T> element;
    {
      std::lock_guard lock(mutex_);
      if (elements_.empty()) return std::nullopt;
      element.emplace(std::move(elements_.front().first));
      weight_ -= elements_.front().second;
      elements_.pop_front();
    }
    room_.notify_one();
    return element;
  }

  // No push comes after it.
  void close() {
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
    }
    not_empty_.notify_all();
    room_.notify_all();
  }

  // True once close() was called and everything was taken.
  bool drained() const {
    std::lock_guard lock(mutex_);
    return closed_ && elements_.empty();
  }

  std::size_t weight() const {
    std::lock_guard lock(mutex_);
    return weight_;
  }

  // Returns when something can be taken, the queue was closed, or the time has passed.
  void wait_not_empty(std::chrono::milliseconds at_most) {
    std::unique_lock lock(mutex_);
    not_empty_.wait_for(lock, at_most, [this] { return !elements_.empty() || closed_; });
  }

  void wait_room(std::chrono::milliseconds at_most) {
    std::unique_lock lock(mutex_);
    room_.wait_for(lock, at_most, [this] { return weight_ < capacity_ || closed_; });
  }

 private:
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable not_empty_;
  std::condition_variable room_;
  std::deque<std::pair<T, std::size_t>> elements_;
  std::size_t weight_ = 0;
  bool closed_ = false;
};

}  // namespace streamd
