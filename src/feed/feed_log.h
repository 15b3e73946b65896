// What goes to the daemon, first kept on the disk: each trade's line with its number, and its id at the exchange. So the
// daemon may be away, and this process may die, and each line still gets to it once: who starts anew goes on behind
// each symbol's newest id, and sends what the daemon does not have. What it has is trimmed.
// Files in a folder of its own: `session` (the name under which numbers count), and segments, each beginning with the
// newest ids of all symbols before it, with marks between the lines that say what the daemon has. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "feed/agg_trade.h"
#include "io/disk.h"

namespace streamd::feed {

class FeedLog {
 public:
  struct Last {
    std::uint64_t id = 0;
    std::int64_t time_ms = 0;
  };

  static constexpr std::uint64_t kSegmentBytes = 16 << 20;
  // For a log of at most so many: what cannot be trimmed yet is a small part of it, and its segments are few.
  static std::uint64_t segment_bytes_of(std::uint64_t most_bytes);
  // Makes it where there is none; cuts off what a crash left unfinished. The disk outlives it.
  static Result<std::unique_ptr<FeedLog>> open(Disk& disk, const std::string& folder,
                                               std::uint64_t segment_bytes = kSegmentBytes);

  const std::string& session() const { return session_; }
  const std::map<std::string, Last>& newest() const { return newest_; }  // by symbol
  std::uint64_t last_seq() const { return last_seq_; }                   // 0: nothing was ever kept

  // Numbered on. On the disk after commit(), not before: that writes what was added and trimmed, and what a failure left undone.
  void add(const std::string& symbol, const AggTrade& trade);
  Result<void> commit();
  std::uint64_t committed_seq() const { return committed_seq_; }

  // Committed lines from behind a number on, up to about so many bytes, at least one if there is one; `seq` becomes the
  // last one's number. Empty: there are none.
  Result<std::string> read_behind(std::uint64_t& seq, std::size_t most_bytes);
  // The daemon has all up to this number.
  Result<void> trim(std::uint64_t seq);
  std::uint64_t trimmed_seq() const { return trimmed_seq_; }  // of earlier runs, too, as far as it was committed
  std::uint64_t bytes() const;
  std::uint64_t uncommitted_bytes() const { return added_.size(); }

 private:
  static constexpr std::size_t kReadBytes = 256 << 10;

  struct Segment {
    std::string path;
    std::uint64_t first_seq = 0;
    std::uint64_t header_bytes = 0;
    std::uint64_t size = 0;
    std::unique_ptr<DiskFile> file;
  };
  // Where the line behind `seq` begins.
  struct Place {
    std::uint64_t seq = 0;
    std::size_t segment = 0;  // from the first that is kept
    std::uint64_t offset = 0;
  };

  FeedLog(Disk& disk, std::string folder, std::uint64_t segment_bytes)
      : disk_(disk), folder_(std::move(folder)), segment_bytes_(segment_bytes) {}
  Result<void> take_session();
  Result<void> take_segments();
  Result<void> take_segment(Segment& segment);
  Result<void> begin_segment();
  std::string header() const;
  void find(std::uint64_t seq);

  Disk& disk_;
  const std::string folder_;
  const std::uint64_t segment_bytes_;
  std::string session_;
  std::deque<Segment> segments_;
  std::map<std::string, Last> newest_;
  std::string added_;
  std::string symbol_json_;
  std::uint64_t last_seq_ = 0;
  std::uint64_t committed_seq_ = 0;
  std::uint64_t trimmed_seq_ = 0;
  std::uint64_t marked_seq_ = 0;  // trimmed, as the disk has it
  std::optional<Place> place_;  // of the last read
};

}  // namespace streamd::feed
