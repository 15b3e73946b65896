// A client that says exactly the bytes that it is told to: for tests of the HTTP server. Each wait has a limit.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace streamd {

struct HttpReply {
  unsigned status = 0;
  std::map<std::string, std::string> fields;  // names in lower case
  std::string body;

  std::string field(const std::string& name) const {
    const auto found = fields.find(name);
    return found == fields.end() ? "" : found->second;
  }
};

class HttpClient {
 public:
  using milliseconds = std::chrono::milliseconds;
  static constexpr milliseconds kPatience{30'000};

  explicit HttpClient(std::uint16_t port, int receive_buffer = 0)
      : HttpClient(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), receive_buffer) {
    connect_to(port);
  }
  explicit HttpClient(const std::string& unix_path) : HttpClient(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), 0) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, unix_path.data(), std::min(unix_path.size(), sizeof address.sun_path - 1));
    is_connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  // Not connected yet.
  static HttpClient unconnected() { return HttpClient(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), 0); }
  HttpClient(HttpClient&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), is_connected_(other.is_connected_), received_(std::move(other.received_)) {}
  HttpClient& operator=(HttpClient&&) = delete;
  ~HttpClient() { close(); }

  void connect_to(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    is_connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  bool is_open() const { return fd_ >= 0; }
  bool is_connected() const { return is_connected_; }

  // False when the server does not take all of it.
  bool send(std::string_view bytes, milliseconds limit = kPatience) {
    const auto until = std::chrono::steady_clock::now() + limit;
    while (!bytes.empty()) {
      const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(count));
      } else if (errno != EAGAIN || !wait_for(POLLOUT, until)) {
        return false;
      }
    }
    return true;
  }

  void get(const std::string& target, const std::string& more_fields = "") {
    send("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + more_fields + "\r\n");
  }

  // Through that text. Nothing when it does not come.
  std::optional<std::string> read_through(std::string_view text, milliseconds limit = kPatience) {
    const auto until = std::chrono::steady_clock::now() + limit;
    for (;;) {
      const std::size_t at = received_.find(text);
      if (at != std::string::npos) return take(at + text.size());
      if (!receive(until)) return std::nullopt;
    }
  }

  std::optional<std::string> read_bytes(std::size_t size, milliseconds limit = kPatience) {
    const auto until = std::chrono::steady_clock::now() + limit;
    while (received_.size() < size) {
      if (!receive(until)) return std::nullopt;
    }
    return take(size);
  }

  // The body only as far as its length is told; not of an answer to HEAD.
  std::optional<HttpReply> read_reply(bool has_body = true, milliseconds limit = kPatience) {
    const auto head = read_through("\r\n\r\n", limit);
    if (!head || !head->starts_with("HTTP/1.1 ")) return std::nullopt;
    HttpReply reply;
    reply.status = static_cast<unsigned>(std::stoul(head->substr(9, 3)));
    for (std::size_t line = head->find("\r\n") + 2; line + 2 < head->size();) {
      const std::size_t end = head->find("\r\n", line);
      const std::size_t colon = head->find(": ", line);
      std::string name = head->substr(line, colon - line);
      std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
      reply.fields[name] = head->substr(colon + 2, end - colon - 2);
      line = end + 2;
    }
    const std::string length = reply.field("content-length");
    if (!has_body || length.empty()) return reply;
    auto body = read_bytes(std::stoul(length), limit);
    if (!body) return std::nullopt;
    reply.body = std::move(*body);
    return reply;
  }

  // All that still comes; nothing when the server does not close.
  std::optional<std::string> read_to_end(milliseconds limit = kPatience) {
    const auto until = std::chrono::steady_clock::now() + limit;
    while (receive(until)) {
    }
    return has_ended_ ? std::optional(std::exchange(received_, "")) : std::nullopt;
  }
  bool was_reset() const { return was_reset_; }

  void half_close() { ::shutdown(fd_, SHUT_WR); }
  void reset() {
    const linger at_once{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
  }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  HttpClient(int fd, int receive_buffer) : fd_(fd) {
    if (receive_buffer > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }

  bool wait_for(short events, std::chrono::steady_clock::time_point until) const {
    const auto left = std::chrono::duration_cast<milliseconds>(until - std::chrono::steady_clock::now()).count();
    pollfd poll{fd_, events, 0};
    return left > 0 && ::poll(&poll, 1, static_cast<int>(left)) > 0;
  }

  bool receive(std::chrono::steady_clock::time_point until) {
    if (has_ended_ || !wait_for(POLLIN, until)) return false;
    char buffer[64 << 10];
    const ssize_t count = ::recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT);
    if (count > 0) {
      received_.append(buffer, static_cast<std::size_t>(count));
      return true;
    }
    has_ended_ = true;
    was_reset_ = count < 0;
    return false;
  }

  std::string take(std::size_t size) {
    std::string taken = received_.substr(0, size);
    received_.erase(0, size);
    return taken;
  }

  int fd_ = -1;
  bool is_connected_ = false;
  bool has_ended_ = false;
  bool was_reset_ = false;
  std::string received_;
};

}  // namespace streamd
