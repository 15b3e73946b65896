// Whether a disk has room for what a commit is about to write. A disk that fills up under a commit costs only that
// commit; one that fills up under a checkpoint brings DuckDB to a fatal error, and has lost rows. So it is asked first.
//
// Room for the log: twice the pending bytes (a row is written with its texts, beside its span), and 1 MiB.
// Room for the file: that; and twice the log, which is rewritten as blocks before it goes; and the file itself, up to
// 64 MiB of it, because a checkpoint writes the row groups that changed anew before it frees the old ones: all of a
// small file, and of a large one its newest end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"

namespace streamd {

struct CommitSizes {
  std::uint64_t pending_bytes = 0;
  std::uint64_t log_bytes = 0;
  std::uint64_t file_bytes = 0;
};

std::uint64_t room_for_log(const CommitSizes& sizes);
std::uint64_t room_for_file(const CommitSizes& sizes);

// Free bytes where the file at `path` is or will be; nothing when the system does not say.
std::optional<std::uint64_t> free_bytes(const std::string& path);

Error disk_full_error(const std::string& path, std::uint64_t free, std::uint64_t needed);

}  // namespace streamd
