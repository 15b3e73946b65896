#include "http/lingering_sockets.h"

#include <sys/socket.h>

#include <cerrno>

namespace streamd {
namespace {

constexpr std::size_t kMaxForgottenBytes = 8 << 20;
constexpr int kReadsATurn = 16;

}  // namespace

void LingeringSockets::add(int fd) {
  ::shutdown(fd, SHUT_WR);
  if (sockets_.size() >= max_sockets_) sockets_.pop_front();
  const auto socket = std::make_shared<Socket>(context_, fd);
  socket->until = std::chrono::steady_clock::now() + time_;
  sockets_.push_back(socket);
  watch(socket);
}

void LingeringSockets::watch(const std::shared_ptr<Socket>& socket) {
  socket->descriptor.async_wait(
      boost::asio::posix::descriptor_base::wait_read,
      [this, weak = std::weak_ptr<Socket>(socket)](const boost::system::error_code& failure) {
        const auto readable = weak.lock();
        if (!readable) return;
        if (failure || !drain(*readable)) {
          sockets_.remove(readable);
        } else {
          watch(readable);
        }
      });
}

bool LingeringSockets::drain(Socket& socket) {
  char forgotten[16 << 10];
  for (int i = 0; i < kReadsATurn; ++i) {
    const ssize_t count = ::recv(socket.descriptor.native_handle(), forgotten, sizeof forgotten, MSG_DONTWAIT);
    if (count < 0) return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    if (count == 0) return false;
    socket.bytes += static_cast<std::size_t>(count);
  }
  return socket.bytes < kMaxForgottenBytes;
}

void LingeringSockets::look_at_time(std::chrono::steady_clock::time_point now) {
  while (!sockets_.empty() && sockets_.front()->until <= now) sockets_.pop_front();
}

}  // namespace streamd
