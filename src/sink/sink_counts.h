// What a sink counts; its thread writes it, anyone reads it.
#pragma once

#include <algorithm>
#include <atomic>
#include <string_view>

#include "base/counters.h"
#include "sink/sink.h"

namespace streamd {

struct SinkCounts {
  Counter bytes_sent;
  Counter lines_sent;
  Counter connects;
  Counter failures;
  Counter peer_lines_ignored;
  Counter delivered_position;  // in the spool
  std::atomic<bool> connected{false};

  void sent(std::string_view bytes) {
    bytes_sent.add(bytes.size());
    lines_sent.add(static_cast<std::uint64_t>(std::count(bytes.begin(), bytes.end(), '\n')));
  }
  SinkStatus status(std::uint64_t spool_end) const {
    SinkStatus status;
    status.bytes_sent = bytes_sent.get();
    status.lines_sent = lines_sent.get();
    status.connects = connects.get();
    status.failures = failures.get();
    status.peer_lines_ignored = peer_lines_ignored.get();
    status.delivered_position = delivered_position.get();
    status.bytes_undelivered = spool_end - std::min(spool_end, status.delivered_position);
    status.connected = connected.load(std::memory_order_relaxed);
    return status;
  }
};

}  // namespace streamd
