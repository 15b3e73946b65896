// Connections that have had their last answer. A socket that is closed with bytes unread sends a reset, which can reach
// the client before it has read the answer; so its sending half is shut, and what still comes is read and forgotten,
// for a bounded time, of a bounded number of them. The server's thread only.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <cstddef>
#include <list>
#include <memory>

namespace streamd {

class LingeringSockets {
 public:
  LingeringSockets(boost::asio::io_context& context, std::size_t max_sockets, std::chrono::milliseconds time)
      : context_(context), max_sockets_(max_sockets), time_(time) {}

  // Takes over the socket; when there are too many, the oldest goes.
  void add(int fd);
  // Closes those whose time is over.
  void look_at_time(std::chrono::steady_clock::time_point now);
  void close_all() { sockets_.clear(); }
  bool empty() const { return sockets_.empty(); }

 private:
  struct Socket {
    Socket(boost::asio::io_context& context, int fd) : descriptor(context, fd) {}
    boost::asio::posix::stream_descriptor descriptor;
    std::chrono::steady_clock::time_point until;
    std::size_t bytes = 0;  // read since
  };
  void watch(const std::shared_ptr<Socket>& socket);
  // False: it has ended, or said too much.
  static bool drain(Socket& socket);

  boost::asio::io_context& context_;
  const std::size_t max_sockets_;
  const std::chrono::milliseconds time_;
  std::list<std::shared_ptr<Socket>> sockets_;  // the oldest first
};

}  // namespace streamd
