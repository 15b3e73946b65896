// A TCP peer on the loopback for sinks to deliver to, driven by the test's own thread.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "io/file.h"

namespace streamd {

class TestPeer {
 public:
  // `receive_buffer` 0: the system's own.
  explicit TestPeer(int receive_buffer = 0, std::uint16_t port = 0) {
    listener_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int one = 1;
    ::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (receive_buffer > 0) {
      ::setsockopt(listener_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_.get(), 8), 0);
    socklen_t size = sizeof address;
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }

  std::uint16_t port() const { return port_; }
  bool is_connected() const { return static_cast<bool>(connection_); }
  // Accepts, when it has no connection; then takes what has come.
  void poll() {
    if (!connection_) {
      connection_.reset(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (!connection_) return;
      ++connections_;
      received_.clear();
    }
    char buffer[65536];
    for (;;) {
      const ssize_t count = ::recv(connection_.get(), buffer, sizeof buffer, 0);
      if (count <= 0) break;
      received_.append(buffer, static_cast<std::size_t>(count));
    }
  }
  void accept_only() {
    connection_.reset(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  }
  void send(const std::string& text) {
    EXPECT_EQ(::send(connection_.get(), text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }
  void half_close() { ::shutdown(connection_.get(), SHUT_WR); }
  void reset() {
    const linger at_once{1, 0};
    ::setsockopt(connection_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    connection_.reset();
  }
  void close() { connection_.reset(); }
  void stop_listening() { listener_.reset(); }

  const std::string& received() const { return received_; }  // on the last connection
  int connections() const { return connections_; }

 private:
  FileDescriptor listener_;
  FileDescriptor connection_;
  std::uint16_t port_ = 0;
  std::string received_;
  int connections_ = 0;
};

}  // namespace streamd
