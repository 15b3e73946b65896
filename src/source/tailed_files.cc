#include "source/tailed_files.h"

#include <xxhash.h>

#include <algorithm>

#include "io/file.h"

namespace streamd {

Result<std::uint64_t> hash_prefix(int fd, const std::string& path, std::uint64_t bytes) {
  std::vector<char> prefix(bytes);
  auto count = read_at(fd, path, prefix.data(), prefix.size(), 0);
  if (!count) return count.error();
  return static_cast<std::uint64_t>(XXH3_64bits(prefix.data(), *count));
}

Result<std::optional<TailPosition>> find_tailed(const std::vector<TailPosition>& positions, int fd,
                                                const std::string& path) {
  auto status = file_status(fd, path);
  if (!status) return status.error();
  for (const TailPosition& position : positions) {
    if (position.device != status->st_dev || position.inode != status->st_ino) continue;
    auto hash = hash_prefix(fd, path, position.prefix_bytes);
    if (!hash) return hash.error();
    if (*hash == position.prefix_hash) return std::optional(position);
  }
  return std::optional<TailPosition>();
}

const TailPosition* find_unfinished(const std::vector<TailPosition>& positions, const std::string& path) {
  const auto found = std::find_if(positions.begin(), positions.end(), [&](const TailPosition& position) {
    return position.path == path && !position.finished;
  });
  return found == positions.end() ? nullptr : &*found;
}

}  // namespace streamd
