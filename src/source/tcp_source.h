// Many producers over TCP → the line intake. Each connection is a source of its own, from its first byte to its end.
// Reads only when told to: while nobody calls read(), the kernel's buffers fill and TCP slows the producers.
// At the bound on connections it stops accepting; the next ones wait in the kernel's queue.
// The intake's thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/counters.h"
#include "base/result.h"
#include "bars/tick.h"
#include "source/line_intake.h"

namespace streamd {

class TcpSource {
 public:
  TcpSource(std::size_t max_connections, LineIntake& intake, Counters& counters, const Clock& clock);
  ~TcpSource();

  // Port 0 picks one. Error: the address is in use or not ours.
  Result<void> listen(const std::string& host, std::uint16_t port);
  std::uint16_t port() const;

  // Waits up to `at_most_ms` for a connection or bytes; 0 only looks.
  void poll(int at_most_ms);
  // Reads a piece from every connection that has bytes. Returns false when none had any.
  bool read();
  // Connections that have bytes that were not read yet.
  void add_undrained(std::vector<BusySource>& busy) const;

  // Accepts what is waiting, then no more; read() goes on until all that has arrived by now is in.
  void stop_accepting();
  // After stop_accepting(): of what had arrived, still to be read.
  std::uint64_t bytes_to_read() const;
  // Unfinished lines count as lines; the connections close.
  void close_all();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace streamd
