#include "system/subscriber.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace streamd {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

// On `port` of the loopback, 0: a free one. Several may be bound to it as long as only one listens.
int bound_socket(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("cannot open a socket");
  const int one = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("cannot bind a subscriber's port");
  return fd;
}

void close_and_forget(int& fd) {
  if (fd >= 0) ::close(std::exchange(fd, -1));
}

}  // namespace

Subscriber::Subscriber(Manner manner, DeliveredLines::Keep keep) : manner_(manner), lines_(keep) {
  reserved_ = bound_socket(0);
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(reserved_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  listen();
  thread_ = std::thread([this] {
    while (!stop_) {
      bool did;
      {
        std::lock_guard lock(mutex_);
        did = step();
      }
      if (!did) std::this_thread::sleep_for(milliseconds(1));
    }
  });
}

Subscriber::~Subscriber() {
  stop_ = true;
  thread_.join();
  close_and_forget(connection_);
  close_and_forget(listener_);
  close_and_forget(reserved_);
}

void Subscriber::listen() {
  listener_ = bound_socket(port_);
  if (::listen(listener_, 8) != 0) fail("a subscriber cannot listen");
}

void Subscriber::behave(Manner manner) {
  std::lock_guard lock(mutex_);
  manner_ = manner;
}

void Subscriber::end_connection() {
  if (connection_ < 0) return;
  const linger at_once{1, 0};
  ::setsockopt(connection_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close_and_forget(connection_);
  received_.clear();
  acks_.clear();
}

void Subscriber::reset() {
  std::lock_guard lock(mutex_);
  end_connection();
}

void Subscriber::die() {
  std::lock_guard lock(mutex_);
  end_connection();
  close_and_forget(listener_);
}

void Subscriber::revive() {
  std::lock_guard lock(mutex_);
  if (listener_ < 0) listen();
}

DeliveredLines Subscriber::lines() const {
  std::lock_guard lock(mutex_);
  return lines_;
}

std::size_t Subscriber::distinct() const {
  std::lock_guard lock(mutex_);
  return lines_.distinct();
}

std::size_t Subscriber::all() const {
  std::lock_guard lock(mutex_);
  return lines_.all();
}

bool Subscriber::has(const std::string& key) const {
  std::lock_guard lock(mutex_);
  return lines_.has(key);
}

std::uint64_t Subscriber::connections() const {
  std::lock_guard lock(mutex_);
  return connections_;
}

bool Subscriber::wait_distinct(std::size_t count, milliseconds limit) const {
  return eventually([&] { return distinct() >= count; }, limit);
}

bool Subscriber::wait_connections(std::uint64_t count) const {
  return eventually([&] { return connections() >= count; });
}

bool Subscriber::step() {
  if (listener_ < 0) return false;
  if (connection_ < 0) {
    connection_ = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (connection_ < 0) return false;
    ++connections_;
  }
  return manner_ != Manner::hangs && take();
}

bool Subscriber::take() {
  std::array<char, 65536> buffer;
  const ssize_t count = ::recv(connection_, buffer.data(), buffer.size(), 0);
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    acknowledge("");
    return false;
  }
  if (count <= 0) {  // the daemon is gone
    end_connection();
    return true;
  }
  received_.append(buffer.data(), static_cast<std::size_t>(count));
  std::size_t begin = 0;
  std::string last;
  for (std::size_t end; (end = received_.find('\n', begin)) != std::string::npos; begin = end + 1) {
    last = received_.substr(begin, end - begin);
    lines_.add(last);
  }
  received_.erase(0, begin);
  acknowledge(manner_ == Manner::acknowledges ? last : "");
  return true;
}

// And all before it. An empty line: sends what is left to be sent.
void Subscriber::acknowledge(const std::string& line) {
  if (!line.empty()) {
    const bool is_bar = line.find("\"ts_ms\":") != std::string::npos;
    acks_.append("{\"type\":\"ack\",\"timestamp\":").append(field_of(line, is_bar ? "ts_ms" : "timestamp"));
    acks_.append(",\"symbol\":\"").append(field_of(line, "symbol")).append("\"");
    if (is_bar) acks_.append(",\"revision\":").append(field_of(line, "revision"));
    acks_.append("}\n");
  }
  if (acks_.empty()) return;
  const ssize_t count = ::send(connection_, acks_.data(), acks_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (count > 0) acks_.erase(0, static_cast<std::size_t>(count));
}

}  // namespace streamd
