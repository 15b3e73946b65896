// What waits for one event stream's client, between whoever sends (any thread) and the session (the server's thread).
// Bounded: a client that falls behind by more than that is cut off. It may outlive its session and the server.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "http/http_server.h"

namespace streamd {

class StreamQueue : public HttpStream {
 public:
  // `wake`: called from any thread, one time for many texts, when the session should look here; never after detach().
  StreamQueue(std::size_t max_bytes, std::function<void()> wake);

  bool send(std::shared_ptr<const std::string> text) override;
  void end() override;
  bool is_open() const override;

  // The session's side.
  enum class State { open, ended, overrun };
  State state() const;
  // The oldest text, or null when none waits. It counts as waiting until the next call.
  std::shared_ptr<const std::string> take();
  void detach();

 private:
  static std::size_t weight(const std::string& text) { return text.size() + 64; }
  void wake();

  const std::size_t max_bytes_;
  mutable std::mutex mutex_;
  std::function<void()> wake_;
  bool woken_ = false;
  State state_ = State::open;
  std::deque<std::shared_ptr<const std::string>> texts_;
  std::size_t bytes_ = 0;
  std::size_t bytes_under_way_ = 0;
};

}  // namespace streamd
