// A producer on a thread of its own that keeps every figure of a daemon moving: good and bad lines, late trades,
// control lines, lines that were in already, and a price that rises, so that decisions want exposure.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

#include "system/daemon_process.h"

namespace streamd {

class BusyProducer {
 public:
  // Sends until finish().
  explicit BusyProducer(std::uint16_t port);
  ~BusyProducer();
  BusyProducer(const BusyProducer&) = delete;
  BusyProducer& operator=(const BusyProducer&) = delete;

  // All is read when it returns; how many lines that were.
  std::uint64_t finish();

  // For a daemon in that folder: figures over HTTP, bounds that some lines break, an open gate, decisions that the cost
  // gate holds, summaries, and sinks of both kinds.
  static Arguments daemon_flags(const TempFolder& folder);

 private:
  void send(std::uint16_t port);

  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> lines_{0};
  std::thread thread_;
};

}  // namespace streamd
