// A TCP connection to the daemon, and what comes back on it. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "io/file.h"

namespace streamd::probe {

// A line of the daemon's (docs/contract.md, "Producers that want to know").
struct Answer {
  std::string type;
  std::uint64_t number = 0;  // seq of an ack, last_seq of a welcome
  std::string text;          // the whole line, without newline
};

class DaemonLink {
 public:
  // Error: it says what to do.
  static Result<DaemonLink> open(const std::string& host, std::uint16_t port);

  // Waits up to so long until something can be read, or written if that is wanted. Error: it is broken.
  Result<void> wait(bool to_write, std::chrono::nanoseconds at_most);
  // As much of it as the kernel takes now; the number of bytes. Error: it is broken, with the daemon's own reason when
  // it gave one.
  Result<std::size_t> send(std::string_view bytes);
  // The next answer that has come. Error: the daemon has closed before end(), or said what is none (kind refused).
  Result<std::optional<Answer>> next_answer();
  // Nothing more will be sent; the daemon closes when it has read what was.
  void end();
  bool has_closed() const { return has_closed_; }  // seen by next_answer(), behind end()

 private:
  explicit DaemonLink(FileDescriptor socket) : socket_(std::move(socket)) {}
  Error broken(const char* action, int error_number);

  FileDescriptor socket_;
  std::string received_;
  std::size_t read_ = 0;  // of received_, taken
  bool has_ended_ = false;
  bool has_closed_ = false;
};

}  // namespace streamd::probe
