#include "journal/journal.h"

#include <array>

#include "base/fault.h"
#include "journal/file_header.h"
#include "journal/record.h"

namespace streamd {

Journal::Journal(Disk& disk, const Clock& clock, JournalOptions options, std::vector<Segment> segments, std::string id,
                 std::uint64_t end)
    : disk_(disk),
      clock_(clock),
      options_(std::move(options)),
      id_(std::move(id)),
      segments_(std::move(segments)),
      end_(end),
      synced_{0, 0} {}

Result<std::unique_ptr<Journal>> Journal::open(Disk& disk, const Clock& clock, JournalOptions options,
                                               std::vector<Segment> segments, const std::string& id,
                                               std::uint64_t end) {
  std::unique_ptr<Journal> journal(new Journal(disk, clock, std::move(options), std::move(segments), id, end));
  const bool goes_on = !journal->segments_.empty() && journal->segments_.back().journal_id == id;
  if (!goes_on) {
    if (auto begun = journal->begin_segment(); !begun) return begun.error();
    return journal;
  }
  STREAMD_CHECK(journal->segments_.back().end() == end);
  journal->file_position_ = journal->segments_.back().position;
  journal->file_bytes_ = journal->segments_.back().bytes;
  auto file = disk.open(journal->segments_.back().path, Disk::Mode::write);
  if (!file) return file.error();
  journal->file_ = std::move(file).value();
  // What an earlier run wrote may not have reached the disk.
  journal->unsynced_.push_back(journal->file_);
  journal->folder_unsynced_ = true;
  return journal;
}

std::uint64_t Journal::end() const {
  std::lock_guard lock(mutex_);
  return end_;
}

std::uint64_t Journal::bytes() const {
  std::lock_guard lock(mutex_);
  std::uint64_t sum = 0;
  for (const Segment& segment : segments_) sum += segment.bytes;
  return sum;
}

std::vector<std::uint64_t> Journal::segment_positions() const {
  std::lock_guard lock(mutex_);
  std::vector<std::uint64_t> positions;
  for (const Segment& segment : segments_) positions.push_back(segment.position);
  return positions;
}

bool Journal::has_failed() const {
  std::lock_guard lock(mutex_);
  return !failure_.ok();
}

Journal::Synced Journal::synced() const {
  std::lock_guard lock(mutex_);
  return synced_;
}

Result<void> Journal::begin_segment() {
  const Segment segment{options_.folder + "/" + name_of_position(end_, kSegmentEnding), id_, end_, 0, clock_.wall_ms(),
                        false};
  auto file = disk_.open(segment.path, Disk::Mode::create);
  if (!file) return file.error();
  const FileHeader header = make_header(kSegmentMagic, id_, end_, segment.created_wall_ms, {});
  const std::string_view bytes = bytes_of(header);
  if (auto written = (*file)->write_at(0, {&bytes, 1}); !written) return written;
  file_ = std::move(file).value();
  file_position_ = end_;
  file_bytes_ = 0;
  std::lock_guard lock(mutex_);
  // One without records had the same name: all of them were cut off.
  if (!segments_.empty() && segments_.back().position == end_) segments_.pop_back();
  segments_.push_back(segment);
  unsynced_.push_back(file_);
  folder_unsynced_ = true;
  return {};
}

Result<void> Journal::append(const EventBatch& batch) {
  if (has_failed()) return failure_.error();
  // end_ is changed by this thread only, so it may read it without the lock.
  if (file_bytes_ >= options_.segment_bytes) {
    if (auto begun = begin_segment(); !begun) return begun;
  }
  const auto payload = encoder_.encode(batch);
  const RecordHeader header = make_record_header(end_, payload);
  const std::uint64_t size = record_bytes(header.payload_bytes);
  static constexpr char kZeros[8] = {};
  const std::string_view padding(kZeros, size - sizeof header - header.payload_bytes);
  const std::array<std::string_view, 6> pieces = {bytes_of(header), payload[0], payload[1],
                                                  payload[2],       payload[3], padding};
  const std::uint64_t offset = sizeof(FileHeader) + (end_ - file_position_);
  if (fault::crash_armed("journal append")) {  // half of the record is there
    const std::array<std::string_view, 3> torn = {pieces[0], pieces[1], pieces[2].substr(0, pieces[2].size() / 2)};
    static_cast<void>(file_->write_at(offset, torn));
    fault::crash();
  }
  if (auto written = file_->write_at(offset, pieces); !written) return written;
  std::lock_guard lock(mutex_);
  segments_.back().bytes = file_bytes_ += size;
  end_ += size;
  last_number_ = batch.number;
  return {};
}

Result<Journal::Synced> Journal::sync() {
  std::lock_guard one_at_a_time(sync_mutex_);
  std::vector<std::shared_ptr<DiskFile>> files;
  Synced target;
  bool folder = false;
  {
    std::lock_guard lock(mutex_);
    if (!failure_) return failure_.error();
    target = {end_, last_number_};
    if (synced_.position == target.position && !folder_unsynced_) {
      synced_ = target;
      return target;
    }
    files = unsynced_;
    folder = folder_unsynced_;
    folder_unsynced_ = false;
  }
  const std::int64_t start_us = clock_.elapsed_us();
  Result<void> done;
  for (const auto& file : files) {
    if (done) done = file->sync();
  }
  if (done && folder) done = disk_.sync_folder(options_.folder);
  if (done) sync_times_.observe_us(clock_.elapsed_us() - start_us);
  std::lock_guard lock(mutex_);
  if (!done) {
    failure_ = done;
    return done.error();
  }
  // All but the last were closed before the target was taken.
  unsynced_.erase(unsynced_.begin(), unsynced_.begin() + static_cast<std::ptrdiff_t>(files.size()) - 1);
  synced_ = target;
  return target;
}

Result<void> Journal::trim(std::uint64_t position, std::uint64_t keep_bytes) {
  for (;;) {
    std::string path;
    {
      std::lock_guard lock(mutex_);
      if (segments_.size() < 2 || segments_.front().end() + keep_bytes > position) return {};
      path = segments_.front().path;
    }
    if (auto removed = disk_.remove(path); !removed) return removed;
    std::lock_guard lock(mutex_);
    segments_.erase(segments_.begin());
  }
}

}  // namespace streamd
