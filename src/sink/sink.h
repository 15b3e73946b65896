// The port behind which lines leave: a file, a TCP peer, stdout. Each reads its own spool and keeps its own cursor; its
// do_work() is called by a thread of its own, so that none waits for another, and nothing that it does reaches the
// ingest but a full spool. At least once: after a crash, what the cursor had not passed comes again.
#pragma once

#include <cstdint>
#include <string>

#include "base/units.h"
#include "sink/spool.h"

namespace streamd {

// Read by anyone while the sink works.
struct SinkStatus {
  std::uint64_t bytes_sent = 0;
  std::uint64_t lines_sent = 0;      // redelivered ones, too
  std::uint64_t connects = 0;        // or openings
  std::uint64_t failures = 0;
  std::uint64_t peer_lines_ignored = 0;  // that acknowledged nothing which is under way
  std::uint64_t bytes_undelivered = 0;  // in the spool, not sent (or not acknowledged, by a peer that acknowledges)
  std::uint64_t delivered_position = 0;  // in the spool: all before it is delivered, as above
  bool connected = false;
};

class Sink {
 public:
  virtual ~Sink() = default;
  virtual const std::string& spec() const = 0;

  // Delivers a piece of what waits, or waits up to `wait_ms` for something to do. Failures are logged at a bounded rate
  // and tried again with backoff; nothing is dropped. False: there is nothing more to deliver at the moment.
  virtual bool do_work(int wait_ms) = 0;
  // Everything in the spool is delivered (and acknowledged, where the peer acknowledges).
  // The sink's thread, as all that is not said to be any's.
  virtual bool delivered_all() const = 0;
  // Delivery can go on without help: the file is open, the peer connected. Where not, a stop does not wait for it.
  virtual bool is_able() const = 0;
  // Any thread: the next do_work() opens its file anew, between two lines.
  virtual void reopen() {}
  // Any thread.
  virtual SinkStatus status() const = 0;
  // Keeps the cursor where it is now, and closes. Nothing else is called after it.
  virtual void close() = 0;
};

}  // namespace streamd
