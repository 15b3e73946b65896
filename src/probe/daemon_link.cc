#include "probe/daemon_link.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "wire/reply_reader.h"

namespace streamd::probe {
namespace {

constexpr std::size_t kReadBytes = 16 << 10;
constexpr std::size_t kMaxAnswerBytes = 64 << 10;

Error no_daemon(const std::string& said) {
  return {"what answers there is no stream_daemon: " + said, ErrorKind::refused};
}

}  // namespace

Result<DaemonLink> DaemonLink::open(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* raw = nullptr;
  if (const int failure = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &raw); failure != 0) {
    return Error{fmt::format("--host {}: {}", host, ::gai_strerror(failure))};
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> addresses(raw, ::freeaddrinfo);
  int error = 0;
  for (const addrinfo* address = addresses.get(); address != nullptr; address = address->ai_next) {
    FileDescriptor socket(::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket || ::connect(socket.get(), address->ai_addr, address->ai_addrlen) != 0) {
      error = errno;
      continue;
    }
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return DaemonLink(std::move(socket));
  }
  return Error{fmt::format("cannot connect to {}:{}: {}; start stream_daemon there, or give --host and --port", host, port,
                           std::strerror(error))};
}

Error DaemonLink::broken(const char* action, int error_number) {
  // It may have said why.
  while (true) {
    auto answer = next_answer();
    if (!answer && answer.error().kind == ErrorKind::refused) return answer.error();
    if (!answer || !answer->has_value()) break;
    if (answer->value().type == "error") return Error{"the daemon said: " + answer->value().text};
  }
  return Error{fmt::format("cannot {}: {}", action, std::strerror(error_number))};
}

Result<void> DaemonLink::wait(bool to_write, std::chrono::nanoseconds at_most) {
  pollfd ready{socket_.get(), static_cast<short>(to_write ? POLLIN | POLLOUT : POLLIN), 0};
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(at_most);
  const timespec limit{seconds.count(), (at_most - seconds).count()};
  if (::ppoll(&ready, 1, &limit, nullptr) < 0 && errno != EINTR) return Error{fmt::format("cannot wait: {}", std::strerror(errno))};
  return {};
}

Result<std::size_t> DaemonLink::send(std::string_view bytes) {
  const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent >= 0) return static_cast<std::size_t>(sent);
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return std::size_t{0};
  return broken("send", errno);
}

void DaemonLink::end() {
  ::shutdown(socket_.get(), SHUT_WR);
  has_ended_ = true;
}

Result<std::optional<Answer>> DaemonLink::next_answer() {
  std::size_t end = received_.find('\n', read_);
  if (end == std::string::npos) {
    received_.erase(0, read_);
    read_ = 0;
    const std::size_t had = received_.size();
    received_.resize(had + kReadBytes);
    const ssize_t got = ::recv(socket_.get(), received_.data() + had, kReadBytes, MSG_DONTWAIT);
    const int error_number = errno;
    received_.resize(had + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got == 0 && !has_ended_) return Error{"the daemon has closed the connection"};
    has_closed_ = got == 0;
    if (got < 0 && error_number != EAGAIN && error_number != EWOULDBLOCK && error_number != EINTR) {
      return Error{fmt::format("the connection is lost: {}", std::strerror(error_number))};
    }
    end = received_.find('\n');
    if (end == std::string::npos) {
      if (received_.size() > kMaxAnswerBytes) return no_daemon("a line without an end");
      return std::optional<Answer>();
    }
  }
  Answer answer;
  answer.text = received_.substr(read_, end - read_);
  read_ = end + 1;
  const Reply reply = read_reply(answer.text);
  if (reply.type.empty()) return no_daemon(answer.text.substr(0, 80));
  answer.type = reply.type;
  answer.number = reply.seq;
  return std::optional(std::move(answer));
}

}  // namespace streamd::probe
