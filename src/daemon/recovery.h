// A start is a recovery: the core's state from the newest snapshot that the database and all that came later can follow,
// then the journal's tail through the same apply(). Effects that the database has already are not given again.
// What was lost on the way (a damaged journal, a lost state dir) is said, and new events then go under a new journal id,
// so that the database's position is never taken for one of another history.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "core/core.h"
#include "daemon/stage.h"
#include "journal/journal.h"
#include "journal/journal_reader.h"
#include "journal/snapshot_files.h"
#include "store/store.h"

namespace streamd {

struct StateFolders {
  std::string journal;
  std::string snapshots;
};

class Recovery {
 public:
  // `stored`: how far the database is; `spooled`: how far each sink's spool is, of those that go on with what they have.
  // `new_id` makes journal ids. Error kind refused: files of a version that this program does not know.
  static Result<std::unique_ptr<Recovery>> plan(Disk& disk, const StateFolders& folders,
                                                const std::optional<Progress>& stored,
                                                const std::vector<Progress>& spooled,
                                                std::function<std::string()> new_id, const Clock& clock);

  // Of the events that are replayed; empty when there are none.
  const std::string& journal_id() const { return id_; }
  // As `spooled`, in terms of the journal that is replayed: events up to there are in that spool.
  const std::vector<std::uint64_t>& known_to_spools() const { return known_to_spools_; }
  // Replays one record into `output` and, where sinks are, `delivery` (all of it: the spools know what they have);
  // blocked while one has no room, finished at the journal's end. The first effects are all names that the core knows.
  Work do_work(EffectQueue& output, DeliveryQueue* delivery);
  // Where reading has failed (not: found damage).
  const Result<void>& outcome() const { return outcome_; }
  std::uint64_t bytes_done() const { return reader_->position() - start_; }
  std::uint64_t bytes_total() const { return end_by_size_ > start_ ? end_by_size_ - start_ : 0; }
  std::uint64_t lines_replayed() const { return lines_replayed_; }

  // After finished: cuts what is damaged, and opens the journal where new events go.
  Result<std::unique_ptr<Journal>> open_journal(std::uint64_t segment_bytes);
  // After finished: the state that it came to.
  std::unique_ptr<Core> take_core() { return std::move(core_); }
  // Bytes behind the last whole record.
  std::uint64_t bytes_cut() const { return bytes_cut_; }
  // The database holds effects of events that the journal has lost.
  bool store_is_ahead() const { return store_is_ahead_; }
  std::uint64_t rows_given() const { return rows_given_; }

 private:
  Recovery(Disk& disk, StateFolders folders, std::function<std::string()> new_id, const Clock& clock)
      : disk_(disk),
        folders_(std::move(folders)),
        new_id_(std::move(new_id)),
        clock_(clock),
        snapshots_(disk, folders_.snapshots) {}

  Result<void> choose_start(const std::optional<Progress>& stored, const std::vector<Progress>& spooled);
  struct Place {
    std::uint64_t position = 0;            // events from here on are not in what is stored
    std::optional<std::uint64_t> cut_at;   // the journal lost its end, and goes on here under another id
  };
  // Nothing: what is stored is of no journal that is known here.
  std::optional<Place> place_of(const Progress& stored) const;
  Result<void> read_segments();
  void give_delivery(DeliveryQueue& delivery);
  Result<std::uint64_t> limit_of_spools(const std::vector<Progress>& spooled);
  void tell_lost_lines() const;
  std::uint64_t limit_of_store(const std::optional<Progress>& stored);
  // Takes the newest snapshot at or before `limit` that the journal goes on from; where the journal's beginning is
  // trimmed, else the oldest one behind it. False: there is none, or none is needed.
  Result<bool> load_snapshot(std::uint64_t limit, bool may_be_beyond_journal);
  Result<void> set_damaged_aside();
  Result<void> take_snapshot(std::uint64_t position);
  void start_without_state();
  bool all_segments_are_lost() const;
  std::uint64_t journal_begin() const;
  std::string damage_mark() const;
  Result<void> sync_segments();
  void note_time(const EffectBatch& effects);
  void tell_outcome() const;

  Disk& disk_;
  const StateFolders folders_;
  const std::function<std::string()> new_id_;
  const Clock& clock_;
  SnapshotFiles snapshots_;
  std::vector<Segment> segments_;
  std::unique_ptr<Core> core_ = std::make_unique<Core>();
  std::unique_ptr<JournalReader> reader_;
  EventBatch events_;  // of one record; kept for its memory
  std::unique_ptr<EffectBatch> effects_ = std::make_unique<EffectBatch>();
  std::string id_;                    // under which new events go; empty: a new one
  std::uint64_t start_ = 0;           // of the replay
  std::uint64_t end_by_size_ = 0;
  std::uint64_t begin_of_id_ = 0;     // where the events under id_ begin
  std::vector<std::uint64_t> known_to_spools_;
  std::uint64_t known_to_store_ = 0;  // effects up to here are in the database
  std::optional<std::uint64_t> stored_position_;  // of this journal
  bool lost_state_ = false;
  std::optional<std::uint64_t> ahead_until_;  // the database was ahead when an earlier start began its id there
  bool names_given_ = false;
  Result<void> outcome_;
  std::uint64_t lines_replayed_ = 0;
  std::uint64_t rows_given_ = 0;
  std::uint64_t bytes_cut_ = 0;
  bool store_is_ahead_ = false;
  Second first_second_ = 0;  // of the rows that were given
  Second last_second_ = 0;
};

// After a recovery from which the store is ahead: of the seconds that are open in `core`, those whose unwritten trades
// the store has already (it got them with events that are lost). Says so to the core by events, so that they are not
// written twice. What a second has unwritten is always written as a whole, so the number of stored trades tells.
Result<void> add_seconds_stored_before(const Core& core, Store& store, EventBatch& batch);

}  // namespace streamd
