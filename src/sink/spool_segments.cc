#include "sink/spool_segments.h"

#include <array>

#include "base/log.h"
#include "sink/spool_format.h"
#include "sink/spool_window.h"

namespace streamd {
namespace {

struct FoundSegment {
  std::string path;
  std::uint64_t position = 0;
  std::uint64_t file_bytes = 0;
  std::optional<SpoolFileHeader> header;  // nothing when it is damaged
};

Result<FoundSegment> look_at(Disk& disk, const std::string& path, std::uint64_t position) {
  FoundSegment found{path, position, 0, std::nullopt};
  auto file = disk.open(path, Disk::Mode::read);
  if (!file) return file.error();
  std::array<char, sizeof(SpoolFileHeader)> bytes;
  auto count = (*file)->read_at(0, bytes.data(), bytes.size());
  if (!count) return count.error();
  auto size = (*file)->size();
  if (!size) return size.error();
  found.file_bytes = *size;
  auto header = read_spool_file_header({bytes.data(), *count}, path);
  if (!header && header.error().kind == ErrorKind::refused) return header.error();
  if (header && header->position == position) found.header = *header;
  return found;
}

// Reads on from the header, record by record, and cuts what is behind the last whole one.
Result<void> mend_last(Disk& disk, const FoundSegment& last, FoundSpool& found) {
  auto file = disk.open(last.path, Disk::Mode::write);
  if (!file) return file.error();
  DiskFile& to_cut = **file;
  const std::uint64_t file_end = last.position + last.file_bytes - sizeof(SpoolFileHeader);
  JournalPoint point{journal_id_of(*last.header), last.header->journal_position};
  found.gap_is_open = (last.header->flags & kSpoolGapOpen) != 0;
  found.end = last.position;
  {
    auto reading = disk.open(last.path, Disk::Mode::read);
    if (!reading) return reading.error();
    SpoolWindow window;
    window.open(std::move(reading).value(), last.position);
    while (found.end < file_end) {
      auto head = window.view(found.end, sizeof(SpoolRecordHeader), file_end);
      if (!head) return head.error();
      if (head->size() < sizeof(SpoolRecordHeader)) break;
      const SpoolRecordHeader header = spool_record_header_at(*head);
      const std::uint64_t size = spool_record_bytes(header.payload_bytes);
      if (header.position != found.end || size > file_end - found.end) break;
      auto whole = window.has_whole(header, file_end);
      if (!whole) return whole.error();
      if (!*whole) break;
      point.position = header.journal_position;
      if (header.flags & kSpoolGapOpen) found.gap_is_open = true;
      if (header.flags & kSpoolGapClosed) found.gap_is_open = false;
      found.end += size;
    }
  }
  found.point = point;
  if (found.end < file_end) {
    log_warn("{}: the last {} bytes are no whole record, and were cut off", last.path, file_end - found.end);
    if (auto cut = to_cut.truncate(sizeof(SpoolFileHeader) + (found.end - last.position)); !cut) return cut;
  }
  // What an earlier run wrote may not have reached the disk.
  return to_cut.sync();
}

}  // namespace

Result<FoundSpool> find_spool(Disk& disk, const std::string& folder) {
  auto names = disk.list(folder);
  if (!names) return names.error();
  std::vector<FoundSegment> segments;
  for (const std::string& name : *names) {
    std::uint64_t position = 0;
    if (!position_of_spool_segment(name, position)) continue;
    auto segment = look_at(disk, folder + "/" + name, position);
    if (!segment) return segment.error();
    segments.push_back(std::move(segment).value());
  }
  while (!segments.empty() && !segments.back().header) {
    const FoundSegment& last = segments.back();
    // Begun, and not further; otherwise it was a segment, and somebody may want to look at it.
    const bool begun_only = last.file_bytes <= sizeof(SpoolFileHeader);
    if (!begun_only) log_error("{}: its header is damaged; its lines are lost, and it was moved aside", last.path);
    auto gone = begun_only ? disk.remove(last.path) : disk.rename(last.path, last.path + ".damaged");
    if (!gone) return gone.error();
    segments.pop_back();
  }
  FoundSpool found;
  for (const FoundSegment& segment : segments) found.positions.push_back(segment.position);
  if (!segments.empty()) {
    if (auto mended = mend_last(disk, segments.back(), found); !mended) return mended.error();
  }
  if (auto synced = disk.sync_folder(folder); !synced) return synced.error();
  return found;
}

}  // namespace streamd
