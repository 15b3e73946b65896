#include "sink/peer_socket.h"

#include <fmt/format.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace streamd {
namespace {

constexpr ElapsedMillis kConnectWithinMs = 10'000;  // each address
// The kernel keeps twice as much: 1 MiB. What is in it is lost with the connection, and sent again.
constexpr int kSendBufferBytes = 512 * 1024;
constexpr int kUserTimeoutMs = 120'000;             // a peer that takes nothing for so long is gone
constexpr int kKeepAliveIdleS = 30;
constexpr int kKeepAliveEveryS = 10;
constexpr int kKeepAliveTimes = 6;

void set_option(int fd, int level, int option, int value) {
  static_cast<void>(::setsockopt(fd, level, option, &value, sizeof value));
}

void set_options(int fd) {
  set_option(fd, SOL_SOCKET, SO_SNDBUF, kSendBufferBytes);
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, kKeepAliveIdleS);
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, kKeepAliveEveryS);
  set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, kKeepAliveTimes);
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, kUserTimeoutMs);
}

}  // namespace

bool is_connected_to_itself(int fd) {
  sockaddr_storage own{};
  sockaddr_storage peer{};
  socklen_t own_size = sizeof own;
  socklen_t peer_size = sizeof peer;
  return ::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &own_size) == 0 &&
         ::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &peer_size) == 0 && own_size == peer_size &&
         std::memcmp(&own, &peer, own_size) == 0;
}

std::uint64_t PeerSocket::bytes_under_way() const {
  int count = 0;
  return ::ioctl(fd_.get(), SIOCOUTQ, &count) == 0 && count > 0 ? static_cast<std::uint64_t>(count) : 0;
}

Result<void> PeerSocket::connect(const std::string& host, std::uint16_t port, ElapsedMillis now_ms) {
  close();
  name_ = host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
  addresses_.clear();
  next_ = 0;
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) return Error{fmt::format("cannot look up {}: {}", host, ::gai_strerror(error))};
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    Address address{{}, each->ai_addrlen};
    std::memcpy(&address.bytes, each->ai_addr, each->ai_addrlen);
    addresses_.push_back(address);
  }
  ::freeaddrinfo(found);
  return connect_next(now_ms);
}

Result<void> PeerSocket::connect_next(ElapsedMillis now_ms) {
  while (next_ < addresses_.size()) {
    const Address& address = addresses_[next_++];
    fd_.reset(::socket(address.bytes.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd_) {
      keep_failure(errno);
      continue;
    }
    set_options(fd_.get());
    begun_ms_ = now_ms;
    state_ = State::connecting;
    if (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address.bytes), address.size) == 0) {
      if (take_connection()) return {};
      continue;
    }
    if (errno == EINPROGRESS) return {};
    keep_failure(errno);
  }
  close();
  return failure_;
}

Result<void> PeerSocket::finish_connecting(ElapsedMillis now_ms, int wait_ms, int wake_fd) {
  std::array<pollfd, 2> waiting = {pollfd{fd_.get(), POLLOUT, 0}, pollfd{wake_fd, POLLIN, 0}};
  if (::poll(waiting.data(), 2, wait_ms) < 0 || waiting[0].revents == 0) {
    if (now_ms - begun_ms_ < kConnectWithinMs) return {};
    keep_failure(ETIMEDOUT);
    return connect_next(now_ms);
  }
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error == 0) {
    if (take_connection()) return {};
    return connect_next(now_ms);
  }
  keep_failure(error);
  return connect_next(now_ms);
}

bool PeerSocket::take_connection() {
  if (is_connected_to_itself(fd_.get())) {
    // Ended by a reset, so that the port is free for whom it belongs to.
    const linger at_once{1, 0};
    static_cast<void>(::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once));
    keep_failure(ECONNREFUSED);
    return false;
  }
  state_ = State::connected;
  return true;
}

void PeerSocket::keep_failure(int error) {
  failure_ = {fmt::format("cannot connect to {}: {}", name_, std::strerror(error))};
}

void PeerSocket::close() {
  fd_.reset();
  state_ = State::closed;
}

}  // namespace streamd
