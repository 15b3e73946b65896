// A second set of links to a state dir's segments and snapshots, in a folder of its own: what the daemon trims or
// removes meanwhile can still be read, and nothing of the daemon's is touched, whatever is done to the links.
// One thread.
#pragma once

#include <string>

#include "base/result.h"
#include "io/disk.h"
#include "io/file.h"

namespace streamd {

class JournalLinks {
 public:
  // Makes <state_dir>/verify-<id>, and removes such folders that a killed process has left.
  // Error kind not_found when the state dir has no journal.
  static Result<JournalLinks> make(Disk& disk, const std::string& state_dir);
  ~JournalLinks();  // removes the folder
  JournalLinks(JournalLinks&& other) noexcept;
  JournalLinks& operator=(JournalLinks&&) = delete;

  // Links what there is now and was not linked yet.
  Result<void> link_all();
  // The folders with the links.
  std::string journal() const { return folder_ + "/journal"; }
  std::string snapshots() const { return folder_ + "/snapshots"; }
  // A message with the paths that the daemon's user knows.
  std::string original_paths(std::string message) const;
  // For files of one's own.
  const std::string& folder() const { return folder_; }

 private:
  JournalLinks(Disk& disk, std::string state_dir, std::string folder, FileLock lock)
      : disk_(disk), state_dir_(std::move(state_dir)), folder_(std::move(folder)), lock_(std::move(lock)) {}
  Result<void> link_folder(const std::string& name);

  Disk& disk_;
  std::string state_dir_;
  std::string folder_;  // empty: moved from
  FileLock lock_;       // tells that the folder is in use
};

}  // namespace streamd
