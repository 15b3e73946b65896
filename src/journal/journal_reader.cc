#include "journal/journal_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "journal/event_codec.h"
#include "journal/record.h"

namespace streamd {

JournalReader::JournalReader(Disk& disk, std::vector<Segment> segments, std::uint64_t from)
    : disk_(disk), segments_(std::move(segments)), position_(from), record_position_(from) {
  // What lies before the segment that holds it is of no concern, damaged or not.
  while (next_segment_ + 1 < segments_.size() && segments_[next_segment_ + 1].position <= from) ++next_segment_;
}

// False when there is none, or it does not go on where the last one ended.
bool JournalReader::enter_next_segment() {
  if (next_segment_ == segments_.size()) return false;
  const Segment& next = segments_[next_segment_];
  if (next.damaged) {
    damage_ = next.path + ": its header is damaged";
    return false;
  }
  const bool first = segment_ == nullptr;
  // A new journal id may begin later than the one before it ended (daemon/recovery.h), the same one may not.
  const bool gap_is_known = first ? position_ <= next.position : segment_->journal_id != next.journal_id;
  if (next.position > position_ && !gap_is_known) {
    damage_ = fmt::format("{}: the {} bytes before it are missing", next.path, next.position - position_);
    return false;
  }
  segment_ = &next;
  ++next_segment_;
  position_ = std::max(position_, next.position);
  file_.reset();
  buffer_.clear();
  taken_ = 0;
  read_to_ = sizeof(FileHeader) + (position_ - next.position);
  return true;
}

// Makes at least `needed` bytes of the segment readable in the buffer. False: it has fewer.
Result<bool> JournalReader::fill(std::size_t needed) {
  if (buffer_.size() - taken_ >= needed) return true;
  if (file_ == nullptr) {
    auto file = disk_.open(segment_->path, Disk::Mode::read);
    if (!file) return file.error();
    file_ = std::move(file).value();
  }
  buffer_.erase(0, taken_);
  taken_ = 0;
  const std::size_t have = buffer_.size();
  const std::uint64_t file_end = sizeof(FileHeader) + segment_->bytes;
  const std::uint64_t left = file_end > read_to_ ? file_end - read_to_ : 0;
  if (have + left < needed) return false;
  const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(left, std::max(needed, kReadBytes)));
  buffer_.resize(have + size);
  auto count = file_->read_at(read_to_, buffer_.data() + have, size);
  if (!count) return count.error();
  buffer_.resize(have + *count);
  read_to_ += *count;
  return buffer_.size() >= needed;
}

Result<bool> JournalReader::next(EventBatch& batch) {
  while (segment_ == nullptr || position_ >= segment_->end()) {
    if (!enter_next_segment()) return false;
  }
  RecordHeader header;
  auto filled = fill(sizeof header);
  if (filled && *filled) {
    std::memcpy(&header, buffer_.data() + taken_, sizeof header);
    filled = fill(record_bytes(header.payload_bytes));
  }
  if (!filled) return filled.error();
  const std::string_view bytes = std::string_view(buffer_).substr(taken_);
  const std::uint64_t size = *filled ? whole_record_bytes(bytes, position_) : 0;
  if (size == 0) {
    damage_ = fmt::format("{}: no whole record at position {}", segment_->path, position_);
    return false;
  }
  if (!decode_events(bytes.substr(sizeof header, header.payload_bytes), batch)) {
    damage_ = fmt::format("{}: the record at position {} cannot be read", segment_->path, position_);
    batch.clear();
    return false;
  }
  taken_ += size;
  record_position_ = position_;
  position_ += size;
  return true;
}

}  // namespace streamd
