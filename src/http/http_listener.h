// Listening sockets, TCP and Unix, and the taking in of what connects to them. A failure to accept (too many open
// files, say) makes it wait a little, not spin and not end.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/log.h"
#include "base/result.h"
#include "http/request_target.h"
#include "io/file.h"

namespace streamd {

struct ListeningSocket {
  FileDescriptor fd;
  RequestDoor door;
  std::uint16_t port = 0;
};

Result<ListeningSocket> listen_on_tcp(const std::string& host, std::uint16_t port);

// The socket's file goes with it, unless another one has taken its place.
struct UnixSocketFile {
  std::string path;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  void remove() const;
};
Result<ListeningSocket> listen_on_unix(const std::string& path, UnixSocketFile& file);

// The server's thread only, but for the constructor.
class HttpListener {
 public:
  // `take`: gets each connection, non-blocking, and owns it.
  using Take = std::function<void(FileDescriptor fd, const RequestDoor& door)>;
  HttpListener(boost::asio::io_context& context, ListeningSocket socket, Take take);

  void start();
  void close();

 private:
  void accept_some();
  void wait_a_little(int error);

  boost::asio::posix::stream_descriptor descriptor_;
  boost::asio::steady_timer timer_;
  const RequestDoor door_;
  const Take take_;
  bool is_closed_ = false;
  RateLimit accept_log_{10'000};
};

}  // namespace streamd
