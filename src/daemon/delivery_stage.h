// Decisions and bars on their way out: makes their lines, once for all sinks, and appends them to the spool of each. It
// never talks to a sink's other end. When a spool is full, it waits (so the queue from the core fills, and push-back
// travels to the producers), or leaves out lines for that sink alone, and says which.
// What a spool has already (a replay) is not appended again.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/options.h"
#include "daemon/sink_watch.h"
#include "daemon/spooled_position.h"
#include "daemon/stage.h"
#include "http/event_feed.h"
#include "sink/spool.h"
#include "wire/ndjson_writer.h"

namespace streamd {

// One sink, as this stage sees it.
struct Outlet {
  std::string spec;
  bool takes_bars = false;  // else decisions
  WhenFull when_full = WhenFull::block;
  Spool* spool = nullptr;
  // Takes no more in this run (stdout's reader is gone): its spool's point moves on without lines.
  std::function<bool()> is_closed = [] { return false; };
  SinkWatch* watch = nullptr;  // is told, where there is one
};

class DeliveryStage {
 public:
  DeliveryStage(std::vector<Outlet> outlets, const Clock& clock, SpooledPosition& spooled, DeliveryQueue& input);

  // Batches are of a journal that is replayed: those up to known[i] give outlet i nothing that it does not have
  // (kNothingNew: none does).
  static constexpr std::uint64_t kNothingNew = std::numeric_limits<std::uint64_t>::max();
  Result<void> begin_replay(const std::string& id, const std::vector<std::uint64_t>& known);
  // From here on, batches are new, behind `position` of the journal; an empty id without one.
  Result<void> begin_journal(const std::string& id, std::uint64_t position);

  // Pages are told of new batches, too; `feed` outlives this.
  void tell(EventFeed& feed) { feed_ = &feed; }

  Work do_work();
  // From then on, a batch that a spool does not take is given up with all that follow, so that the daemon can end; the
  // journal has it.
  void set_deadline(ElapsedMillis deadline_ms) { deadline_ms_ = deadline_ms; }
  std::uint64_t batches_given_up() const { return batches_given_up_; }
  // A spool could not be brought to the disk, and will not be until a restart. Any thread.
  bool has_failed() const { return failed_.load(); }

 private:
  // What a detached sink has missed.
  struct Missed {
    std::uint64_t lines = 0;
    std::uint64_t from_position = 0;  // in the journal
    bool is_counted_whole = false;    // else the gap is of an earlier run, which had its own count
    Second first_second = 0;
    Second last_second = 0;
  };
  struct Line {
    Outlet outlet;
    Missed missed;
    std::optional<std::uint64_t> known;  // events up to here give nothing new
    bool warned_half = false;
    bool told_full = false;
    RateLimit failure_log{10'000};
  };
  // Where an event's line ends, in the lines of its kind.
  struct LineEnd {
    FeedEvent::Kind kind;
    std::uint32_t symbol;
    std::size_t end;
  };
  enum class Given { taken, waits, failed };

  void take_names();
  bool feed_is_told() const;
  void make_lines();
  void tell_feed();
  Given give(Line& line);
  void pass_by(Line& line);
  Given give_behind_gap(Line& line);
  void note_missed(Line& line);
  void tell_missed(const Line& line, std::uint64_t until_position) const;
  void warn_when_filling(Line& line);
  std::string_view lines_for(const Outlet& outlet) const { return outlet.takes_bars ? bar_lines_ : decision_lines_; }
  void sync_spools();
  void update_spooled();
  Work finish();

  std::vector<Line> lines_;
  const Clock& clock_;
  SpooledPosition& spooled_;
  DeliveryQueue& input_;
  EventFeed* feed_ = nullptr;
  bool is_replay_ = false;
  bool decisions_wanted_ = false;
  bool bars_wanted_ = false;
  std::string journal_id_;
  std::vector<std::string> symbols_json_;  // by number, quoted and escaped
  DecisionLineWriter writer_;
  std::string decision_lines_;
  std::string bar_lines_;
  std::vector<LineEnd> events_;  // of the held batch, for the feed
  std::unique_ptr<DeliveryBatch> held_;
  std::size_t next_line_ = 0;  // the first that has not taken the held batch yet
  ElapsedMillis deadline_ms_ = std::numeric_limits<ElapsedMillis>::max();
  std::uint64_t batches_given_up_ = 0;
  std::atomic<bool> failed_{false};
};

}  // namespace streamd
