#include "daemon/verification.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>
#include <utility>

#include "journal/journal_reader.h"
#include "journal/snapshot_files.h"

namespace streamd {
namespace {

constexpr ElapsedMillis kRetryMs = 20;

Error interrupted() {
  return Error{"interrupted; nothing was compared"};
}

// Where the newest part of the journal begins that holds all events up to `position`: a new journal id may begin
// behind the old one's end.
std::uint64_t begin_without_gap(const std::vector<Segment>& segments, std::uint64_t position) {
  std::uint64_t begin = segments.front().position;
  for (std::size_t i = 1; i < segments.size() && segments[i].position <= position; ++i) {
    const bool known =
        !segments[i].damaged && !segments[i - 1].damaged && segments[i].journal_id != segments[i - 1].journal_id;
    if (known && segments[i].position > segments[i - 1].end()) begin = segments[i].position;
  }
  return begin;
}

}  // namespace

Result<VerificationReport> Verification::run() {
  auto report = verify();
  expected_.reset();
  if (report || !links_) return report;
  std::string message = report.error().message;
  if (const std::size_t place = message.find(copy_path()); place != std::string::npos) {
    message.replace(place, copy_path().size(), options_.db);
  }
  return Error{links_->original_paths(std::move(message)), report.error().kind};
}

Result<VerificationReport> Verification::verify() {
  std::error_code absent;
  if (!std::filesystem::exists(options_.db, absent)) {
    return Error{options_.db + ": there is no such database; give the daemon's --db", ErrorKind::not_found};
  }
  auto links = JournalLinks::make(disk_, options_.state_dir);
  if (!links) return links.error();
  links_.emplace(std::move(links).value());
  // Twice, so that the journal neither begins nor ends between the copy's position and what is linked.
  auto linked = links_->link_all();
  if (linked) linked = copy_when_unlocked();
  if (linked) linked = links_->link_all();
  if (!linked) return linked.error();
  auto segments = list_segments(disk_, links_->journal());
  if (!segments) return segments.error();
  segments_ = std::move(segments).value();

  auto rows = StoredRows::open(copy_path(), links_->folder() + "/spill");
  if (!rows) return rows.error();
  auto stored = stored_progress(*rows);
  if (!stored) return stored.error();
  if (auto related = check_relation(*stored); !related) return related.error();
  if (auto replayed = replay(stored->position); !replayed) return replayed.error();
  auto comparison = rows->compare(expected_path(), coverage());
  if (!comparison) return comparison.error();
  report_.comparison = std::move(comparison).value();
  return std::move(report_);
}

Result<void> Verification::copy_when_unlocked() {
  const ElapsedMillis start_ms = clock_.elapsed_ms();
  for (;;) {
    auto copied = copy_database(options_.db, copy_path());
    if (copied || copied.error().kind != ErrorKind::locked) return copied;
    if (clock_.elapsed_ms() - start_ms >= options_.wait_ms) {
      return Error{
          copied.error().message + "; end what holds it (a daemon with --db-exclusive?), or give a longer --wait",
          ErrorKind::locked};
    }
    if (!go_on_(0, 0, 0)) return interrupted();
    std::this_thread::sleep_for(std::chrono::milliseconds(kRetryMs));
  }
}

Result<void> Verification::replay(std::uint64_t target) {
  StoreOptions options{expected_path(), true, {}};
  options.limits.temp_directory = links_->folder() + "/spill";
  auto expected = BarStore::open(options, counters_);
  if (!expected) return expected.error();
  expected_ = std::move(expected).value();
  auto done = choose_start(target);
  if (done) done = read_before_start();
  if (done) done = replay_to(target);
  if (done) done = expected_->commit(CommitTarget::file, std::nullopt);
  expected_.reset();
  return done;
}

Result<Progress> Verification::stored_progress(StoredRows& rows) {
  auto stored = rows.progress();
  if (!stored) return stored.error();
  if (*stored) return **stored;
  auto has_rows = rows.has_rows();
  if (!has_rows) return has_rows.error();
  if (*has_rows) {
    return Error{options_.db +
                 " does not say which journal its rows are from: it was filled with --no-journal, or by "
                 "something else"};
  }
  return Progress{};
}

// Whether the segments are of the journal that the rows are of.
Result<void> Verification::check_relation(const Progress& stored) {
  if (segments_.empty()) return Error{options_.state_dir + "/journal is empty: there is nothing to compare with"};
  const auto is_whole = [](const Segment& segment) { return !segment.damaged; };
  const auto last = std::find_if(segments_.rbegin(), segments_.rend(), is_whole);
  if (last == segments_.rend()) return Error{options_.state_dir + "/journal: no segment has a whole header"};
  report_.journal_id = last->journal_id;
  report_.begin = segments_.front().position;
  report_.end = last->end();
  report_.segments = segments_.size();
  const auto is_of_id = [&](const Segment& segment) {
    return !segment.damaged && segment.journal_id == stored.journal_id;
  };
  const auto last_of_id = std::find_if(segments_.rbegin(), segments_.rend(), is_of_id);
  if (last_of_id == segments_.rend() && !stored.journal_id.empty()) {
    return Error{
        fmt::format("{} is of journal {}, and {} holds journal {}: they do not belong together; give the "
                    "--state-dir of this database",
                    options_.db, stored.journal_id, options_.state_dir, last->journal_id)};
  }
  if (stored.position < report_.begin) {
    return Error{
        fmt::format("{} is at position {}, and the journal begins at {}: what is between is gone, nothing can be "
                    "compared",
                    options_.db, stored.position, report_.begin)};
  }
  if (last_of_id != segments_.rend() && stored.position > last_of_id->end()) {
    return Error{
        fmt::format("{} is at position {}, and its journal ends at {}: the journal has lost its end, nothing can "
                    "be compared",
                    options_.db, stored.position, last_of_id->end())};
  }
  return {};
}

Result<void> Verification::choose_start(std::uint64_t target) {
  const std::uint64_t usable_from = begin_without_gap(segments_, target);
  if (usable_from > 0) {
    auto positions = SnapshotFiles(disk_, links_->snapshots()).positions();
    if (!positions) return positions.error();
    bool found = false;
    for (const std::uint64_t position : *positions) {
      if (found || position < usable_from) continue;
      auto loaded = load_snapshot(position);
      if (!loaded) return loaded.error();
      found = *loaded;
      if (found) position_ = position;
    }
    if (!found) {
      return Error{
          fmt::format("the journal begins at {} and no whole snapshot follows: nothing can be compared", usable_from)};
    }
    if (position_ > target) {
      return Error{
          fmt::format("{} is at position {}, before the oldest snapshot that can be used, at {}: nothing can be "
                      "compared; start the daemon, it brings the database there",
                      options_.db, target, position_)};
    }
  }
  report_.start = position_;
  report_.stored = target;
  for (std::size_t i = 1; i < segments_.size() && segments_[i].position <= target; ++i) {
    if (segments_[i].damaged || segments_[i].position <= position_) continue;
    if (segments_[i].journal_id == segments_[i - 1].journal_id) continue;
    report_.remarks.push_back(fmt::format(
        "at {} another id begins: what was cut from the journal there may be in the database", segments_[i].position));
  }
  EffectBatch names;
  core_->announce_names(names);
  expected_->add(names);
  return {};
}

Result<bool> Verification::load_snapshot(std::uint64_t position) {
  auto snapshot = SnapshotFiles(disk_, links_->snapshots()).load(position);
  if (!snapshot && snapshot.error().kind == ErrorKind::refused) return snapshot.error();
  if (!snapshot) {
    report_.damage.push_back(links_->original_paths(snapshot.error().message));
    return false;
  }
  ByteSource bytes(snapshot->state.bytes);
  if (!core_->load(bytes)) {
    return Error{
        fmt::format("the snapshot at {} holds a state that this program does not know; run the version of "
                    "stream_daemon that wrote it",
                    position)};
  }
  for (std::size_t symbol = 0; symbol < core_->symbols().size(); ++symbol) {
    boundaries_.push_back(core_->newest_second(static_cast<SymbolId>(symbol)));
  }
  return true;
}

// Only for the time that it covers, and what is damaged.
Result<void> Verification::read_before_start() {
  if (report_.begin == position_) return {};
  JournalReader reader(disk_, segments_, report_.begin);
  EventBatch events;
  while (reader.position() < position_) {
    events.clear();
    auto more = reader.next(events);
    if (!more) return more.error();
    if (!*more) {
      report_.damage.push_back(links_->original_paths(reader.damage()));
      return {};
    }
    note_times(events);
    if (!go_on_(0, 0, 0)) return interrupted();
  }
  return {};
}

Result<void> Verification::replay_to(std::uint64_t target) {
  JournalReader reader(disk_, segments_, position_);
  EventBatch events;
  EffectBatch effects;
  while (reader.position() < target) {
    events.clear();
    auto more = reader.next(events);
    if (!more) return more.error();
    if (!*more) {
      stopped_by_damage_ = true;
      report_.damage.push_back(reader.damage().empty()
                                   ? fmt::format("the journal ends at {}, before the database", reader.position())
                                   : links_->original_paths(reader.damage()));
      break;
    }
    if (reader.position() > target) {
      return Error{
          fmt::format("{} is at position {}, where no record of the journal ends: they do not belong together; "
                      "give the --state-dir of this database",
                      options_.db, target)};
    }
    note_times(events);
    lines_ += events.size();
    core_->apply(events, reader.position(), effects);
    effects.add_stored_before();
    expected_->add(effects);
    effects.clear();
    if (expected_->pending_bytes() >= kBatchBytes) {
      if (auto committed = expected_->commit(CommitTarget::file, std::nullopt); !committed) return committed;
    }
    if (!go_on_(reader.position() - position_, target - position_, lines_)) return interrupted();
  }
  return {};
}

std::vector<Coverage> Verification::coverage() const {
  std::vector<Coverage> all;
  for (std::size_t symbol = 0; symbol < core_->symbols().size(); ++symbol) {
    Coverage one{core_->symbols()[symbol], std::nullopt, std::nullopt};
    if (symbol < boundaries_.size()) one.after = boundaries_[symbol];
    if (stopped_by_damage_) {
      one.until = core_->closed_until(static_cast<SymbolId>(symbol));
      if (!one.until) continue;
    }
    all.push_back(std::move(one));
  }
  return all;
}

void Verification::note_times(const EventBatch& events) {
  const auto note = [this](UnixMillis ms) {
    report_.first_event_ms = std::min(report_.first_event_ms.value_or(ms), ms);
    report_.last_event_ms = std::max(report_.last_event_ms.value_or(ms), ms);
  };
  for (const Trade& trade : events.trades()) note(trade.event_time_ms);
  for (const BarLine& line : events.bar_lines()) note(start_ms(line.second));
}

}  // namespace streamd
