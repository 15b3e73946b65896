#include "feed/feed_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "feed/trade_line.h"
#include "io/file.h"
#include "io/random_id.h"
#include "wire/json_text.h"

namespace streamd::feed {
namespace {

constexpr std::string_view kSegmentName = "lines-";
constexpr std::string_view kHeader = "#newest";
constexpr std::string_view kMark = "#trimmed ";

// A record: the id, a blank, the line. 0: it is none.
std::uint64_t number_behind(std::string_view text, std::string_view key) {
  const std::size_t at = key.empty() ? 0 : text.rfind(key);
  std::uint64_t number = 0;
  if (at != std::string_view::npos) {
    std::from_chars(text.data() + at + key.size(), text.data() + text.size(), number);
  }
  return number;
}

std::string_view symbol_in(std::string_view record) {
  constexpr std::string_view kKey = "\"symbol\":\"";
  const std::size_t at = record.find(kKey);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = record.substr(at + kKey.size());
  return rest.substr(0, rest.find('"'));
}

std::string_view line_in(std::string_view record) { return record.substr(record.find(' ') + 1); }

// Calls `take` for each whole line of `text`, with its newline; what it has taken.
template <typename Take>
std::size_t each_line(std::string_view text, Take take) {
  std::size_t begin = 0;
  for (std::size_t end; (end = text.find('\n', begin)) != std::string_view::npos; begin = end + 1) {
    if (!take(text.substr(begin, end + 1 - begin))) break;
  }
  return begin;
}

}  // namespace

std::uint64_t FeedLog::segment_bytes_of(std::uint64_t most_bytes) {
  return std::max(std::min(kSegmentBytes, most_bytes / 8), most_bytes / 512);
}

Result<std::unique_ptr<FeedLog>> FeedLog::open(Disk& disk, const std::string& folder, std::uint64_t segment_bytes) {
  std::unique_ptr<FeedLog> log(new FeedLog(disk, folder, segment_bytes));
  if (auto made = disk.make_folders(folder); !made) return made.error();
  if (auto taken = log->take_session(); !taken) return taken.error();
  if (auto taken = log->take_segments(); !taken) return taken.error();
  return log;
}

Result<void> FeedLog::take_session() {
  const std::string path = folder_ + "/session";
  auto text = read_whole_file(path);
  if (text && text->size() >= 8) {
    session_ = text->substr(0, text->find('\n'));
    return {};
  }
  if (!text && text.error().kind != ErrorKind::not_found) return text.error();
  session_ = random_id();
  auto file = disk_.open(path + ".new", Disk::Mode::create);
  if (!file) return file.error();
  const std::string line = session_ + "\n";
  const std::string_view pieces[] = {line};
  if (auto written = (*file)->write_at(0, pieces); !written) return written;
  if (auto synced = (*file)->sync(); !synced) return synced;
  if (auto renamed = disk_.rename(path + ".new", path); !renamed) return renamed;
  return disk_.sync_folder(folder_);
}

Result<void> FeedLog::take_segments() {
  auto names = disk_.list(folder_);
  if (!names) return names.error();
  for (const std::string& name : *names) {
    if (!name.starts_with(kSegmentName)) continue;
    Segment segment;
    segment.path = folder_ + "/" + name;
    segment.first_seq = number_behind(name, kSegmentName);
    auto file = disk_.open(segment.path, Disk::Mode::write);
    if (!file) return file.error();
    segment.file = std::move(file).value();
    // Whose beginning failed has no line, and its ids are old or not whole: the lines went on in the one before it.
    bool is_begun = segment.first_seq > last_seq_;
    if (is_begun) {
      if (auto taken = take_segment(segment); !taken) return taken;
      is_begun = segment.size > 0;
    }
    if (is_begun) {
      segments_.push_back(std::move(segment));
    } else if (auto removed = disk_.remove(segment.path); !removed) {
      return removed;
    }
  }
  committed_seq_ = last_seq_;
  if (!segments_.empty()) trimmed_seq_ = std::max(marked_seq_, segments_.front().first_seq - 1);
  return segments_.empty() ? begin_segment() : Result<void>();
}

// Reads it through; what a crash left of a record at its end is cut off.
Result<void> FeedLog::take_segment(Segment& segment) {
  if (segment.first_seq > 0) last_seq_ = std::max(last_seq_, segment.first_seq - 1);
  std::string text;
  for (std::uint64_t offset = 0;;) {
    const std::size_t had = text.size();
    text.resize(had + kReadBytes);
    auto got = segment.file->read_at(offset, text.data() + had, kReadBytes);
    if (!got) return got.error();
    text.resize(had + *got);
    offset += *got;
    const std::size_t taken = each_line(text, [&](std::string_view record) {
      if (record.starts_with(kHeader)) {
        segment.header_bytes = record.size();
        for (std::string_view rest = record.substr(kHeader.size()); rest.size() > 1;) {
          rest.remove_prefix(1);  // a blank; then symbol=id,time
          const std::string_view field = rest.substr(0, rest.find_first_of(" \n"));
          rest.remove_prefix(field.size());
          const std::size_t equals = field.find('=');
          const std::size_t comma = field.find(',', equals);
          if (equals == std::string_view::npos || comma == std::string_view::npos) continue;
          newest_[std::string(field.substr(0, equals))] = {
              number_behind(field.substr(equals + 1), ""), static_cast<std::int64_t>(number_behind(field.substr(comma + 1), ""))};
        }
      } else if (record.starts_with(kMark)) {
        marked_seq_ = number_behind(record, kMark);
      } else if (const std::uint64_t seq = number_behind(record, "\"seq\":"); seq > 0) {
        last_seq_ = std::max(last_seq_, seq);
        newest_[std::string(symbol_in(record))] = {
            number_behind(record, ""), static_cast<std::int64_t>(number_behind(record, "\"ts_ms\":"))};
      }
      return true;
    });
    segment.size += taken;
    text.erase(0, taken);
    if (*got < kReadBytes) break;
  }
  return text.empty() ? Result<void>() : segment.file->truncate(segment.size);
}

std::string FeedLog::header() const {
  std::string text(kHeader);
  for (const auto& [symbol, last] : newest_) text += fmt::format(" {}={},{}", symbol, last.id, last.time_ms);
  return text + '\n';
}

// Only when all that was added is committed.
Result<void> FeedLog::begin_segment() {
  Segment segment;
  segment.first_seq = last_seq_ + 1;
  segment.path = fmt::format("{}/{}{:020}", folder_, kSegmentName, segment.first_seq);
  auto file = disk_.open(segment.path, Disk::Mode::create);
  if (!file) return file.error();
  segment.file = std::move(file).value();
  const std::string text = header();
  const std::string_view pieces[] = {text};
  if (auto written = segment.file->write_at(0, pieces); !written) return written;
  if (auto synced = segment.file->sync(); !synced) return synced;
  if (auto synced = disk_.sync_folder(folder_); !synced) return synced;
  segment.header_bytes = segment.size = text.size();
  segments_.push_back(std::move(segment));
  return {};
}

void FeedLog::add(const std::string& symbol, const AggTrade& trade) {
  ++last_seq_;
  added_ += fmt::format("{} ", trade.id);
  symbol_json_.clear();
  append_json_string(symbol_json_, symbol);
  append_trade_line(added_, symbol_json_, trade, last_seq_);
  newest_[symbol] = {trade.id, trade.time_ms};
}

// After an error all is added yet, and is written to the same place again. What the failed attempt left there goes before:
// the mark may be longer by then, and a kill in the midst of writing would leave halves of two lines as one.
Result<void> FeedLog::commit() {
  Segment& segment = segments_.back();
  if (!added_.empty() || marked_seq_ < trimmed_seq_) {
    const std::string mark = fmt::format("{}{}\n", kMark, trimmed_seq_);
    const std::string_view pieces[] = {mark, added_};
    Result<void> written = segment.file->write_at(segment.size, pieces);
    if (written) written = segment.file->sync();
    if (!written) {
      static_cast<void>(segment.file->truncate(segment.size));
      return written;
    }
    segment.size += mark.size() + added_.size();
    added_ = {};
    marked_seq_ = trimmed_seq_;
    committed_seq_ = last_seq_;
  }
  if (segment.size < segment_bytes_ || segment.first_seq > last_seq_) return {};
  if (auto begun = begin_segment(); !begun) return begun;
  return trim(trimmed_seq_);
}

// Sets place_ to the beginning of the segment that has the line behind that number, unless the last read ended there.
void FeedLog::find(std::uint64_t seq) {
  if (place_ && place_->seq == seq) return;
  Place place;
  while (place.segment + 1 < segments_.size() && segments_[place.segment + 1].first_seq <= seq + 1) ++place.segment;
  place.seq = segments_[place.segment].first_seq - 1;
  place.offset = segments_[place.segment].header_bytes;
  place_ = place;
}

Result<std::string> FeedLog::read_behind(std::uint64_t& seq, std::size_t most_bytes) {
  if (seq >= committed_seq_) return std::string();
  find(seq);
  std::string lines;
  std::string text;
  for (;;) {
    const Segment& segment = segments_[place_->segment];
    if (place_->offset >= segment.size) {
      if (place_->segment + 1 >= segments_.size() || !lines.empty()) break;
      ++place_->segment;
      place_->offset = segments_[place_->segment].header_bytes;
      continue;
    }
    text.resize(std::min<std::uint64_t>(kReadBytes, segment.size - place_->offset));
    auto got = segment.file->read_at(place_->offset, text.data(), text.size());
    if (!got) return got.error();
    text.resize(*got);
    const std::size_t taken = each_line(text, [&](std::string_view record) {
      if (!lines.empty() && lines.size() >= most_bytes) return false;
      if (record.starts_with(kMark)) return true;
      place_->seq = number_behind(record, "\"seq\":");
      if (place_->seq > seq) lines += line_in(record);
      return true;
    });
    if (taken == 0) {
      if (lines.empty() && text.size() == kReadBytes) return Error{segment.path + ": a record without an end"};
      break;
    }
    place_->offset += taken;
    if (!lines.empty()) break;
  }
  if (!lines.empty()) seq = place_->seq;
  return lines;
}

Result<void> FeedLog::trim(std::uint64_t seq) {
  trimmed_seq_ = std::max(trimmed_seq_, seq);
  while (segments_.size() > 1 && segments_[1].first_seq <= seq + 1) {
    if (auto removed = disk_.remove(segments_.front().path); !removed) return removed;
    segments_.pop_front();
    if (place_ && place_->segment == 0) place_.reset();
    if (place_) --place_->segment;
  }
  return {};
}

std::uint64_t FeedLog::bytes() const {
  std::uint64_t sum = added_.size();
  for (const Segment& segment : segments_) sum += segment.size;
  return sum;
}

}  // namespace streamd::feed
