// Appends a spool's lines to a file, which it never truncates or rewrites. One thread; reopen() and status() any.
// The cursor is written after each write, so killing the process brings back a piece at most; every second the file is
// synced (the first time with its folder), and the spool is trimmed below what was. A torn last line that is found is
// ended, and its line comes again.
#pragma once

#include <atomic>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "io/disk.h"
#include "io/file.h"
#include "sink/cursor_file.h"
#include "sink/sink.h"
#include "sink/sink_counts.h"

namespace streamd {

struct FileSinkOptions {
  std::string spec;
  std::string path;         // of the file
  std::string cursor_path;  // beside the spool
};

class FileSink final : public Sink {
 public:
  // The spool lives longer. Error: the file cannot be opened, or the cursor.
  static Result<std::unique_ptr<FileSink>> open(Disk& disk, const Clock& clock, Spool& spool,
                                                const FileSinkOptions& options);

  const std::string& spec() const override { return options_.spec; }
  bool do_work(int wait_ms) override;
  bool delivered_all() const override;
  bool is_able() const override { return static_cast<bool>(fd_) && !failing_; }
  void reopen() override;
  SinkStatus status() const override { return counts_.status(spool_.end_position()); }
  void close() override;

 private:
  FileSink(Disk& disk, const Clock& clock, Spool& spool, const FileSinkOptions& options, CursorFile cursor)
      : disk_(disk), clock_(clock), spool_(spool), options_(options), cursor_file_(std::move(cursor)) {}

  Result<void> open_file();
  void note_folders();  // before they are made
  Result<void> sync_folders();
  bool ends_within_line(std::uint64_t file_bytes) const;
  Result<void> end_torn_line();
  // Where to go on in the file that was opened.
  void find_position(const OutputFile& found);
  Result<bool> write_piece();  // true: there was something to write
  Result<void> write_pending(std::size_t& written);
  Result<void> sync_file();
  void keep_cursor();
  void keep_errors(const Result<void>& result);
  void wait(std::uint64_t seen, ElapsedMillis at_most_ms);

  Disk& disk_;
  const Clock& clock_;
  Spool& spool_;
  const FileSinkOptions options_;
  CursorFile cursor_file_;
  FileDescriptor fd_;
  bool is_regular_ = false;
  bool lacks_reader_ = false;        // a pipe that could not be opened
  SinkCursor cursor_;
  std::string_view pending_;         // of the spool's piece: not written yet
  std::size_t piece_bytes_ = 0;
  std::uint64_t piece_next_ = 0;
  bool ends_within_line_ = false;    // the file, as it was found: a newline comes before all else
  bool unsynced_ = false;
  std::vector<std::string> unsynced_folders_;  // without their entries the file would be gone
  ElapsedMillis synced_ms_ = 0;
  std::atomic<bool> reopen_{false};
  bool failing_ = false;
  bool spool_fails_ = false;         // not the file
  ElapsedMillis again_ms_ = 0;       // not before, after a failure
  Backoff backoff_{std::random_device{}()};
  RateLimit failure_log_{10'000};
  RateLimit cursor_log_{60'000};
  RateLimit spool_log_{60'000};
  SinkCounts counts_;
};

}  // namespace streamd
