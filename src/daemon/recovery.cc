#include "daemon/recovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/fault.h"
#include "base/log.h"
#include "base/utc_text.h"

namespace streamd {
namespace {

constexpr std::uint64_t kEverything = std::numeric_limits<std::uint64_t>::max();

}  // namespace

Result<std::unique_ptr<Recovery>> Recovery::plan(Disk& disk, const StateFolders& folders,
                                                 const std::optional<Progress>& stored,
                                                 const std::vector<Progress>& spooled,
                                                 std::function<std::string()> new_id, const Clock& clock) {
  std::unique_ptr<Recovery> recovery(new Recovery(disk, folders, std::move(new_id), clock));
  for (const std::string& folder : {folders.journal, folders.snapshots}) {
    if (auto made = disk.make_folders(folder); !made) return made.error();
  }
  auto segments = list_segments(disk, folders.journal);
  if (!segments) return segments.error();
  recovery->segments_ = std::move(segments).value();
  if (auto chosen = recovery->choose_start(stored, spooled); !chosen) return chosen.error();
  return recovery;
}

// Of the events that are replayed: their id, where it begins, and where they end.
Result<void> Recovery::read_segments() {
  for (const Segment& segment : segments_) {
    if (segment.damaged) continue;
    end_by_size_ = segment.end();
    if (segment.journal_id != id_) begin_of_id_ = segment.position;
    id_ = segment.journal_id;
  }
  if (!all_segments_are_lost()) return {};
  // A snapshot alone still knows whose it is.
  auto positions = snapshots_.positions();
  if (!positions) return positions.error();
  if (positions->empty()) return {};
  if (auto newest = snapshots_.load(positions->back())) id_ = newest->journal_id;
  return {};
}

std::optional<Recovery::Place> Recovery::place_of(const Progress& stored) const {
  if (stored.journal_id == id_) return Place{stored.position, {}};
  const auto is_of_id = [&](const Segment& segment) {
    return !segment.damaged && segment.journal_id == stored.journal_id;
  };
  const auto last = std::find_if(segments_.rbegin(), segments_.rend(), is_of_id);
  if (last == segments_.rend()) return std::nullopt;
  const auto behind = std::find_if(last.base(), segments_.end(), [](const Segment& segment) { return !segment.damaged; });
  STREAMD_CHECK(behind != segments_.end());  // else its id would be id_
  // Positions only grow from id to id. Where the next id begins further on, a snapshot was there.
  Place place{std::min(stored.position, behind->position), {}};
  if (stored.position > last->end()) place.cut_at = behind->position;
  return place;
}

std::uint64_t Recovery::limit_of_store(const std::optional<Progress>& stored) {
  const bool empty = all_segments_are_lost();
  const auto place = stored ? place_of(*stored) : std::nullopt;
  if (place && stored->journal_id == id_) {
    stored_position_ = stored->position;
    return stored->position;
  }
  if (place) {
    ahead_until_ = place->cut_at;
    log_warn("the database has this journal up to {}, under an earlier id; all rows behind are written",
             place->position);
    return place->position;
  }
  std::uint64_t limit = journal_begin();
  if (stored && !empty) {
    limit = std::max(limit, begin_of_id_);
    log_warn("the database is of another journal ({}): all rows that this one holds since {} are written; if this is the "
             "state dir of another database, stop and give the right --state-dir",
             stored->journal_id, limit);
  } else if (stored) {
    log_warn("the database was filled from a journal that is gone: what was on its way then is lost, and tailed files "
             "are read again");
  } else if (!empty) {
    log_warn("the database has no record of the journal yet: all rows that the journal holds are written");
  }
  return limit;
}

// Where the first of them needs the replay to begin. One that no flag had named for long may be further back than the
// journal reaches: it gets what there is.
Result<std::uint64_t> Recovery::limit_of_spools(const std::vector<Progress>& spooled) {
  auto positions = snapshots_.positions();
  if (!positions) return positions.error();
  const auto first = std::lower_bound(positions->begin(), positions->end(), journal_begin());
  const std::uint64_t oldest_start = journal_begin() == 0 ? 0 : first == positions->end() ? end_by_size_ : *first;
  std::uint64_t limit = kEverything;
  for (const Progress& spool : spooled) {
    const auto place = place_of(spool);
    known_to_spools_.push_back(place ? place->position : end_by_size_);
    if (fault::planted() == fault::Bug::spools_ignored_by_recovery) continue;
    if (known_to_spools_.back() >= oldest_start) limit = std::min(limit, known_to_spools_.back());
  }
  return limit;
}

void Recovery::tell_lost_lines() const {
  for (const std::uint64_t known : known_to_spools_) {
    if (known >= start_) continue;
    log_error("the journal can be replayed from {} on, a sink's spool has it to {}: its lines of what was between are lost",
              start_, known);
  }
}

Result<void> Recovery::choose_start(const std::optional<Progress>& stored, const std::vector<Progress>& spooled) {
  if (auto read = read_segments(); !read) return read;
  const std::uint64_t begin = journal_begin();
  known_to_store_ = limit_of_store(stored);
  if (known_to_store_ < begin) {
    log_error("the journal begins at {}, the database has it to {}: what the {} bytes between held is lost", begin,
              known_to_store_, begin - known_to_store_);
  }
  if (auto sound = set_damaged_aside(); !sound) return sound;
  auto limit = limit_of_spools(spooled);
  if (!limit) return limit.error();
  *limit = std::min(*limit, known_to_store_);
  auto loaded = load_snapshot(*limit, stored_position_.has_value());
  if (!loaded) return loaded.error();
  if (!*loaded && (begin > 0 || (all_segments_are_lost() && !id_.empty()))) start_without_state();
  log_debug("recovery: journal {} of {} to {}, database at {}, sinks from {}, replay from {}", id_, begin, end_by_size_,
            stored ? fmt::format("{} of {}", stored->position, stored->journal_id) : "nothing", *limit, start_);
  tell_lost_lines();
  reader_ = std::make_unique<JournalReader>(disk_, segments_, start_);
  return sync_segments();
}

// There are none, or none of which the header can be read.
bool Recovery::all_segments_are_lost() const {
  return std::all_of(segments_.begin(), segments_.end(), [](const Segment& segment) { return segment.damaged; });
}

std::uint64_t Recovery::journal_begin() const { return all_segments_are_lost() ? 0 : segments_.front().position; }

// A process that was killed may have left any of it unsynced; from here on all of it counts as synced.
Result<void> Recovery::sync_segments() {
  for (const Segment& segment : segments_) {
    if (segment.damaged) continue;
    auto file = disk_.open(segment.path, Disk::Mode::write);
    if (!file) return file.error();
    if (auto synced = (*file)->sync(); !synced) return synced;
  }
  return disk_.sync_folder(folders_.journal);
}

// All of them, so that the journal is never trimmed in trust of one that cannot be read.
Result<void> Recovery::set_damaged_aside() {
  auto positions = snapshots_.positions();
  if (!positions) return positions.error();
  for (const std::uint64_t position : *positions) {
    const auto snapshot = snapshots_.load(position);
    if (snapshot) continue;
    if (snapshot.error().kind == ErrorKind::refused) return snapshot.error();
    log_warn("{}; an older snapshot has to do", snapshot.error().message);
    if (auto moved = snapshots_.set_aside(position, damage_mark()); !moved) return moved;
  }
  return {};
}

Result<void> Recovery::take_snapshot(std::uint64_t position) {
  auto snapshot = snapshots_.load(position);
  if (!snapshot) return snapshot.error();
  ByteSource bytes(snapshot->state.bytes);
  if (!core_->load(bytes)) {
    return Error{fmt::format("the snapshot at {} holds a state that this program does not know; start the version of "
                             "stream_daemon that wrote it, or choose another --state-dir",
                             position),
                 ErrorKind::refused};
  }
  start_ = position;
  return {};
}

Result<bool> Recovery::load_snapshot(std::uint64_t limit, bool may_be_beyond_journal) {
  auto positions = snapshots_.positions();
  if (!positions) return positions.error();
  const std::uint64_t begin = journal_begin();
  const std::uint64_t end = may_be_beyond_journal ? kEverything : end_by_size_;
  std::erase_if(*positions, [&](std::uint64_t position) { return position < begin || position > end; });
  const auto behind = std::upper_bound(positions->begin(), positions->end(), limit);
  std::optional<std::uint64_t> chosen;
  if (behind != positions->begin()) {
    chosen = *std::prev(behind);
  } else if (begin > 0 && behind != positions->end() && *behind <= end_by_size_) {
    chosen = *behind;
    log_error("no whole snapshot is old enough: rows of the events from {} to {} that were not in the database are lost",
              limit, *chosen);
  }
  if (!chosen) return false;
  if (auto taken = take_snapshot(*chosen); !taken) return taken.error();
  return true;
}

std::string Recovery::damage_mark() const { return ".damaged-" + utc_mark(clock_.wall_ms()); }

// The journal's beginning is trimmed, or all of it is gone, and there is no state to go on from.
void Recovery::start_without_state() {
  if (all_segments_are_lost()) {
    log_error("the journal is gone, and its snapshots are not of what the database has: open seconds and what tailed "
              "files and producers had delivered are forgotten");
    id_.clear();
    return;
  }
  log_error("there is no whole snapshot: the journal from {} to {} cannot be replayed; what was in the database stays, "
            "open seconds and what tailed files and producers had delivered are forgotten",
            segments_.front().position, end_by_size_);
  start_ = end_by_size_;
  lost_state_ = true;
  id_.clear();
}

Work Recovery::do_work(EffectQueue& output, DeliveryQueue* delivery) {
  if (!output.has_room() || (delivery != nullptr && !delivery->has_room())) return Work::blocked;
  if (!std::exchange(names_given_, true)) core_->announce_names(*effects_);
  events_.clear();
  auto more = reader_->next(events_);
  if (!more) {
    outcome_ = more.error();
    return Work::finished;
  }
  if (*more) {
    lines_replayed_ += events_.size();
    core_->apply(events_, reader_->position(), *effects_);
    effects_->position = reader_->position();
    if (delivery != nullptr) give_delivery(*delivery);
    if (reader_->position() <= known_to_store_) effects_->forget_rows();
    // What the database was found to have then, it has no more.
    if (known_to_store_ < reader_->record_position()) effects_->add_stored_before();
    effects_->stored_before.clear();
    note_time(*effects_);
  } else {
    effects_->position = reader_->position();
    if (delivery != nullptr) give_delivery(*delivery);
  }
  if (!effects_->empty()) {
    const std::size_t bytes = effects_->bytes();
    output.push(std::exchange(effects_, std::make_unique<EffectBatch>()), bytes);
  }
  return *more ? Work::done : Work::finished;
}

void Recovery::give_delivery(DeliveryQueue& delivery) {
  auto batch = std::make_unique<DeliveryBatch>(take_delivery(*effects_));
  if (batch->empty()) return;
  const std::size_t bytes = batch->bytes();
  delivery.push(std::move(batch), bytes);
}

void Recovery::note_time(const EffectBatch& effects) {
  for (const BarWrite& write : effects.writes) {
    if (rows_given_++ == 0) first_second_ = last_second_ = write.second;
    first_second_ = std::min(first_second_, write.second);
    last_second_ = std::max(last_second_, write.second);
  }
}

Result<std::unique_ptr<Journal>> Recovery::open_journal(std::uint64_t segment_bytes) {
  std::uint64_t end = reader_->position();
  const std::uint64_t cut = end_by_size_ > end ? end_by_size_ - end : 0;
  bytes_cut_ = cut;
  if (cut > 0 || !reader_->damage().empty()) {
    const std::string mark = damage_mark();
    auto kept = cut_segments(disk_, folders_.journal, segments_, end, mark);
    if (!kept) return kept.error();
    if (*kept) {
      log_error("{}; the journal ends there now, and what came behind is kept as *{}", reader_->damage(), mark);
    } else {
      log_warn("the journal's last record was not written whole; its {} bytes are cut off", cut);
    }
  }
  if (stored_position_ && *stored_position_ > end) {
    log_error("the database is ahead of the journal by {} bytes: these events' rows are kept, but what tailed files and "
              "producers had delivered in them may come again",
              *stored_position_ - end);
    store_is_ahead_ = true;
    id_.clear();
  }
  // A start that found it so went no further: nothing was journalled under its id.
  if (ahead_until_ == end) {
    store_is_ahead_ = true;
  }
  // A snapshot was beyond the journal's end: what follows begins a new history there.
  if (!segments_.empty() && segments_.back().end() != end) id_.clear();
  if (auto removed = snapshots_.remove_beyond(end); !removed) return removed.error();
  if (id_.empty() || segments_.empty()) id_ = new_id_();
  // The journal's new history begins with an empty state; without this, the next start could not replay it either.
  if (lost_state_) {
    ByteSink state;
    core_->save(state);
    if (auto kept = snapshots_.write(id_, clock_.wall_ms(), {end, state.take()}); !kept) return kept.error();
  }
  tell_outcome();
  return Journal::open(disk_, clock_, {folders_.journal, segment_bytes}, segments_, id_, end);
}

Result<void> add_seconds_stored_before(const Core& core, Store& store, EventBatch& batch) {
  const std::vector<UnwrittenSecond> seconds = core.unwritten_seconds();
  if (seconds.empty()) return {};
  std::vector<RowKey> keys;
  for (const UnwrittenSecond& second : seconds) keys.push_back({core.symbols()[second.symbol], second.second});
  auto stored = store.stored_trades(keys);
  if (!stored) return stored.error();
  for (std::size_t i = 0; i < seconds.size(); ++i) {
    const bool is_stored = (*stored)[i] >= seconds[i].written_trades + seconds[i].unwritten_trades;
    if (is_stored) batch.add_second_stored({seconds[i].symbol, seconds[i].second});
  }
  return {};
}

void Recovery::tell_outcome() const {
  if (reader_->position() == start_) return;
  log_info("recovered: {} bytes of the journal replayed, {} trades and bars", reader_->position() - start_,
           lines_replayed_);
  if (rows_given_ > 0) {
    log_info("{} parts of rows of {} to {} are written again from the journal", rows_given_, utc_text(first_second_),
             utc_text(last_second_));
  }
}

}  // namespace streamd
