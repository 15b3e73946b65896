#include "journal/snapshot_files.h"

#include <algorithm>
#include <array>
#include <set>
#include <xxhash.h>

#include "base/fault.h"
#include "journal/file_header.h"


namespace streamd {

std::string SnapshotFiles::path(std::uint64_t position) const {
  return folder_ + "/" + name_of_position(position, kSnapshotEnding);
}

Result<void> SnapshotFiles::write(const std::string& journal_id, UnixMillis wall_ms, const StateCopy& state) {
  const std::string fresh = folder_ + "/new";
  if (auto written = write_file(fresh, journal_id, wall_ms, state); !written) {
    static_cast<void>(disk_.remove(fresh));  // a full disk needs the room
    return written;
  }
  fault::crash_at("snapshot before rename");
  if (auto renamed = disk_.rename(fresh, path(state.position)); !renamed) return renamed;
  fault::crash_at("snapshot after rename");
  return disk_.sync_folder(folder_);
}

Result<void> SnapshotFiles::write_file(const std::string& file_path, const std::string& journal_id, UnixMillis wall_ms,
                                       const StateCopy& state) {
  auto file = disk_.open(file_path, Disk::Mode::create);
  if (!file) return file.error();
  const FileHeader header = make_header(kSnapshotMagic, journal_id, state.position, wall_ms, state.bytes);
  const std::array<std::string_view, 2> pieces = {bytes_of(header), state.bytes};
  if (auto written = (*file)->write_at(0, pieces); !written) return written;
  return (*file)->sync();
}

Result<std::vector<std::uint64_t>> SnapshotFiles::positions() const {
  auto names = disk_.list(folder_);
  if (!names) return names.error();
  std::vector<std::uint64_t> positions;
  for (const std::string& name : *names) {
    std::uint64_t position;
    if (position_of_name(name, kSnapshotEnding, position)) positions.push_back(position);
  }
  return positions;
}

Result<Snapshot> SnapshotFiles::load(std::uint64_t position) const {
  const std::string from = path(position);
  auto file = disk_.open(from, Disk::Mode::read);
  if (!file) return file.error();
  auto size = (*file)->size();
  if (!size) return size.error();
  std::string bytes(*size, '\0');
  auto count = (*file)->read_at(0, bytes.data(), bytes.size());
  if (!count) return count.error();
  auto header = read_header(kSnapshotMagic, bytes, from);
  if (!header) return header.error();
  bytes.erase(0, sizeof(FileHeader));
  if (header->position != position || header->content_bytes != bytes.size() ||
      header->content_checksum != XXH3_64bits(bytes.data(), bytes.size())) {
    return Error{from + " is damaged"};
  }
  return Snapshot{journal_id_of(*header), header->created_wall_ms, {position, std::move(bytes)}};
}

Result<void> SnapshotFiles::remove(std::uint64_t position) { return disk_.remove(path(position)); }

Result<void> SnapshotFiles::remove_beyond(std::uint64_t position) {
  auto all = positions();
  if (!all) return all.error();
  for (const std::uint64_t one : *all) {
    if (one <= position) continue;
    if (auto removed = disk_.remove(path(one)); !removed) return removed;
  }
  // If one came back after a loss of power, the journal might have grown past it, with another history.
  return disk_.sync_folder(folder_);
}

Result<void> SnapshotFiles::set_aside(std::uint64_t position, const std::string& mark) {
  if (auto renamed = disk_.rename(path(position), path(position) + mark); !renamed) return renamed;
  return disk_.sync_folder(folder_);
}

Result<void> SnapshotFiles::prune(const std::vector<std::uint64_t>& segment_positions, std::uint64_t anchor) {
  auto all = positions();
  if (!all) return all.error();
  std::set<std::uint64_t> kept;
  for (std::size_t i = all->size() < 2 ? 0 : all->size() - 2; i < all->size(); ++i) kept.insert((*all)[i]);
  const auto behind_anchor = std::upper_bound(all->begin(), all->end(), anchor);
  if (behind_anchor != all->begin()) kept.insert(*std::prev(behind_anchor));
  for (const std::uint64_t begin : segment_positions) {
    const auto first = std::lower_bound(all->begin(), all->end(), begin);
    if (first != all->end()) kept.insert(*first);
  }
  for (const std::uint64_t one : *all) {
    if (kept.contains(one)) continue;
    if (auto removed = disk_.remove(path(one)); !removed) return removed;
  }
  return {};
}

}  // namespace streamd
