#include "journal/journal_segments.h"

#include <algorithm>

#include "journal/file_header.h"
#include "journal/record.h"

namespace streamd {
namespace {

// Records begin at multiples of eight bytes, and each has its own position in it.
bool has_whole_record(std::string_view bytes, std::uint64_t position) {
  for (std::size_t i = (8 - position % 8) % 8; i + sizeof(RecordHeader) <= bytes.size(); i += 8) {
    if (whole_record_bytes(bytes.substr(i), position + i) > 0) return true;
  }
  return false;
}

Result<std::string> read_from(DiskFile& file, std::uint64_t offset) {
  auto size = file.size();
  if (!size) return size.error();
  std::string bytes(*size > offset ? *size - offset : 0, '\0');
  auto count = file.read_at(offset, bytes.data(), bytes.size());
  if (!count) return count.error();
  bytes.resize(*count);
  return bytes;
}

Result<void> write_file(Disk& disk, const std::string& path, std::string_view bytes) {
  auto file = disk.open(path, Disk::Mode::create);
  if (!file) return file.error();
  if (auto written = (*file)->write_at(0, {&bytes, 1}); !written) return written;
  return (*file)->sync();
}

}  // namespace

Result<std::vector<Segment>> list_segments(Disk& disk, const std::string& folder) {
  auto names = disk.list(folder);
  if (!names) return names.error();
  std::vector<Segment> segments;
  std::erase_if(*names, [](const std::string& name) {
    std::uint64_t position;
    return !position_of_name(name, kSegmentEnding, position);
  });
  for (std::size_t i = 0; i < names->size(); ++i) {
    Segment segment;
    segment.path = folder + "/" + (*names)[i];
    position_of_name((*names)[i], kSegmentEnding, segment.position);
    auto file = disk.open(segment.path, Disk::Mode::read);
    if (!file) return file.error();
    char bytes[sizeof(FileHeader)];
    auto count = (*file)->read_at(0, bytes, sizeof bytes);
    auto size = (*file)->size();
    if (!count || !size) return count ? size.error() : count.error();
    auto header = read_header(kSegmentMagic, {bytes, *count}, segment.path);
    if (!header && header.error().kind == ErrorKind::refused) return header.error();
    segment.damaged = !header || header->position != segment.position;
    if (segment.damaged && i + 1 == names->size() && *size <= sizeof(FileHeader)) {
      if (auto removed = disk.remove(segment.path); !removed) return removed.error();
      continue;
    }
    if (!segment.damaged) {
      segment.journal_id = journal_id_of(*header);
      segment.created_wall_ms = header->created_wall_ms;
      segment.bytes = *size - sizeof(FileHeader);
    }
    segments.push_back(std::move(segment));
  }
  return segments;
}

Result<bool> cut_segments(Disk& disk, const std::string& folder, std::vector<Segment>& segments, std::uint64_t end,
                          const std::string& mark) {
  bool kept = false;
  while (!segments.empty()) {
    Segment& last = segments.back();
    if (!last.damaged && last.position <= end) break;
    if (auto moved = disk.rename(last.path, last.path + mark); !moved) return moved.error();
    kept = true;
    segments.pop_back();
  }
  if (!segments.empty() && segments.back().end() > end) {
    Segment& last = segments.back();
    auto file = disk.open(last.path, Disk::Mode::write);
    if (!file) return file.error();
    const std::uint64_t offset = sizeof(FileHeader) + (end - last.position);
    auto rest = read_from(**file, offset);
    if (!rest) return rest.error();
    if (has_whole_record(*rest, end)) {
      if (auto written = write_file(disk, last.path + mark, *rest); !written) return written.error();
      kept = true;
    }
    auto cut = (*file)->truncate(offset);
    if (cut) cut = (*file)->sync();
    if (!cut) return cut.error();
    last.bytes = end - last.position;
  }
  if (auto synced = disk.sync_folder(folder); !synced) return synced.error();
  return kept;
}

}  // namespace streamd
