#include "sink/spool_reader.h"

#include <algorithm>

#include "base/log.h"
#include "sink/spool_format.h"

namespace streamd {

Result<Spool::Piece> SpoolReader::read(std::uint64_t from, std::size_t size) {
  piece_.clear();
  spans_.clear();
  const std::uint64_t limit = extent_.end();
  at_ = std::min(std::max(from, extent_.begin()), limit);
  begins_anywhere_ = true;
  while (at_ < limit && piece_.size() < size) {
    SpoolExtent::Segment segment = extent_.at(at_);
    segment.end = std::min(segment.end, limit);
    at_ = std::max(at_, segment.position);
    if (at_ >= segment.end) continue;  // all that waited was dropped meanwhile
    auto opened = open_segment(segment);
    if (!opened) return opened.error();
    if (!*opened) {
      at_ = std::max(at_, extent_.begin());
      continue;
    }
    auto step = read_record(segment, size);
    if (!step) return step.error();
    if (*step == Step::piece_is_full) break;
  }
  return Spool::Piece{piece_, at_};
}

std::uint64_t SpoolReader::position_in_piece(std::size_t offset) const {
  if (offset >= piece_.size()) return at_;
  const auto behind = std::upper_bound(spans_.begin(), spans_.end(), offset,
                                       [](std::size_t value, const Span& span) { return value < span.offset; });
  const Span& span = *std::prev(behind);
  return span.position + (offset - span.offset);
}

Result<bool> SpoolReader::open_segment(const SpoolExtent::Segment& segment) {
  if (window_.is_open_at(segment.position)) {
    if (at_ < record_) record_ = segment.position;
    return true;
  }
  auto file = disk_.open(folder_ + "/" + spool_segment_name(segment.position), Disk::Mode::read);
  if (!file) {
    // The appending side may have dropped all that waited.
    if (file.error().kind == ErrorKind::not_found && extent_.begin() > segment.position) return false;
    return file.error();
  }
  window_.open(std::move(file).value(), segment.position);
  record_ = segment.position;
  return true;
}

Result<SpoolReader::Step> SpoolReader::read_record(const SpoolExtent::Segment& segment, std::size_t size) {
  auto found = find_record(segment.end);
  if (!found) return found.error();
  if (!*found && record_ < at_) {  // what lies before at_ is damaged, but that is not asked for
    record_ = at_;
    found = find_record(segment.end);
    if (!found) return found.error();
  }
  if (*found) {
    found = verify_record(segment.end);
    if (!found) return found.error();
  }
  if (!*found) {
    skip_damage(segment);
    return Step::goes_on;
  }
  const std::uint64_t lines_begin = record_ + sizeof(SpoolRecordHeader);
  if (payload_bytes_ == 0 || at_ >= lines_begin + payload_bytes_) {  // a mark, or the padding
    at_ = record_next_;
    return Step::goes_on;
  }
  if (at_ < lines_begin) at_ = lines_begin;
  if (begins_anywhere_ && at_ > lines_begin) {
    if (auto back = go_back_to_line(segment.end); !back) return back.error();
  }
  begins_anywhere_ = false;
  auto taken = take_lines(segment.end, size);
  if (!taken || *taken != Step::is_damaged) return taken;
  skip_damage(segment);
  return Step::goes_on;
}

Result<bool> SpoolReader::find_record(std::uint64_t end) {
  for (;;) {
    auto head = window_.view(record_, sizeof(SpoolRecordHeader), end);
    if (!head) return head.error();
    if (head->size() < sizeof(SpoolRecordHeader)) return false;
    const SpoolRecordHeader header = spool_record_header_at(*head);
    const std::uint64_t next = record_ + spool_record_bytes(header.payload_bytes);
    if (header.position != record_ || next > end) return false;
    record_next_ = next;
    payload_bytes_ = header.payload_bytes;
    if (at_ < next) return true;
    record_ = next;
  }
}

Result<bool> SpoolReader::verify_record(std::uint64_t end) {
  if (verified_ == record_) return true;
  auto head = window_.view(record_, sizeof(SpoolRecordHeader), end);
  if (!head) return head.error();
  if (head->size() < sizeof(SpoolRecordHeader)) return false;
  auto whole = window_.has_whole(spool_record_header_at(*head), end);
  if (whole && *whole) verified_ = record_;
  return whole;
}

// A cursor that is older or newer than the files may point anywhere; then the line comes again from its beginning.
Result<void> SpoolReader::go_back_to_line(std::uint64_t end) {
  const std::uint64_t lines_begin = record_ + sizeof(SpoolRecordHeader);
  auto before = window_.view(at_ - 1, 1, end);
  if (!before) return before.error();
  if (*before == "\n") return {};
  auto lines = window_.view(lines_begin, at_ - lines_begin, end);
  if (!lines) return lines.error();
  const std::size_t newline = lines->rfind('\n');
  at_ = newline == std::string_view::npos ? lines_begin : lines_begin + newline + 1;
  return {};
}

Result<SpoolReader::Step> SpoolReader::take_lines(std::uint64_t end, std::size_t size) {
  const std::uint64_t rest = record_ + sizeof(SpoolRecordHeader) + payload_bytes_ - at_;
  std::uint64_t wanted = std::min<std::uint64_t>(rest, size - piece_.size());
  for (bool grown = false;;) {
    auto bytes = window_.view(at_, wanted, end);
    if (!bytes) return bytes.error();
    if (bytes->size() < wanted) return Step::is_damaged;
    // A line that is longer than a piece comes alone.
    const std::size_t newline = grown ? bytes->find('\n') : bytes->rfind('\n');
    if (newline == std::string_view::npos) {
      if (!piece_.empty()) return Step::piece_is_full;
      if (wanted == rest) return Step::is_damaged;  // it ends within a line
      wanted = std::min(rest, 2 * wanted);
      grown = true;
      continue;
    }
    spans_.push_back({piece_.size(), at_});
    piece_.append(bytes->substr(0, newline + 1));
    if (newline + 1 == rest) {
      at_ = record_next_;
      return Step::goes_on;
    }
    at_ += newline + 1;
    return Step::piece_is_full;
  }
}

void SpoolReader::skip_damage(const SpoolExtent::Segment& segment) {
  if (damage_logged_ != record_) {
    log_error("{}/{} is damaged: the lines of its last {} bytes cannot be delivered", folder_,
              spool_segment_name(segment.position), segment.end - record_);
  }
  damage_logged_ = record_;
  at_ = segment.end;
  window_.close();
}

}  // namespace streamd
