// The port through which the journal and its snapshots reach the disk: the real one (SystemDisk), or in a simulation
// one that forgets what was not synced and tears writes. Errors name the path and the system's reason.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace streamd {

// One open file. sync() may be called on another thread than the rest.
class DiskFile {
 public:
  virtual ~DiskFile() = default;
  // All pieces, one behind the other. On an error any part of them may be there.
  virtual Result<void> write_at(std::uint64_t offset, std::span<const std::string_view> pieces) = 0;
  // Up to `size` bytes; fewer only at the end of the file.
  virtual Result<std::size_t> read_at(std::uint64_t offset, char* buffer, std::size_t size) = 0;
  virtual Result<std::uint64_t> size() = 0;
  virtual Result<void> truncate(std::uint64_t size) = 0;
  // What was written before it survives the loss of power. After an error nothing is known of what did.
  virtual Result<void> sync() = 0;
};

class Disk {
 public:
  enum class Mode { read, write, create };  // write: also read; create: the same, and the file is made or emptied
  virtual ~Disk() = default;
  // Error kind not_found when there is none.
  virtual Result<std::unique_ptr<DiskFile>> open(const std::string& path, Mode mode) = 0;
  virtual Result<std::vector<std::string>> list(const std::string& folder) = 0;  // file names, ascending
  virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
  virtual Result<void> remove(const std::string& path) = 0;
  // Files made, renamed or removed in it before survive the loss of power so.
  virtual Result<void> sync_folder(const std::string& folder) = 0;
  virtual Result<void> make_folders(const std::string& folder) = 0;
};

class SystemDisk final : public Disk {
 public:
  Result<std::unique_ptr<DiskFile>> open(const std::string& path, Mode mode) override;
  Result<std::vector<std::string>> list(const std::string& folder) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> remove(const std::string& path) override;
  Result<void> sync_folder(const std::string& folder) override;
  Result<void> make_folders(const std::string& folder) override;
};

}  // namespace streamd
