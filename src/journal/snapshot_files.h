// Snapshots of the core's state: each a file of its own, whole or not there, named by its position in the journal.
// One thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "core/effect.h"
#include "io/disk.h"

namespace streamd {

struct Snapshot {
  std::string journal_id;
  UnixMillis created_wall_ms = 0;
  StateCopy state;
};

class SnapshotFiles {
 public:
  SnapshotFiles(Disk& disk, std::string folder) : disk_(disk), folder_(std::move(folder)) {}

  // Survives the loss of power when it returns.
  Result<void> write(const std::string& journal_id, UnixMillis wall_ms, const StateCopy& state);
  // By their names, ascending.
  Result<std::vector<std::uint64_t>> positions() const;
  // Error: it is not whole. Kind refused: of a version that this program does not know.
  Result<Snapshot> load(std::uint64_t position) const;

  Result<void> remove(std::uint64_t position);
  // Those of a future that did not happen.
  Result<void> remove_beyond(std::uint64_t position);
  // A damaged one: it counts no more.
  Result<void> set_aside(std::uint64_t position, const std::string& mark);
  // Keeps the newest two, the newest at or before `anchor`, and the first of each of the journal's segments (which
  // begin at `segment_positions`); so there are enough, and not more of them than segments.
  Result<void> prune(const std::vector<std::uint64_t>& segment_positions, std::uint64_t anchor);

 private:
  std::string path(std::uint64_t position) const;
  Result<void> write_file(const std::string& file_path, const std::string& journal_id, UnixMillis wall_ms,
                          const StateCopy& state);

  Disk& disk_;
  const std::string folder_;
};

}  // namespace streamd
