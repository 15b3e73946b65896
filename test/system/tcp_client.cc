#include "system/tcp_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace streamd {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

}  // namespace

TcpClient::TcpClient(std::uint16_t port) {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0) fail("cannot open a socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    fail("cannot connect to port " + std::to_string(port));
  }
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

TcpClient::TcpClient(TcpClient&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      received_(std::move(other.received_)),
      ended_(other.ended_),
      longest_block_(other.longest_block_) {}

TcpClient::~TcpClient() {
  close();
}

std::uint16_t TcpClient::local_port() const {
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  if (::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0) fail("the socket has no name");
  return ntohs(address.sin_port);
}

void TcpClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) fail("cannot send");
    const auto start = steady_clock::now();
    pollfd room{fd_, POLLOUT, 0};
    if (::poll(&room, 1, static_cast<int>(kPatience.count())) == 0) throw std::runtime_error("send blocks for ever");
    longest_block_ = std::max(longest_block_, std::chrono::duration_cast<milliseconds>(steady_clock::now() - start));
  }
}

void TcpClient::send_in_pieces(std::string_view bytes, std::mt19937_64& random) {
  while (!bytes.empty()) {
    const std::size_t wanted = random() % 3 == 0 ? 1 : 1 + random() % (random() % 8 == 0 ? 20'000 : 300);
    const std::size_t count = std::min(wanted, bytes.size());
    send(bytes.substr(0, count));
    bytes.remove_prefix(count);
  }
}

std::size_t TcpClient::send_some(std::string_view bytes) {
  const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return count < 0 ? 0 : static_cast<std::size_t>(count);
}

bool TcpClient::receive(milliseconds limit) {
  pollfd readable{fd_, POLLIN, 0};
  if (ended_ || ::poll(&readable, 1, static_cast<int>(limit.count())) <= 0) return false;
  char buffer[4096];
  const ssize_t count = ::recv(fd_, buffer, sizeof(buffer), 0);
  ended_ = count <= 0;
  if (!ended_) received_.append(buffer, static_cast<std::size_t>(count));
  return true;
}

std::optional<std::string> TcpClient::read_line(milliseconds limit) {
  const auto end = steady_clock::now() + limit;
  for (;;) {
    const std::size_t newline = received_.find('\n');
    if (newline != std::string::npos) {
      std::string line = received_.substr(0, newline);
      received_.erase(0, newline + 1);
      return line;
    }
    const auto left = std::chrono::ceil<milliseconds>(end - steady_clock::now());
    if (!receive(std::max(left, milliseconds(0)))) return std::nullopt;
    if (ended_) received_.clear();  // a torn line of a daemon that was killed
  }
}

std::string TcpClient::read_to_end(milliseconds limit) {
  const auto end = steady_clock::now() + limit;
  while (!ended_) {
    const auto left = std::chrono::ceil<milliseconds>(end - steady_clock::now());
    if (left.count() <= 0) throw std::runtime_error("the daemon does not close; it sent: " + received_);
    receive(left);
  }
  return std::exchange(received_, {});
}

void TcpClient::half_close() {
  if (::shutdown(fd_, SHUT_WR) != 0) fail("cannot shut the socket down");
}

bool TcpClient::wait_closed(milliseconds limit) {
  const auto end = steady_clock::now() + limit;
  for (;;) {
    const auto left = std::chrono::duration_cast<milliseconds>(end - steady_clock::now());
    pollfd readable{fd_, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&readable, 1, static_cast<int>(left.count())) == 0) return false;
    char buffer[256];
    const ssize_t count = ::recv(fd_, buffer, sizeof(buffer), 0);
    if (count == 0) return true;
    if (count < 0) fail("the connection was not closed in order");
    throw std::runtime_error("the daemon sent: " + std::string(buffer, static_cast<std::size_t>(count)));
  }
}

void TcpClient::finish() {
  half_close();
  if (!wait_closed()) throw std::runtime_error("the daemon does not close a half-closed connection");
}

void TcpClient::reset() {
  const linger at_once{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  close();
}

void TcpClient::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

}  // namespace streamd
