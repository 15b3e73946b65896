// Appends event batches to the journal, brings them to the disk, and trims what is not needed any more.
// append() is the core thread's; sync() and trim() may be called on any thread beside it.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/histogram.h"
#include "base/result.h"
#include "core/event.h"
#include "io/disk.h"
#include "journal/event_codec.h"
#include "journal/journal_format.h"
#include "journal/journal_segments.h"

namespace streamd {

struct JournalOptions {
  std::string folder;
  std::uint64_t segment_bytes = kSegmentBytes;
};

class Journal {
 public:
  // Goes on at `end` under `id`: in the last of `segments` (which end there) or, under another id, in a new one.
  static Result<std::unique_ptr<Journal>> open(Disk& disk, const Clock& clock, JournalOptions options,
                                               std::vector<Segment> segments, const std::string& id,
                                               std::uint64_t end);

  const std::string& id() const { return id_; }
  // Behind the last record.
  std::uint64_t end() const;
  // Of all segments.
  std::uint64_t bytes() const;
  // Where each segment begins, ascending.
  std::vector<std::uint64_t> segment_positions() const;

  // As one record. Killing the process does not lose it any more. On an error (a full disk) it is not appended, and
  // may be tried again; after a sync that failed there is always one.
  Result<void> append(const EventBatch& batch);

  struct Synced {
    std::uint64_t position = 0;
    std::uint64_t number = 0;  // EventBatch::number of the last batch before it
  };
  // Everything that was appended before the call survives the loss of power when it returns. After an error all later
  // calls fail: nothing is known of what the disk has.
  Result<Synced> sync();
  Synced synced() const;
  // How long the syncs took that had something to do; any thread.
  HistogramCopy sync_times() const { return sync_times_.copy(); }
  // True once a sync has failed.
  bool has_failed() const;

  // Removes segments that end at least `keep_bytes` before `position`; never the last.
  Result<void> trim(std::uint64_t position, std::uint64_t keep_bytes);

 private:
  Journal(Disk& disk, const Clock& clock, JournalOptions options, std::vector<Segment> segments, std::string id,
          std::uint64_t end);
  Result<void> begin_segment();

  Disk& disk_;
  const Clock& clock_;
  const JournalOptions options_;
  const std::string id_;
  EventEncoder encoder_;
  // The core thread's: of the last segment.
  std::shared_ptr<DiskFile> file_;
  std::uint64_t file_position_ = 0;
  std::uint64_t file_bytes_ = 0;

  mutable std::mutex mutex_;        // guards what follows
  std::vector<Segment> segments_;
  std::uint64_t end_;
  std::uint64_t last_number_ = 0;
  std::vector<std::shared_ptr<DiskFile>> unsynced_;  // files with records that were not synced yet, the last one last
  bool folder_unsynced_ = false;
  Synced synced_;
  std::mutex sync_mutex_;           // one sync at a time; taken before mutex_
  Histogram sync_times_;            // written under sync_mutex_
  Result<void> failure_;            // of a sync; guarded by mutex_
};

}  // namespace streamd
