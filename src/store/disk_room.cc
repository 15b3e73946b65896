#include "store/disk_room.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace streamd {
namespace {

constexpr std::uint64_t kMiB = 1024 * 1024;
constexpr std::uint64_t kMaxRewritten = 64 * kMiB;

}  // namespace

std::uint64_t room_for_log(const CommitSizes& sizes) {
  return 2 * sizes.pending_bytes + kMiB;
}

std::uint64_t room_for_file(const CommitSizes& sizes) {
  return room_for_log(sizes) + 2 * sizes.log_bytes + std::min(sizes.file_bytes, kMaxRewritten);
}

std::optional<std::uint64_t> free_bytes(const std::string& path) {
  std::error_code failed;
  const std::filesystem::path folder = std::filesystem::absolute(path, failed).parent_path();
  if (failed) return std::nullopt;
  const std::filesystem::space_info space = std::filesystem::space(folder, failed);
  if (failed) return std::nullopt;
  return space.available;
}

Error disk_full_error(const std::string& path, std::uint64_t free, std::uint64_t needed) {
  return Error{fmt::format("disk full: {} bytes are free for {}, {} are needed; rows wait until there is room", free,
                           path, needed)};
}

}  // namespace streamd
