// A disk in memory that behaves as badly as disks may: what was not synced is forgotten when the power is lost, wholly,
// in part or with holes; a write can be cut by the crash of the process; it can be full for a while.
#pragma once

#include <map>
#include <memory>
#include <random>
#include <string>

#include "io/disk.h"

namespace streamd::sim {

// The process dies here. Thrown through everything.
struct Crash {};

using Random = std::mt19937_64;
inline std::int64_t between(Random& random, std::int64_t low, std::int64_t high) {
  return std::uniform_int_distribution<std::int64_t>(low, high)(random);
}
inline bool chance(Random& random, double p) { return std::bernoulli_distribution(p)(random); }

class SimDisk final : public Disk {
 public:
  explicit SimDisk(Random& random) : random_(random) {}

  Result<std::unique_ptr<DiskFile>> open(const std::string& path, Mode mode) override;
  Result<std::vector<std::string>> list(const std::string& folder) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> remove(const std::string& path) override;
  Result<void> sync_folder(const std::string& folder) override;
  Result<void> make_folders(const std::string&) override { return {}; }

  // The process dies at the n-th change of the disk from now (0: never).
  void crash_after(int changes) { changes_left_ = changes; }
  void set_full(bool full) { full_ = full; }
  // Files that are removed from the beginning of this folder are kept, out of the daemon's sight …
  void keep_removed_of(const std::string& folder) { kept_folder_ = folder + "/"; }
  // … until they are to be seen.
  void show_removed(bool shown) { shows_removed_ = shown; }
  bool has_removed() const { return !removed_.empty(); }
  // After the process has died: what is left when the power went, too.
  void lose_power();
  // One bit of this file.
  void flip_a_bit(const std::string& path);

 private:
  friend class OpenSimFile;
  struct Content {
    std::string now;
    std::string synced;
  };
  using Names = std::map<std::string, std::shared_ptr<Content>>;

  // True: die now, in the middle of this change.
  bool dies_now() { return changes_left_ > 0 && --changes_left_ == 0; }
  bool shows_removed(const std::string& path) const { return shows_removed_ && path.starts_with(kept_folder_); }
  void keep_removed(const std::string& path);
  std::string after_power_loss(const Content& content);

  Random& random_;
  Names names_;
  Names synced_names_;
  Names removed_;
  std::string kept_folder_;
  bool shows_removed_ = false;
  int changes_left_ = 0;
  bool full_ = false;
};

}  // namespace streamd::sim
