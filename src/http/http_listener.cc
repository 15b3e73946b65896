#include "http/http_listener.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

namespace streamd {
namespace {

constexpr int kBacklog = 1024;
constexpr int kAcceptsATurn = 64;
constexpr auto kAfterFailure = std::chrono::milliseconds(100);

bool is_loopback(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    return (ntohl(v4.sin_addr.s_addr) >> 24) == 127;
  }
  if (address.ss_family != AF_INET6) return false;
  const in6_addr& v6 = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
  return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
}

std::uint16_t port_of(const sockaddr_storage& address) {
  return ntohs(address.ss_family == AF_INET ? reinterpret_cast<const sockaddr_in&>(address).sin_port
                                            : reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
}

// 0: nobody listens there. Else the reason why that is not so, or not known.
int probe_unix(const sockaddr_un& address) {
  FileDescriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return errno;
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return EADDRINUSE;
  if (errno == EAGAIN) return EADDRINUSE;
  return errno == ECONNREFUSED || errno == ENOENT ? 0 : errno;
}

// Of a file in the way. Removes it when it is a socket that nobody listens on.
Result<void> make_way(const std::string& path, const sockaddr_un& address) {
  const auto failed = [&](std::string_view why) {
    return Error{fmt::format("cannot listen on {}: {}; choose another path", path, why), ErrorKind::refused};
  };
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return errno == ENOENT ? Result<void>() : failed(std::strerror(errno));
  if (!S_ISSOCK(status.st_mode)) return failed("it is there, and is not a socket");
  const int reason = probe_unix(address);
  if (reason == EADDRINUSE) {
    return Error{fmt::format("cannot listen on {}: somebody listens there; is another daemon running?", path),
                 ErrorKind::locked};
  }
  if (reason != 0) return failed(std::strerror(reason));
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failed(std::strerror(errno));
  return {};
}

}  // namespace

Result<ListeningSocket> listen_on_tcp(const std::string& host, std::uint16_t port) {
  const auto failed = [&](std::string_view why, bool in_use = false) {
    return Error{fmt::format("cannot listen on {}:{} for HTTP: {}; {}choose another port or host", host, port, why,
                             in_use ? "is another daemon running? " : "")};
  };
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string port_text = std::to_string(port);
  const int failure = ::getaddrinfo(host.empty() ? nullptr : host.c_str(), port_text.c_str(), &hints, &found);
  if (failure != 0) return failed(::gai_strerror(failure));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);

  ListeningSocket socket;
  socket.fd.reset(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  if (!socket.fd || ::setsockopt(socket.fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(socket.fd.get(), found->ai_addr, found->ai_addrlen) != 0 || ::listen(socket.fd.get(), kBacklog) != 0) {
    return failed(std::strerror(errno), errno == EADDRINUSE);
  }
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (::getsockname(socket.fd.get(), reinterpret_cast<sockaddr*>(&bound), &size) != 0) {
    return failed(std::strerror(errno));
  }
  socket.port = port_of(bound);
  socket.door.host = host;
  socket.door.is_loopback = is_loopback(bound);
  return socket;
}

Result<ListeningSocket> listen_on_unix(const std::string& path, UnixSocketFile& file) {
  const auto failed = [&](std::string_view why) {
    return Error{fmt::format("cannot listen on {}: {}", path, why)};
  };
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return failed(fmt::format("a Unix socket's path has 1 to {} bytes, this one {}; choose a shorter one",
                              sizeof address.sun_path - 1, path.size()));
  }
  std::memcpy(address.sun_path, path.data(), path.size());

  ListeningSocket socket;
  socket.door.is_unix = true;
  socket.fd.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // On Linux the file that bind() makes takes over the socket's own mode: nobody else can connect at any time.
  if (!socket.fd || ::fchmod(socket.fd.get(), 0600) != 0) return failed(std::strerror(errno));
  const auto bind = [&] {
    return ::bind(socket.fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  };
  bool is_bound = bind();
  if (!is_bound && errno == EADDRINUSE) {
    if (auto way = make_way(path, address); !way) return way.error();
    is_bound = bind();
  }
  struct stat status {};
  if (!is_bound || ::listen(socket.fd.get(), kBacklog) != 0 || ::lstat(path.c_str(), &status) != 0) {
    return failed(std::strerror(errno));
  }
  file = {path, status.st_dev, status.st_ino};
  return socket;
}

void UnixSocketFile::remove() const {
  struct stat status {};
  if (path.empty() || ::lstat(path.c_str(), &status) != 0) return;
  if (status.st_dev == device && status.st_ino == inode) ::unlink(path.c_str());
}

HttpListener::HttpListener(boost::asio::io_context& context, ListeningSocket socket, Take take)
    : descriptor_(context, socket.fd.release()), timer_(context), door_(socket.door), take_(std::move(take)) {}

void HttpListener::start() {
  descriptor_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                         [this](const boost::system::error_code& failure) {
                           if (!is_closed_ && !failure) accept_some();
                         });
}

void HttpListener::close() {
  is_closed_ = true;
  boost::system::error_code ignored;
  descriptor_.close(ignored);
  timer_.cancel();
}

void HttpListener::accept_some() {
  for (int i = 0; i < kAcceptsATurn; ++i) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    FileDescriptor fd(::accept4(descriptor_.native_handle(), reinterpret_cast<sockaddr*>(&peer), &size,
                                SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) {
      if (errno == EAGAIN || errno == EWOULDBLOCK) break;
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) return wait_a_little(errno);
      continue;  // that connection is gone already
    }
    RequestDoor door = door_;
    if (!door.is_unix) {
      const int on = 1;
      ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      ::setsockopt(fd.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
      door.peer_is_loopback = is_loopback(peer);
    }
    take_(std::move(fd), door);
  }
  start();
}

void HttpListener::wait_a_little(int error) {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  if (accept_log_.allow(std::chrono::duration_cast<std::chrono::milliseconds>(now).count())) {
    log_error("HTTP: cannot accept a connection: {}", std::strerror(error));
  }
  timer_.expires_after(kAfterFailure);
  timer_.async_wait([this](const boost::system::error_code& failure) {
    if (!is_closed_ && !failure) accept_some();
  });
}

}  // namespace streamd
