#include "sink/spool.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>

#include "base/fault.h"
#include "base/log.h"
#include "sink/spool_extent.h"
#include "sink/spool_format.h"
#include "sink/spool_reader.h"
#include "sink/spool_segments.h"
#include "sink/spool_wake.h"

namespace streamd {
namespace {

constexpr std::uint64_t kSegmentsInBound = 8;  // as many fill max_bytes, so that trimming one frees an eighth

// For people.
Result<void> keep_spec(Disk& disk, const std::string& folder, const std::string& spec) {
  const std::string path = folder + "/spec";
  const std::string text = spec + "\n";
  if (auto there = disk.open(path, Disk::Mode::read)) {
    std::string found(text.size() + 1, '\0');
    auto count = (*there)->read_at(0, found.data(), found.size());
    if (count && std::string_view(found.data(), *count) == text) return {};
  }
  auto file = disk.open(path, Disk::Mode::create);
  if (!file) return file.error();
  const std::string_view bytes = text;
  return (*file)->write_at(0, {&bytes, 1});
}

}  // namespace

struct Spool::Parts {
  Parts(Disk& disk_, SpoolOptions options_)
      : disk(disk_), options(std::move(options_)), reader(disk_, options.folder, extent) {
    const std::uint64_t small = std::max(options.max_bytes / kSegmentsInBound, kMinSpoolSegmentBytes);
    options.segment_bytes = std::min(options.segment_bytes, small);
  }

  Result<void> write_record(std::uint64_t journal_position, std::uint32_t flags, std::string_view lines);
  Result<void> begin_segment(const JournalPoint& at);
  Result<void> sync_file();
  Result<void> remove_before(std::uint64_t position);

  Disk& disk;
  SpoolOptions options;
  SpoolExtent extent;
  SpoolWake wake;
  SpoolReader reader;
  std::uint64_t found_end = 0;

  // The appending thread's.
  std::unique_ptr<DiskFile> file;         // the last segment's
  std::uint64_t file_position = 0;
  std::optional<JournalPoint> point;
  bool gap_is_open = false;
  bool has_unsynced = false;
  Result<void> failure;                   // of a sync: nothing is known any more of what the disk has
  mutable std::mutex synced_mutex;
  JournalPoint synced;

  bool removing_fails = false;            // the reading thread's
  std::mutex remove_mutex;                // one thread removes at a time
};

Spool::Spool(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Spool::~Spool() = default;

Result<std::unique_ptr<Spool>> Spool::open(Disk& disk, const SpoolOptions& options) {
  if (auto made = disk.make_folders(options.folder); !made) return made.error();
  auto found = find_spool(disk, options.folder);
  if (!found) return found.error();
  if (auto kept = keep_spec(disk, options.folder, options.spec); !kept) return kept.error();
  auto parts = std::make_unique<Parts>(disk, options);
  if (auto opened = parts->wake.open(); !opened) return opened.error();
  parts->extent.set(found->positions, found->end);
  parts->found_end = found->end;
  parts->point = found->point;
  parts->gap_is_open = found->gap_is_open;
  if (found->point) parts->synced = *found->point;
  if (!found->positions.empty()) {
    parts->file_position = found->positions.back();
    auto file = disk.open(options.folder + "/" + spool_segment_name(parts->file_position), Disk::Mode::write);
    if (!file) return file.error();
    parts->file = std::move(file).value();
  }
  return std::unique_ptr<Spool>(new Spool(std::move(parts)));
}

std::optional<JournalPoint> Spool::point() const { return parts_->point; }
bool Spool::has_room() const { return bytes_waiting() < max_bytes() || has_much_room(); }
bool Spool::has_much_room() const { return parts_->extent.bytes_needed() <= max_bytes() / 4 * 3; }
std::uint64_t Spool::bytes_waiting() const { return parts_->extent.bytes_waiting(); }
std::uint64_t Spool::max_bytes() const { return parts_->options.max_bytes; }
bool Spool::gap_is_open() const { return parts_->gap_is_open; }

Result<void> Spool::begin(const JournalPoint& point) {
  if (parts_->point == point) return {};
  return parts_->begin_segment(point);
}

Result<void> Spool::append(std::uint64_t position, std::string_view lines) {
  Parts& parts = *parts_;
  STREAMD_CHECK(parts.point && position >= parts.point->position && !parts.gap_is_open);
  STREAMD_CHECK(lines.empty() || lines.back() == '\n');
  if (lines.empty() && position == parts.point->position) return {};
  return parts.write_record(position, 0, lines);
}

Result<JournalPoint> Spool::sync() {
  STREAMD_CHECK(parts_->point);
  if (auto done = parts_->sync_file(); !done) return done.error();
  return synced();
}

JournalPoint Spool::synced() const {
  std::lock_guard lock(parts_->synced_mutex);
  return parts_->synced;
}

Result<void> Spool::open_gap() {
  STREAMD_CHECK(parts_->point);
  if (parts_->gap_is_open) return {};
  if (auto written = parts_->write_record(parts_->point->position, kSpoolGapOpen, {}); !written) return written;
  parts_->gap_is_open = true;
  return parts_->sync_file();
}

Result<void> Spool::close_gap(const JournalPoint& point) {
  if (!parts_->gap_is_open) return begin(point);
  Parts& parts = *parts_;
  if (parts.point->journal_id == point.journal_id && point.position >= parts.point->position) {
    if (auto written = parts.write_record(point.position, kSpoolGapClosed, {}); !written) return written;
    parts.gap_is_open = false;
    return parts.sync_file();
  }
  parts.gap_is_open = false;
  auto begun = parts.begin_segment(point);
  if (!begun) parts.gap_is_open = true;
  return begun;
}

Result<void> Spool::discard() {
  if (!parts_->point) return {};
  if (auto begun = parts_->begin_segment(*parts_->point); !begun) return begun;
  parts_->wake.signal();
  return parts_->remove_before(parts_->extent.end());
}

Result<void> Spool::Parts::write_record(std::uint64_t journal_position, std::uint32_t flags, std::string_view lines) {
  STREAMD_CHECK(lines.size() <= UINT32_MAX);
  if (!failure) return failure;
  const std::uint64_t begin = extent.end();
  if (begin - file_position >= options.segment_bytes) {
    if (auto begun = begin_segment(*point); !begun) return begun;
  }
  const SpoolRecordHeader header = make_spool_record_header(begin, journal_position, flags, lines);
  const std::uint64_t size = spool_record_bytes(lines.size());
  static constexpr char kZeros[8] = {};
  const std::string_view padding(kZeros, size - sizeof header - lines.size());
  const std::array<std::string_view, 3> pieces = {spool_bytes_of(header), lines, padding};
  const std::uint64_t offset = sizeof(SpoolFileHeader) + (begin - file_position);
  if (fault::crash_armed("spool append")) {  // half of the record is there
    const std::array<std::string_view, 2> torn = {pieces[0], lines.substr(0, lines.size() / 2)};
    static_cast<void>(file->write_at(offset, torn));
    fault::crash();
  }
  if (auto written = file->write_at(offset, pieces); !written) return written;
  has_unsynced = true;
  point->position = journal_position;
  extent.advance(begin + size);
  wake.signal();
  return {};
}

// It is on the disk before it counts, and so is the one before: a reader may trim that one at once, and a start must
// find how far the spool is; and segments before the last need no scan.
Result<void> Spool::Parts::begin_segment(const JournalPoint& at) {
  if (file != nullptr) {
    if (auto done = sync_file(); !done) return done;
  }
  const std::uint64_t position = extent.end();
  const std::uint32_t flags = gap_is_open ? std::uint32_t{kSpoolGapOpen} : 0;
  const SpoolFileHeader header = make_spool_file_header(at.journal_id, at.position, position, flags);
  const std::string_view bytes = spool_bytes_of(header);
  const std::string path = options.folder + "/" + spool_segment_name(position);
  // Then another takes its place, and at once: with half a header, nobody would know how far the spool was.
  const bool same_place = extent.last_is_empty();
  const std::string begun_path = same_place ? options.folder + "/new" : path;
  auto created = disk.open(begun_path, Disk::Mode::create);
  if (!created) return created.error();
  std::unique_ptr<DiskFile> begun = std::move(created).value();
  auto done = begun->write_at(0, {&bytes, 1});
  if (done) done = begun->sync();
  if (done && same_place) done = disk.rename(begun_path, path);
  if (!done) return done;
  if (same_place) file = std::move(begun);  // the one before has no name any more
  if (auto synced_folder = disk.sync_folder(options.folder); !synced_folder) return synced_folder;
  if (!same_place) {
    file = std::move(begun);
    file_position = position;
    extent.add_segment();
  }
  point = at;
  std::lock_guard lock(synced_mutex);
  synced = at;
  return {};
}

Result<void> Spool::Parts::sync_file() {
  if (!failure) return failure;
  if (!has_unsynced) return {};
  if (auto done = file->sync(); !done) {
    failure = done;
    return done;
  }
  has_unsynced = false;
  std::lock_guard lock(synced_mutex);
  synced = *point;
  return {};
}

Result<void> Spool::Parts::remove_before(std::uint64_t position) {
  std::lock_guard one_at_a_time(remove_mutex);
  std::uint64_t first = 0;
  while (extent.first_ending_before(position, first)) {
    if (auto removed = disk.remove(options.folder + "/" + spool_segment_name(first)); !removed) return removed;
    extent.remove_first();
  }
  return {};
}

std::uint64_t Spool::begin_position() const { return parts_->extent.begin(); }
std::uint64_t Spool::end_position() const { return parts_->extent.end(); }
std::uint64_t Spool::found_end_position() const { return parts_->found_end; }
Result<Spool::Piece> Spool::read(std::uint64_t from, std::size_t size) { return parts_->reader.read(from, size); }
std::uint64_t Spool::position_in_piece(std::size_t offset) const { return parts_->reader.position_in_piece(offset); }

void Spool::trim(std::uint64_t before) {
  parts_->extent.trim(before);
  auto removed = parts_->remove_before(before);  // what fails is tried again with the next trim
  if (!removed && !parts_->removing_fails) log_warn("{}", removed.error().message);
  parts_->removing_fails = !removed;
}

void Spool::wait_for_lines(std::uint64_t seen, std::chrono::milliseconds at_most) {
  parts_->wake.wait_until([&] { return parts_->extent.end() > seen; }, at_most);
}

void Spool::wake() { parts_->wake.wake(); }
int Spool::wake_descriptor() const { return parts_->wake.descriptor(); }
void Spool::drain_wake_descriptor() { parts_->wake.drain(); }

}  // namespace streamd
