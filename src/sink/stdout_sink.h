// Writes a spool's lines to a descriptor that others may share, stdout: it never changes how that is open, and waits with
// poll, so a pipe that nobody reads holds up this thread only. A pipe that was closed ends it: what waits is discarded,
// and is_closed() tells the owner to append no more. One thread; status() and is_closed() any.
// The process ignores SIGPIPE.
#pragma once

#include <atomic>
#include <memory>
#include <random>
#include <string>
#include <string_view>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "io/disk.h"
#include "sink/cursor_file.h"
#include "sink/sink.h"
#include "sink/sink_counts.h"

namespace streamd {

struct StdoutSinkOptions {
  std::string spec = "stdout";
  int fd = 1;
  std::string cursor_path;  // beside the spool
};

class StdoutSink final : public Sink {
 public:
  // The spool lives longer. Error: the cursor cannot be opened.
  static Result<std::unique_ptr<StdoutSink>> open(Disk& disk, const Clock& clock, Spool& spool,
                                                  const StdoutSinkOptions& options);

  const std::string& spec() const override { return options_.spec; }
  bool do_work(int wait_ms) override;
  bool delivered_all() const override;
  bool is_able() const override { return !is_closed_ && !is_blocked_; }
  SinkStatus status() const override { return counts_.status(spool_.end_position()); }
  void close() override { keep_cursor(); }

  bool is_closed() const { return is_closed_; }

 private:
  StdoutSink(const Clock& clock, Spool& spool, const StdoutSinkOptions& options, CursorFile cursor)
      : clock_(clock), spool_(spool), options_(options), cursor_file_(std::move(cursor)) {}

  bool take_piece();                // false: there is nothing to write
  bool wait_for_room(int wait_ms);  // of the descriptor
  void write_some();
  void wrote(std::size_t count);
  void end(const char* why);
  void keep_cursor();

  const Clock& clock_;
  Spool& spool_;
  const StdoutSinkOptions options_;
  CursorFile cursor_file_;
  bool is_regular_ = false;
  SinkCursor cursor_;
  std::string_view pending_;        // of the spool's piece: not written yet
  std::size_t piece_bytes_ = 0;
  std::uint64_t piece_next_ = 0;
  std::atomic<bool> is_closed_{false};
  bool is_blocked_ = false;
  ElapsedMillis again_ms_ = 0;      // not before, after a failure
  Backoff backoff_{std::random_device{}()};
  RateLimit failure_log_{10'000};
  SinkCounts counts_;
};

}  // namespace streamd
