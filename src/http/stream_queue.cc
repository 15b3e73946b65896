#include "http/stream_queue.h"

#include <utility>

namespace streamd {

StreamQueue::StreamQueue(std::size_t max_bytes, std::function<void()> wake)
    : max_bytes_(max_bytes), wake_(std::move(wake)) {}

void StreamQueue::wake() {
  woken_ = true;
  if (wake_) wake_();
}

bool StreamQueue::send(std::shared_ptr<const std::string> text) {
  std::lock_guard lock(mutex_);
  if (state_ != State::open || !wake_) return false;
  if (bytes_ + weight(*text) > max_bytes_) {
    state_ = State::overrun;
    texts_.clear();
    wake();
    return false;
  }
  bytes_ += weight(*text);
  texts_.push_back(std::move(text));
  if (!woken_) wake();
  return true;
}

void StreamQueue::end() {
  std::lock_guard lock(mutex_);
  if (state_ != State::open) return;
  state_ = State::ended;
  wake();
}

bool StreamQueue::is_open() const {
  std::lock_guard lock(mutex_);
  return state_ == State::open && wake_;
}

StreamQueue::State StreamQueue::state() const {
  std::lock_guard lock(mutex_);
  return state_;
}

std::shared_ptr<const std::string> StreamQueue::take() {
  std::lock_guard lock(mutex_);
  bytes_ -= std::exchange(bytes_under_way_, 0);
  woken_ = false;
  if (texts_.empty()) return nullptr;
  std::shared_ptr<const std::string> text = std::move(texts_.front());
  texts_.pop_front();
  bytes_under_way_ = weight(*text);
  return text;
}

void StreamQueue::detach() {
  std::lock_guard lock(mutex_);
  wake_ = nullptr;
  texts_.clear();
}

}  // namespace streamd
