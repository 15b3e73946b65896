// Many producers over TCP. Each connection has its protocol in ingest_connection; here are the sockets.
// Reads only when told to: while nobody calls read(), the kernel's buffers fill and TCP slows the producers.
// At the bound on connections it stops accepting; the next ones wait in the kernel's queue.
// The intake's thread only, but for wake().
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/counters.h"
#include "base/result.h"
#include "source/ingest_connection.h"
#include "source/source.h"

namespace streamd {

class TcpSource final : public Source {
 public:
  TcpSource(std::size_t max_connections, Protocol& protocol, Counters& counters);
  ~TcpSource() override;

  // Takes the port; nobody can connect yet. Port 0 picks one. Error: the address is in use or not ours.
  Result<void> bind(const std::string& host, std::uint16_t port);
  // Error: somebody else who was bound to it, too, was first.
  Result<void> listen();
  std::uint16_t port() const;

  // Ends a poll() that waits. Any thread.
  void wake();

  void poll(int at_most_ms) override;
  bool read() override;
  void add_undrained(std::vector<BusySource>& busy) const override;
  void end_batch() override;
  void answer() override;
  bool has_answers() const override;
  // Accepts what is waiting, then no more.
  void stop() override;
  std::uint64_t bytes_to_read() const override;
  void finish() override;
  void close() override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace streamd
