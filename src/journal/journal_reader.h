// Reads the journal's records in order, from a position on, across its segments. Stops before the first that is not
// whole. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "core/event.h"
#include "io/disk.h"
#include "journal/journal_segments.h"

namespace streamd {

class JournalReader {
 public:
  // `from`: the beginning of a record, or the end of the last one.
  JournalReader(Disk& disk, std::vector<Segment> segments, std::uint64_t from);

  // The next record's events; `batch` comes empty. False at the end, and before a record that is not whole.
  Result<bool> next(EventBatch& batch);
  // Behind the last record that next() gave; `from` before the first.
  std::uint64_t position() const { return position_; }
  // Where that record began.
  std::uint64_t record_position() const { return record_position_; }
  // Once next() was false: why it stopped before the journal's end; empty when it did not.
  const std::string& damage() const { return damage_; }

 private:
  bool enter_next_segment();
  Result<bool> fill(std::size_t needed);

  static constexpr std::size_t kReadBytes = 4 << 20;

  Disk& disk_;
  const std::vector<Segment> segments_;
  std::size_t next_segment_ = 0;
  const Segment* segment_ = nullptr;
  std::unique_ptr<DiskFile> file_;
  std::string buffer_;
  std::size_t taken_ = 0;        // of the buffer
  std::uint64_t read_to_ = 0;    // file offset behind the buffer
  std::uint64_t position_;
  std::uint64_t record_position_;
  std::string damage_;
};

}  // namespace streamd
