// Recognises a file that was tailed before: by device, inode and a hash of its first bytes, so that under another name
// it is the same file, and a new file under an old name is new.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "core/event.h"

namespace streamd {

inline constexpr std::uint64_t kPrefixBytes = 4096;

// XXH3 (64 bits) of the file's first `bytes` raw bytes; fewer when it is shorter.
Result<std::uint64_t> hash_prefix(int fd, const std::string& path, std::uint64_t bytes);

// What `positions` know of the open file `fd`.
Result<std::optional<TailPosition>> find_tailed(const std::vector<TailPosition>& positions, int fd,
                                                const std::string& path);
// Under this path, read in part; nullptr when there is none.
const TailPosition* find_unfinished(const std::vector<TailPosition>& positions, const std::string& path);

}  // namespace streamd
