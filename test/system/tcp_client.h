// A producer's side of one TCP connection to 127.0.0.1. One thread. Every call has a time limit; a call that fails
// throws std::runtime_error.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "system/process.h"

namespace streamd {

class TcpClient {
 public:
  explicit TcpClient(std::uint16_t port);
  ~TcpClient();
  TcpClient(TcpClient&& other) noexcept;
  TcpClient(const TcpClient&) = delete;
  TcpClient& operator=(const TcpClient&) = delete;

  std::uint16_t local_port() const;
  // Returns when the kernel has taken all of it.
  void send(std::string_view bytes);
  // The same, cut at random; many pieces are one byte long.
  void send_in_pieces(std::string_view bytes, std::mt19937_64& random);
  // Sends what the kernel takes at once; how much that was. None once the daemon is gone.
  std::size_t send_some(std::string_view bytes);

  // What the daemon sends, line by line, without newline. Nothing when no line comes in time or it has closed.
  std::optional<std::string> read_line(milliseconds limit = kPatience);
  // All that it still sends before it closes; fails when it does not close.
  std::string read_to_end(milliseconds limit = kPatience);
  // It has closed or is gone, and all that it sent was taken.
  bool has_ended() const { return ended_ && received_.empty(); }

  // Nothing more will be sent.
  void half_close();
  // The daemon has closed: all that was sent before half_close() is read.
  bool wait_closed(milliseconds limit = kPatience);
  // half_close() and wait_closed().
  void finish();
  // Ends with RST.
  void reset();
  void close();
  // The longest time that send() stood still because the daemon did not read.
  milliseconds longest_block() const { return longest_block_; }

 private:
  // Takes what has come, or waits for it. False: nothing came.
  bool receive(milliseconds limit);

  int fd_ = -1;
  std::string received_;  // and not taken
  bool ended_ = false;
  milliseconds longest_block_{0};
};

}  // namespace streamd
