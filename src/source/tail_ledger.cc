#include "source/tail_ledger.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <sstream>

#include "io/file.h"

namespace streamd {

Result<std::uint64_t> hash_prefix(int fd, const std::string& path, std::uint64_t bytes) {
  std::vector<char> prefix(bytes);
  auto count = read_at(fd, path, prefix.data(), prefix.size(), 0);
  if (!count) return count.error();
  return static_cast<std::uint64_t>(XXH3_64bits(prefix.data(), *count));
}

Result<TailLedger> TailLedger::load(const std::string& path) {
  TailLedger ledger(path);
  auto content = read_whole_file(path);
  if (!content) {
    if (content.error().kind == ErrorKind::not_found) return ledger;
    return content.error();
  }
  std::istringstream lines(*content);
  std::string line;
  while (std::getline(lines, line)) {
    std::istringstream fields(line);
    TailPosition position;
    fields >> position.device >> position.inode >> position.prefix_bytes >> position.prefix_hash >> position.offset >>
        position.finished >> std::ws;
    std::getline(fields, position.path);
    if (fields.fail()) {
      return Error{fmt::format("{}: unreadable line \"{}\"; repair or remove the file (its files are then read again)",
                               path, line)};
    }
    ledger.positions_.push_back(std::move(position));
  }
  return ledger;
}

Result<std::optional<TailPosition>> TailLedger::find(int fd, const std::string& path) const {
  auto status = file_status(fd, path);
  if (!status) return status.error();
  for (const TailPosition& position : positions_) {
    if (position.device != status->st_dev || position.inode != status->st_ino) continue;
    auto hash = hash_prefix(fd, path, position.prefix_bytes);
    if (!hash) return hash.error();
    if (*hash == position.prefix_hash) return std::optional(position);
  }
  return std::optional<TailPosition>();
}

const TailPosition* TailLedger::find_unfinished(const std::string& path) const {
  const auto found = std::find_if(positions_.begin(), positions_.end(), [&](const TailPosition& position) {
    return position.path == path && !position.finished;
  });
  return found == positions_.end() ? nullptr : &*found;
}

Result<void> TailLedger::record(const std::vector<TailPosition>& positions) {
  for (const TailPosition& position : positions) {
    std::erase_if(positions_, [&](const TailPosition& old) {
      return old.device == position.device && old.inode == position.inode;
    });
    positions_.push_back(position);
  }
  std::string content;
  for (const TailPosition& position : positions_) {
    content += fmt::format("{} {} {} {} {} {:d} {}\n", position.device, position.inode, position.prefix_bytes,
                           position.prefix_hash, position.offset, position.finished, position.path);
  }
  return replace_file(path_, content);
}

}  // namespace streamd
