// One segment's file, read through one buffer. Positions are the spool's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "io/disk.h"
#include "sink/spool_format.h"

namespace streamd {

class SpoolWindow {
 public:
  static constexpr std::size_t kReadBytes = 256 * 1024;

  void open(std::unique_ptr<DiskFile> file, std::uint64_t segment_position) {
    file_ = std::move(file);
    segment_position_ = segment_position;
    size_ = 0;
  }
  void close() { file_.reset(); }
  bool is_open_at(std::uint64_t segment_position) const {
    return file_ != nullptr && segment_position_ == segment_position;
  }

  // `size` bytes from `position` on, but none at or behind `limit` (they may still be under way); fewer, too, where the
  // file ends. The view lives until the next call.
  Result<std::string_view> view(std::uint64_t position, std::uint64_t size, std::uint64_t limit) {
    size = std::min(size, limit > position ? limit - position : 0);
    if (size == 0) return std::string_view();
    if (position < position_ || position + size > position_ + size_) {
      const std::size_t wanted =
          static_cast<std::size_t>(std::min(std::max<std::uint64_t>(size, kReadBytes), limit - position));
      if (buffer_.size() < wanted) buffer_.resize(wanted);
      size_ = 0;
      auto count = file_->read_at(sizeof(SpoolFileHeader) + (position - segment_position_), buffer_.data(), wanted);
      if (!count) return count.error();
      position_ = position;
      size_ = *count;
    }
    const std::uint64_t offset = position - position_;
    if (offset >= size_) return std::string_view();
    return std::string_view(buffer_.data() + offset, static_cast<std::size_t>(std::min(size, size_ - offset)));
  }

  // Whether the record of this header is there whole, before `limit`. A large one is read in parts.
  Result<bool> has_whole(const SpoolRecordHeader& header, std::uint64_t limit);

 private:
  std::unique_ptr<DiskFile> file_;
  std::uint64_t segment_position_ = 0;
  std::string buffer_;
  std::uint64_t position_ = 0;  // of the buffer's first byte
  std::uint64_t size_ = 0;      // of it that were read
};

}  // namespace streamd
