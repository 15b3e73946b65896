#include "sim/sim_disk.h"

#include <algorithm>

namespace streamd::sim {

class OpenSimFile final : public DiskFile {
 public:
  OpenSimFile(SimDisk& disk, std::shared_ptr<SimDisk::Content> content) : disk_(disk), content_(std::move(content)) {}

  Result<void> write_at(std::uint64_t offset, std::span<const std::string_view> pieces) override {
    std::string bytes;
    for (std::string_view piece : pieces) bytes += piece;
    const bool dies = disk_.dies_now();
    if (dies || disk_.full_) bytes.resize(static_cast<std::size_t>(between(disk_.random_, 0, static_cast<std::int64_t>(bytes.size()))));
    std::string& now = content_->now;
    if (!bytes.empty()) {
      if (now.size() < offset + bytes.size()) now.resize(offset + bytes.size());
      now.replace(offset, bytes.size(), bytes);
    }
    if (dies) throw Crash();
    if (disk_.full_) return Error{"no space left on the simulated disk"};
    return {};
  }
  Result<std::size_t> read_at(std::uint64_t offset, char* buffer, std::size_t size) override {
    const std::string& now = content_->now;
    if (offset >= now.size()) return std::size_t{0};
    const std::size_t count = std::min<std::size_t>(size, now.size() - offset);
    now.copy(buffer, count, offset);
    return count;
  }
  Result<std::uint64_t> size() override { return std::uint64_t{content_->now.size()}; }
  Result<void> truncate(std::uint64_t size) override {
    if (disk_.dies_now()) throw Crash();
    content_->now.resize(size);
    return {};
  }
  Result<void> sync() override {
    if (disk_.dies_now()) throw Crash();
    content_->synced = content_->now;
    return {};
  }

 private:
  SimDisk& disk_;
  std::shared_ptr<SimDisk::Content> content_;
};

Result<std::unique_ptr<DiskFile>> SimDisk::open(const std::string& path, Mode mode) {
  auto found = names_.find(path);
  if (found == names_.end() && shows_removed(path)) {
    const auto removed = removed_.find(path);
    if (removed != removed_.end()) {
      return std::unique_ptr<DiskFile>(std::make_unique<OpenSimFile>(*this, removed->second));
    }
  }
  if (mode == Mode::create) {
    if (dies_now()) throw Crash();
    if (full_) return Error{"no space left on the simulated disk"};
    found = names_.insert_or_assign(path, std::make_shared<Content>()).first;
  }
  if (found == names_.end()) return Error{"no file " + path, ErrorKind::not_found};
  return std::unique_ptr<DiskFile>(std::make_unique<OpenSimFile>(*this, found->second));
}

Result<std::vector<std::string>> SimDisk::list(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& [path, content] : names_) {
    if (path.starts_with(folder + "/")) names.push_back(path.substr(folder.size() + 1));
  }
  if (!shows_removed(folder + "/")) return names;
  for (const auto& [path, content] : removed_) {
    if (path.starts_with(folder + "/") && !names_.contains(path)) names.push_back(path.substr(folder.size() + 1));
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<void> SimDisk::rename(const std::string& from, const std::string& to) {
  const bool dies = dies_now();
  if (dies && chance(random_, 0.5)) throw Crash();
  const auto found = names_.find(from);
  if (found == names_.end()) return Error{"no file " + from, ErrorKind::not_found};
  names_[to] = found->second;
  names_.erase(from);
  if (dies) throw Crash();
  return {};
}

Result<void> SimDisk::remove(const std::string& path) {
  const bool dies = dies_now();
  if (dies && chance(random_, 0.5)) throw Crash();
  keep_removed(path);
  names_.erase(path);
  if (dies) throw Crash();
  return {};
}

// What a folder loses at its end is no part of a whole; what was set aside as damaged is not of it.
void SimDisk::keep_removed(const std::string& path) {
  const auto found = names_.find(path);
  if (found == names_.end() || kept_folder_.empty() || !path.starts_with(kept_folder_)) return;
  auto next = std::next(found);
  while (next != names_.end() && next->first.find(".damaged-") != std::string::npos) ++next;
  if (next != names_.end() && next->first.starts_with(kept_folder_)) removed_[path] = found->second;
}

Result<void> SimDisk::sync_folder(const std::string& folder) {
  if (dies_now()) throw Crash();
  std::erase_if(synced_names_, [&](const auto& entry) { return entry.first.starts_with(folder + "/"); });
  for (const auto& [path, content] : names_) {
    if (path.starts_with(folder + "/")) synced_names_[path] = content;
  }
  return {};
}

std::string SimDisk::after_power_loss(const Content& content) {
  const std::string& now = content.now;
  const std::string& synced = content.synced;
  if (now == synced || chance(random_, 0.3)) return now;
  if (chance(random_, 0.3)) return synced;
  // Some of what was written since: by sectors, the length as it was or as it had become.
  constexpr std::size_t kSector = 64;  // small, because the simulated files are
  std::string left = chance(random_, 0.5) ? now : synced;
  std::string mixed = synced;
  mixed.resize(left.size());
  for (std::size_t i = 0; i < mixed.size(); i += kSector) {
    if (chance(random_, 0.5) || i >= now.size()) continue;  // behind what was cut off since, what was synced may be left
    const std::size_t count = std::min({kSector, mixed.size() - i, now.size() - i});
    mixed.replace(i, count, now, i, count);
  }
  // What was synced is never lost by what is written behind it.
  std::size_t same = 0;
  while (same < std::min(now.size(), synced.size()) && now[same] == synced[same]) ++same;
  mixed.replace(0, std::min(same, mixed.size()), now, 0, std::min(same, mixed.size()));
  return mixed;
}

void SimDisk::lose_power() {
  if (chance(random_, 0.5)) names_ = synced_names_;
  for (auto& [path, content] : names_) {
    auto left = std::make_shared<Content>();
    left->now = left->synced = after_power_loss(*content);
    content = left;
  }
  synced_names_ = names_;
}

void SimDisk::flip_a_bit(const std::string& path) {
  const auto found = names_.find(path);
  if (found == names_.end() || found->second->now.empty()) return;
  std::string& now = found->second->now;
  now[static_cast<std::size_t>(between(random_, 0, static_cast<std::int64_t>(now.size()) - 1))] ^= 1;
}

}  // namespace streamd::sim
