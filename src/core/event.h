// Every input of the core, in batches: the complete and only non-determinism behind bars and decisions. The journal
// records these batches in order (journal/event_codec.h); replaying them gives the same effects.
// A batch holds one column per kind and the order in which to take from them (runs).
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "bars/tick.h"
#include "core/core_options.h"
#include "market/bar.h"
#include "market/trade.h"
#include "market/verdict.h"

namespace streamd {

enum class EventKind : std::uint8_t {
  trades,         // from the run's source
  bar_lines,      // from the run's source
  new_symbol,     // the next symbol number gets its name; before that number's first use
  source_start,   // before the source's first trade or bar line
  source_label,   // the source goes on under another label
  source_end,
  tail_position,  // what was read of a tailed file so far
  tick,
  write_open,     // write all open seconds as far as they are
  run_start,      // the daemon started
  producer_start, // a named producer connected
  producer_seq,   // how far a named producer is in
  producer_end,   // a named producer is forgotten
  second_stored,  // what an open second has unwritten is in the database already
  gate_verdict,
  influence_update,
  input_end,      // all files are read, and nothing follows them in this run
};
inline constexpr EventKind kLastEventKind = EventKind::input_end;

// Ends what cannot go on from the run before: its connections, and all tails but `tails`. Named producers may come back.
struct RunStart {
  std::string run_id;   // 32 hex digits
  std::string version;  // of the program
  CoreOptions options;
  UnixMillis wall_ms = 0;
  ElapsedMillis elapsed_ms = 0;
  std::vector<SourceId> tails;
};

struct SourceStart {
  SourceId source;
  std::string label = {};      // empty: live:<symbol>
  std::string tail_path = {};  // empty: it is a connection
};

struct SourceLabel {
  SourceId source;
  std::string label;
};

// The source of a named producer is the same in all its connections.
struct ProducerStart {
  SourceId source;
  std::string name;
  std::string session;         // as it gave it last; may be empty
  std::string label;
  std::uint64_t last_seq = 0;  // lines up to it are in
};

struct ProducerSeq {
  SourceId source;
  std::uint64_t seq;
};

struct SourceEnd {
  SourceId source;
  UnixMillis wall_ms;
};

struct InputEnd {
  UnixMillis wall_ms;
};

struct SecondStored {
  SymbolId symbol;
  Second second;
};

// Which file, recognised even under another name, and how much of it is in. The file is known by device, inode and
// a hash of its first bytes.
struct TailPosition {
  SourceId source = 0;
  std::string path;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t prefix_bytes = 0;  // how many raw bytes are hashed
  std::uint64_t prefix_hash = 0;   // XXH3, 64 bits
  std::uint64_t offset = 0;        // decompressed bytes up to the end of the last line that was taken
  bool finished = false;
};

class EventBatch {
 public:
  struct Run {
    EventKind kind;
    SourceId source;  // of trades and bar lines
    std::uint32_t count;
  };

  void add_trade(SourceId source, const Trade& trade) {
    extend(EventKind::trades, source);
    trades_.push_back(trade);
  }
  // As they lie in memory; for a reader of journals. `bytes` need not be aligned.
  void add_trades(SourceId source, const char* bytes, std::uint32_t count) {
    if (count == 0) return;
    extend(EventKind::trades, source, count);
    const std::size_t before = trades_.size();
    trades_.resize(before + count);
    std::memcpy(trades_.data() + before, bytes, count * sizeof(Trade));
  }
  void add_bar_line(SourceId source, const BarLine& line) {
    extend(EventKind::bar_lines, source);
    bar_lines_.push_back(line);
  }
  void add_symbol(std::string_view name) {
    extend(EventKind::new_symbol, 0);
    symbols_.emplace_back(name);
  }
  void add_source_start(SourceStart start) {
    extend(EventKind::source_start, 0);
    source_starts_.push_back(std::move(start));
  }
  void add_source_label(SourceLabel label) {
    extend(EventKind::source_label, 0);
    source_labels_.push_back(std::move(label));
  }
  void add_source_end(SourceEnd end) {
    extend(EventKind::source_end, 0);
    source_ends_.push_back(end);
  }
  void add_tail_position(TailPosition position) {
    extend(EventKind::tail_position, 0);
    tail_positions_.push_back(std::move(position));
  }
  void add_tick(Tick tick) {
    extend(EventKind::tick, 0);
    ticks_.push_back(std::move(tick));
  }
  // A second one right behind it would write nothing.
  void add_write_open() {
    if (runs_.empty() || runs_.back().kind != EventKind::write_open) extend(EventKind::write_open, 0);
  }
  void add_run_start(RunStart start) {
    extend(EventKind::run_start, 0);
    run_starts_.push_back(std::move(start));
  }
  void add_producer_start(ProducerStart start) {
    extend(EventKind::producer_start, 0);
    producer_starts_.push_back(std::move(start));
  }
  void add_producer_seq(ProducerSeq seq) {
    extend(EventKind::producer_seq, 0);
    producer_seqs_.push_back(seq);
  }
  void add_producer_end(SourceId source) {
    extend(EventKind::producer_end, 0);
    producer_ends_.push_back(source);
  }
  void add_second_stored(SecondStored stored) {
    extend(EventKind::second_stored, 0);
    seconds_stored_.push_back(stored);
  }
  void add_gate_verdict(GateVerdict verdict) {
    extend(EventKind::gate_verdict, 0);
    gate_verdicts_.push_back(std::move(verdict));
  }
  void add_influence_update(InfluenceUpdate update) {
    extend(EventKind::influence_update, 0);
    influence_updates_.push_back(std::move(update));
  }
  void add_input_end(InputEnd end) {
    extend(EventKind::input_end, 0);
    input_ends_.push_back(end);
  }

  const std::vector<Run>& runs() const { return runs_; }
  const std::vector<Trade>& trades() const { return trades_; }
  const std::vector<BarLine>& bar_lines() const { return bar_lines_; }
  const std::vector<std::string>& symbols() const { return symbols_; }
  const std::vector<SourceStart>& source_starts() const { return source_starts_; }
  const std::vector<SourceLabel>& source_labels() const { return source_labels_; }
  const std::vector<SourceEnd>& source_ends() const { return source_ends_; }
  const std::vector<TailPosition>& tail_positions() const { return tail_positions_; }
  const std::vector<Tick>& ticks() const { return ticks_; }
  const std::vector<RunStart>& run_starts() const { return run_starts_; }
  const std::vector<ProducerStart>& producer_starts() const { return producer_starts_; }
  const std::vector<ProducerSeq>& producer_seqs() const { return producer_seqs_; }
  const std::vector<SourceId>& producer_ends() const { return producer_ends_; }
  const std::vector<SecondStored>& seconds_stored() const { return seconds_stored_; }
  const std::vector<GateVerdict>& gate_verdicts() const { return gate_verdicts_; }
  const std::vector<InfluenceUpdate>& influence_updates() const { return influence_updates_; }
  const std::vector<InputEnd>& input_ends() const { return input_ends_; }

  // Calls `visitor` for all events in their order: trades(source, first, count) and bar_lines likewise for a run of
  // them, and for each other event the function named after its kind.
  template <typename Visitor>
  void visit(Visitor&& visitor) const;

  // What is asked of the stages behind, and no event: not journalled.
  std::uint64_t number = 0;   // counts the batches of this run from 1
  bool wants_sync = false;    // somebody waits for the journal to reach the disk
  bool wants_commit = false;  // somebody waits for the rows in the database
  std::int64_t read_us = 0;   // elapsed time at which its first bytes were read; 0: nobody looked

  bool empty() const { return runs_.empty(); }
  // Nothing but the passing of time.
  bool only_ticks() const {
    return std::all_of(runs_.begin(), runs_.end(), [](const Run& run) { return run.kind == EventKind::tick; });
  }
  // Trades and bar lines: what makes a batch large.
  std::size_t size() const { return trades_.size() + bar_lines_.size(); }

  // Empties it; keeps the memory for the next use.
  void clear() {
    runs_.clear();
    trades_.clear();
    bar_lines_.clear();
    symbols_.clear();
    source_starts_.clear();
    source_labels_.clear();
    source_ends_.clear();
    tail_positions_.clear();
    ticks_.clear();
    run_starts_.clear();
    producer_starts_.clear();
    producer_seqs_.clear();
    producer_ends_.clear();
    seconds_stored_.clear();
    gate_verdicts_.clear();
    influence_updates_.clear();
    input_ends_.clear();
    number = 0;
    wants_sync = wants_commit = false;
    read_us = 0;
  }

 private:
  void extend(EventKind kind, SourceId source, std::uint32_t count = 1) {
    if (!runs_.empty() && runs_.back().kind == kind && runs_.back().source == source) {
      runs_.back().count += count;
    } else {
      runs_.push_back({kind, source, count});
    }
  }

  std::vector<Run> runs_;
  std::vector<Trade> trades_;
  std::vector<BarLine> bar_lines_;
  std::vector<std::string> symbols_;
  std::vector<SourceStart> source_starts_;
  std::vector<SourceLabel> source_labels_;
  std::vector<SourceEnd> source_ends_;
  std::vector<TailPosition> tail_positions_;
  std::vector<Tick> ticks_;
  std::vector<RunStart> run_starts_;
  std::vector<ProducerStart> producer_starts_;
  std::vector<ProducerSeq> producer_seqs_;
  std::vector<SourceId> producer_ends_;
  std::vector<SecondStored> seconds_stored_;
  std::vector<GateVerdict> gate_verdicts_;
  std::vector<InfluenceUpdate> influence_updates_;
  std::vector<InputEnd> input_ends_;
};

template <typename Visitor>
void EventBatch::visit(Visitor&& visitor) const {
  const Trade* trade = trades_.data();
  const BarLine* bar_line = bar_lines_.data();
  std::size_t next[static_cast<std::size_t>(kLastEventKind) + 1] = {};  // of each kind that has no column
  for (const Run& run : runs_) {
    if (run.kind == EventKind::trades) {
      visitor.trades(run.source, trade, run.count);
      trade += run.count;
      continue;
    }
    if (run.kind == EventKind::bar_lines) {
      visitor.bar_lines(run.source, bar_line, run.count);
      bar_line += run.count;
      continue;
    }
    std::size_t& first = next[static_cast<std::size_t>(run.kind)];
    for (const std::size_t last = first + run.count; first < last; ++first) {
      switch (run.kind) {
        case EventKind::trades:
        case EventKind::bar_lines: break;
        case EventKind::new_symbol: visitor.new_symbol(symbols_[first]); break;
        case EventKind::source_start: visitor.source_start(source_starts_[first]); break;
        case EventKind::source_label: visitor.source_label(source_labels_[first]); break;
        case EventKind::source_end: visitor.source_end(source_ends_[first]); break;
        case EventKind::tail_position: visitor.tail_position(tail_positions_[first]); break;
        case EventKind::tick: visitor.tick(ticks_[first]); break;
        case EventKind::write_open: visitor.write_open(); break;
        case EventKind::run_start: visitor.run_start(run_starts_[first]); break;
        case EventKind::producer_start: visitor.producer_start(producer_starts_[first]); break;
        case EventKind::producer_seq: visitor.producer_seq(producer_seqs_[first]); break;
        case EventKind::producer_end: visitor.producer_end(producer_ends_[first]); break;
        case EventKind::second_stored: visitor.second_stored(seconds_stored_[first]); break;
        case EventKind::gate_verdict: visitor.gate_verdict(gate_verdicts_[first]); break;
        case EventKind::influence_update: visitor.influence_update(influence_updates_[first]); break;
        case EventKind::input_end: visitor.input_end(input_ends_[first]); break;
      }
    }
  }
}

}  // namespace streamd
