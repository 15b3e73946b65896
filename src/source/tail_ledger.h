// Which tailed files are in already, and how far: a small file in the state dir, rewritten whole after a commit.
// A file is known by device, inode and a hash of its first bytes, so under another name it is the same file, and a new
// file under an old name is new.
// One line an entry: device inode prefix_bytes prefix_hash offset finished path
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "core/event.h"

namespace streamd {

inline constexpr std::uint64_t kPrefixBytes = 4096;

// XXH3 (64 bits) of the file's first `bytes` raw bytes; fewer when it is shorter.
Result<std::uint64_t> hash_prefix(int fd, const std::string& path, std::uint64_t bytes);

class TailLedger {
 public:
  // An absent file is an empty ledger. An unreadable line is an error: better no start than lines counted twice.
  static Result<TailLedger> load(const std::string& path);

  // What is known of the open file `fd`.
  Result<std::optional<TailPosition>> find(int fd, const std::string& path) const;
  // Under this path, read in part.
  const TailPosition* find_unfinished(const std::string& path) const;
  // Durable when it returns.
  Result<void> record(const std::vector<TailPosition>& positions);

 private:
  explicit TailLedger(std::string path) : path_(std::move(path)) {}
  std::string path_;
  std::vector<TailPosition> positions_;  // one a device and inode
};

}  // namespace streamd
