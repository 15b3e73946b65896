#include "daemon/journal_links.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "io/random_id.h"
#include "journal/journal_format.h"

namespace streamd {
namespace {

constexpr const char* kPrefix = "verify-";

void remove_folder(const std::string& folder) {
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
}

void remove_abandoned(Disk& disk, const std::string& state_dir) {
  const auto names = disk.list(state_dir);
  if (!names) return;
  for (const std::string& name : names.value()) {
    if (!name.starts_with(kPrefix)) continue;
    const std::string folder = state_dir + "/" + name;
    std::error_code absent;
    if (!std::filesystem::exists(folder + "/lock", absent)) continue;  // being made
    if (const auto lock = FileLock::acquire(folder + "/lock")) remove_folder(folder);
  }
}

}  // namespace

Result<JournalLinks> JournalLinks::make(Disk& disk, const std::string& state_dir) {
  std::error_code absent;
  if (!std::filesystem::is_directory(state_dir + "/journal", absent)) {
    return Error{state_dir + "/journal: there is no such folder; give the daemon's --state-dir", ErrorKind::not_found};
  }
  remove_abandoned(disk, state_dir);
  const std::string folder = state_dir + "/" + kPrefix + random_id();
  for (const char* name : {"journal", "snapshots"}) {
    if (auto made = disk.make_folders(folder + "/" + name); !made) return made.error();
  }
  auto lock = FileLock::acquire(folder + "/lock");
  if (!lock) return lock.error();
  return JournalLinks(disk, state_dir, folder, std::move(lock).value());
}

JournalLinks::JournalLinks(JournalLinks&& other) noexcept
    : disk_(other.disk_),
      state_dir_(std::move(other.state_dir_)),
      folder_(std::exchange(other.folder_, "")),
      lock_(std::move(other.lock_)) {}

JournalLinks::~JournalLinks() {
  if (!folder_.empty()) remove_folder(folder_);
}

Result<void> JournalLinks::link_folder(const std::string& name) {
  const std::string from = state_dir_ + "/" + name;
  std::error_code absent;
  if (!std::filesystem::is_directory(from, absent)) return {};
  auto names = disk_.list(from);
  if (!names) return names.error();
  // The newest first: what is trimmed meanwhile is older than all that is linked, and leaves no hole.
  std::reverse(names->begin(), names->end());
  for (const std::string& file : *names) {
    if (!file.ends_with(kSegmentEnding) && !file.ends_with(kSnapshotEnding)) continue;
    const std::string to = folder_ + "/" + name + "/" + file;
    if (::link((from + "/" + file).c_str(), to.c_str()) == 0) continue;
    if (errno != EEXIST && errno != ENOENT) return system_error("link to", from + "/" + file);
  }
  return {};
}

Result<void> JournalLinks::link_all() {
  auto linked = link_folder("journal");
  return linked ? link_folder("snapshots") : linked;
}

std::string JournalLinks::original_paths(std::string message) const {
  const std::size_t place = message.find(folder_);
  return place == std::string::npos ? message : message.replace(place, folder_.size(), state_dir_);
}

}  // namespace streamd
