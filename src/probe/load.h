// A whole load: its connections, each on a thread of its own, and what came of them. The main thread.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "probe/sender.h"

namespace streamd::probe {

struct LoadProgress {
  double elapsed_s;
  std::uint64_t lines;
  std::uint64_t bytes;
  std::uint64_t unacked_bytes;
};

struct LoadResult {
  std::uint64_t lines = 0;  // bad ones, too
  std::uint64_t bad = 0;
  std::uint64_t bytes = 0;
  std::int64_t start_us = 0;  // wall clock: before the first line was made
  double seconds = 0;  // until the last byte was taken, with acks until the last ack; at least what the rate takes
  std::uint64_t resent = 0;
  std::uint64_t reconnects = 0;
  Latencies latencies;  // with acks
  std::string refused_line;
};

class Load {
 public:
  // `stop` ends it early; outlives it.
  Load(const LoadOptions& options, const std::string& run_name, const std::atomic<bool>& stop);

  // All connections; then they wait for run().
  Result<void> connect();
  // Sends it all; calls `on_progress` some times a second. With `settles`, until the rows are in the database: the
  // connections stay open as long as this lives. Without, until all is acknowledged, or read and the connections closed.
  // Error: the first of any connection; it ends them all.
  Result<void> run(bool settles, const std::function<void(const LoadProgress&)>& on_progress);

  // Behind run().
  LoadResult result() const;
  std::vector<const LineMaker*> lines() const;
  // For each event second the earliest.
  std::vector<SecondMark> marks() const;

 private:
  LoadProgress progress(const RunClock& clock) const;

  const LoadOptions& options_;
  const std::atomic<bool>& stop_;
  std::atomic<bool> ends_{false};  // by stop_, or because a connection failed
  std::vector<std::unique_ptr<Sender>> senders_;
  std::int64_t start_ns_ = 0;
  std::int64_t start_us_ = 0;
};

}  // namespace streamd::probe
