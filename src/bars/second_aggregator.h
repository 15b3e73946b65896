// Trades → seconds, open and closed. A second of a symbol closes when every source that fed it has left it:
// by a later trade or its watermark (with lateness), idle by ticks, or ended. Trades for a closed second are late:
// they go to the store at once, as a part. Bar lines close their second and go to the store as they are.
// Part of the core: pure, one thread. Time comes only by ticks.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <vector>

#include "bars/bar_change.h"
#include "bars/bar_write.h"
#include "bars/tick.h"
#include "bars/tick_times.h"
#include "bars/window_feeders.h"
#include "base/byte_codec.h"
#include "market/bar.h"
#include "market/trade.h"

namespace streamd {

struct AggregatorOptions {
  std::int64_t lateness_ms = 0;       // >= 0
  ElapsedMillis idle_close_ms = 1000;  // >= 0
  ElapsedMillis producer_grace_ms = 10'000;  // >= 0
};

struct AggregatorCounts {
  std::uint64_t late_trades = 0;
  std::uint64_t seconds_closed = 0;
  std::uint64_t seconds_forced = 0;
};

// An open second with trades that were not written yet.
struct UnwrittenSecond {
  SymbolId symbol = 0;
  Second second = 0;
  std::int64_t written_trades = 0;    // since it was opened
  std::int64_t unwritten_trades = 0;  // > 0
};

class SecondAggregator {
 public:
  static constexpr std::size_t kMaxOpenSeconds = 64;  // per symbol; beyond it the oldest closes
  static constexpr ElapsedMillis kQuietWindowMs = 2000;

  // Appends to `writes` in the order in which the store must take them.
  // `options` hold until a run begins.
  SecondAggregator(const AggregatorOptions& options, std::vector<BarWrite>& writes);
  SecondAggregator(const SecondAggregator&) = delete;
  SecondAggregator& operator=(const SecondAggregator&) = delete;

  // From now on, appends what happens to bars to `changes`; to nothing when it is null.
  void tell_changes(std::vector<BarChange>* changes) { changes_ = changes; }
  // From now on, remembers who feeds windows of so many seconds, for window_is_over(); 0: none.
  void follow_windows(std::int32_t window_s) { window_feeders_.follow(window_s); }

  // The daemon starts: other options, other clocks. Idle and grace counts start anew; what is open stays open.
  void begin_run(const AggregatorOptions& options, UnixMillis wall_ms, ElapsedMillis elapsed_ms);

  // A source must be started before it feeds. Its label is that of the seconds that it opens from now on.
  // One that was away is back.
  void start_source(SourceId source, LabelId label);
  void relabel_source(SourceId source, LabelId label);
  // It sends no more. Its seconds that are over by `wall_ms` are left now, the others by later ticks.
  void end_source(SourceId source, UnixMillis wall_ms);
  // It may come back: until the grace has passed, its seconds wait for it; then it counts as ended.
  void leave_source_waiting(SourceId source);

  // It will not come back. What it feeds is left as if it had ended.
  void forget_source(SourceId source);

  void add_trades(SourceId source, const Trade* trades, std::size_t count);
  void add_bar_line(SourceId source, const BarLine& line);
  void tick(const Tick& tick);
  // It is at least so late.
  void advance_clock(UnixMillis wall_ms) { wall_ms_ = std::max(wall_ms_, wall_ms); }

  // Writes what open seconds have and was not written yet. They stay open.
  void write_open_seconds();
  std::vector<UnwrittenSecond> unwritten_seconds() const;
  // What it has unwritten was written, though not by this state (the database was ahead of the journal): that part, or
  // nothing.
  std::optional<BarWrite> take_as_written(SymbolId symbol, Second second);

  // The newest second of a symbol that is closed or open: nothing was ever fed behind it.
  std::optional<Second> newest_second(SymbolId symbol) const;
  // All seconds of a symbol up to here are closed; only late trades and bar lines still change them.
  std::optional<Second> closed_until(SymbolId symbol) const;

  // Nothing will close in that window of the symbol any more, but for what comes late: no second in it is open, and each
  // source that fed it has ended; or, by time, is done with it: had nothing unread at the last tick, has been read
  // without interruption for kQuietWindowMs, and has sent nothing in that time, or nothing for the window and is past
  // its end. Windows are as long as those that are followed.
  enum class Ending { by_time, at_end_of_files };
  bool window_is_over(SymbolId symbol, Second start, Ending ending) const;
  void forget_windows_before(SymbolId symbol, Second start) { window_feeders_.forget_before(symbol, start); }
  UnixMillis wall_ms() const { return wall_ms_; }  // the latest that is known
  std::int64_t lateness_ms() const { return options_.lateness_ms; }

  const AggregatorCounts& counts() const { return counts_; }  // since the run began; no part of the state

  // The whole state. load() is for a fresh object; false: these are not the bytes of one.
  void save(ByteSink& bytes) const;
  bool load(ByteSource& bytes);

 private:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  static constexpr Second kNone = std::numeric_limits<Second>::min();
  static constexpr std::size_t kSpareBuckets = 64;

  struct Feeder {
    SourceId source;
    ElapsedMillis fed_after_ms;  // the last tick before its latest trade
  };

  struct OpenSecond {
    Second second;
    LabelId label;
    PartialBar unwritten;
    PartialBar written;          // since it was opened
    Feeder first;                // nearly always the only one
    std::vector<Feeder> others;

    Feeder* feeder(SourceId source);
  };

  struct Symbol {
    Second last_closed = kNone;
    std::vector<OpenSecond> open;  // ascending
  };

  struct SymbolSecond {
    SymbolId symbol;
    Second second;
    friend auto operator<=>(const SymbolSecond&, const SymbolSecond&) = default;
  };

  enum class Presence : std::uint8_t { here, away, ended };

  // The seconds that a source feeds and did not leave; entries of seconds that have closed since are stale.
  struct Source {
    LabelId label = kLiveLabel;
    Presence presence = Presence::here;
    bool undrained = false;  // at the last tick
    ElapsedMillis away_since_ms = 0;
    UnixMillis watermark_ms = std::numeric_limits<UnixMillis>::min();
    UnixMillis next_leave_ms = kNever;  // the watermark that leaves the first of `ahead`
    ElapsedMillis read_since_ms = 0;    // being read without interruption
    ElapsedMillis sent_after_ms = 0;    // the last tick before its latest line
    struct Bucket {
      Second second;
      std::vector<SymbolId> symbols;
    };
    std::deque<Bucket> ahead;          // ascending; left when the watermark passes
    std::vector<SymbolSecond> behind;  // opened behind the watermark
    std::size_t behind_limit = 1024;   // compact at this size
  };

  void add_trade(SourceId id, Source& source, const Trade& trade, Second second);
  void advance_watermark(SourceId id, Source& source, UnixMillis event_time_ms);
  void leave_passed_seconds(SourceId id, Source& source);
  void leave_earlier_seconds(SourceId id, const Source& source, SymbolId symbol, Second second);
  void feed(SourceId id, Source& source, SymbolId symbol, OpenSecond& open);
  void register_fed_second(SourceId id, Source& source, SymbolId symbol, Second second);
  OpenSecond& open_second(SourceId id, Source& source, SymbolId symbol, Second second);
  void leave(SourceId id, SymbolId symbol, Second second);
  // Returns true when it is the only one.
  bool remove_feeder(SymbolId symbol, OpenSecond& open, SourceId source);
  // For so long it was read without interruption, and has sent nothing since `fed_after_ms`.
  bool was_quiet(const Source& source, ElapsedMillis fed_after_ms, ElapsedMillis quiet_ms) const;
  bool has_ended(SourceId id) const;
  void note_fed(SymbolId id, const Symbol& symbol, Second second, SourceId source, ElapsedMillis fed_after_ms);
  // Returns true when the source feeds that second no more (it left now, or the second had closed).
  bool leave_if_idle(SourceId id, const Source& source, SymbolSecond key);
  // Leaves it to the caller to tell what became of the bar.
  void close_quietly(SymbolId symbol, std::size_t index);
  void close(SymbolId symbol, std::size_t index);
  void close_with_line(SymbolId symbol_id, Symbol& symbol, const BarWrite& line);
  void scan_idle(SourceId id, Source& source);
  void leave_ended(SourceId id, Source& source);
  template <typename Leaves>
  void sweep(Source& source, Leaves leaves);
  void compact_behind(SourceId id, Source& source);
  void write(SymbolId symbol, OpenSecond& open);
  Symbol& symbol_at(SymbolId id);
  static OpenSecond* find_open(Symbol& symbol, Second second);
  UnixMillis leave_at_ms(Second second) const { return end_ms(second) + options_.lateness_ms; }
  Source& source_at(SourceId id);
  static void save_source(const Source& source, ByteSink& bytes);
  static bool load_source(Source& source, ByteSource& bytes);
  static void save_second(const OpenSecond& open, ByteSink& bytes);
  static bool load_second(OpenSecond& open, ByteSource& bytes);

  AggregatorOptions options_;
  std::vector<BarWrite>& writes_;
  std::vector<BarChange>* changes_ = nullptr;
  std::vector<Symbol> symbols_;
  std::map<SourceId, Source> sources_;  // ordered: effects must not depend on a hash
  std::vector<std::vector<SymbolId>> spare_buckets_;
  UnixMillis wall_ms_ = 0;
  ElapsedMillis elapsed_ms_ = 0;  // of the last tick
  TickTimes tick_times_;
  WindowFeeders window_feeders_;
  AggregatorCounts counts_;
};

}  // namespace streamd
