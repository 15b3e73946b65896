// The reading side of a spool: pieces of whole lines, out of as many records as it takes. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/disk.h"
#include "sink/spool.h"
#include "sink/spool_extent.h"
#include "sink/spool_window.h"

namespace streamd {

class SpoolReader {
 public:
  SpoolReader(Disk& disk, std::string folder, const SpoolExtent& extent)
      : disk_(disk), folder_(std::move(folder)), extent_(extent) {}

  // As Spool::read(). Where a file is damaged, what cannot be read is skipped and logged.
  Result<Spool::Piece> read(std::uint64_t from, std::size_t size);
  std::uint64_t position_in_piece(std::size_t offset) const;

 private:
  enum class Step { goes_on, piece_is_full, is_damaged };
  // From `at_` on, in the segment [position, end).
  Result<Step> read_record(const SpoolExtent::Segment& segment, std::size_t size);
  Result<bool> open_segment(const SpoolExtent::Segment& segment);  // false: it is gone
  // Moves record_ to the one that holds at_. False: it is damaged, or none does.
  Result<bool> find_record(std::uint64_t end);
  Result<bool> verify_record(std::uint64_t end);
  Result<Step> take_lines(std::uint64_t end, std::size_t size);
  Result<void> go_back_to_line(std::uint64_t end);
  void skip_damage(const SpoolExtent::Segment& segment);

  Disk& disk_;
  const std::string folder_;
  const SpoolExtent& extent_;
  SpoolWindow window_;
  std::uint64_t at_ = 0;
  // The record that at_ is in, or one before it in the same segment.
  std::uint64_t record_ = 0;
  std::uint64_t record_next_ = 0;
  std::uint32_t payload_bytes_ = 0;
  std::uint64_t verified_ = UINT64_MAX;         // a record of which the checksum was right
  std::uint64_t damage_logged_ = UINT64_MAX;
  bool begins_anywhere_ = false;                // at_ is the caller's: it may be within a line
  // The piece.
  struct Span {
    std::size_t offset;
    std::uint64_t position;
  };
  std::string piece_;
  std::vector<Span> spans_;
};

}  // namespace streamd
