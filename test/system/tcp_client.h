// A producer's side of one TCP connection to 127.0.0.1. One thread. Every call has a time limit; a call that fails
// throws std::runtime_error.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include "system/process.h"

namespace streamd {

class TcpClient {
 public:
  explicit TcpClient(std::uint16_t port);
  ~TcpClient();
  TcpClient(TcpClient&& other) noexcept : fd_(other.fd_), longest_block_(other.longest_block_) { other.fd_ = -1; }
  TcpClient(const TcpClient&) = delete;
  TcpClient& operator=(const TcpClient&) = delete;

  std::uint16_t local_port() const;
  // Returns when the kernel has taken all of it.
  void send(std::string_view bytes);
  // The same, cut at random; many pieces are one byte long.
  void send_in_pieces(std::string_view bytes, std::mt19937_64& random);
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
  int fd_ = -1;
  milliseconds longest_block_{0};
};

}  // namespace streamd
