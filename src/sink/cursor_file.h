// Where a sink is: a small file beside its spool, written after each delivery and never synced. Two slots take turns, each
// written at once with a checksum, so that killing the process leaves the newest or the one before it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "io/disk.h"

namespace streamd {

// The file that a file sink wrote to, and how large it was then.
struct OutputFile {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t bytes = 0;
  friend bool operator==(const OutputFile&, const OutputFile&) = default;
};

struct SinkCursor {
  std::uint64_t position = 0;         // in the spool: what lies before it was delivered
  std::uint64_t synced_position = 0;  // a loss of power does not take that back
  bool peer_acknowledges = false;     // it has, once
  OutputFile output;
  friend bool operator==(const SinkCursor&, const SinkCursor&) = default;
};

class CursorFile {
 public:
  // A file in which no slot can be read counts as new.
  static Result<CursorFile> open(Disk& disk, const std::string& path);

  // The newest that was kept; nothing in a new file.
  const std::optional<SinkCursor>& kept() const { return kept_; }
  // Writes when it is another one. On an error the file has the one before.
  Result<void> keep(const SinkCursor& cursor);

 private:
  explicit CursorFile(std::unique_ptr<DiskFile> file) : file_(std::move(file)) {}

  std::unique_ptr<DiskFile> file_;
  std::uint64_t number_ = 0;  // of the newest
  std::optional<SinkCursor> kept_;
};

}  // namespace streamd
