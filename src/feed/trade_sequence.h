// A symbol's trades in order: live trades come as the streams bring them (repeated, reordered, with some missing),
// answers of REST fill the holes, and each id leaves once, in order. A live trade behind a hole waits until the hole is
// filled or given up. Pure: no clock, no IO. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "feed/agg_trade.h"

namespace streamd::feed {

struct IdRange {
  std::uint64_t from;
  std::uint64_t to;  // inclusive

  std::uint64_t count() const { return to - from + 1; }
  bool operator==(const IdRange&) const = default;
};

// What is to be asked for. Without an end: nobody knows whether anything is missing there.
struct Hole {
  std::uint64_t from;
  std::optional<std::uint64_t> to;  // inclusive

  bool operator==(const Hole&) const = default;
};

// Ids that were given up, and the times of the trades beside them, as far as they are known.
struct LostTrades {
  IdRange ids;
  std::optional<std::int64_t> after_ms;
  std::optional<std::int64_t> before_ms;
};

// Whether the exchange had more trades than it answered: a page that is not full was all.
enum class Page { full, last };

class TradeSequence {
 public:
  // `last_id`: what was emitted before this run; without one the sequence begins with the first live trade.
  // At most `max_waiting` live trades wait. Beyond them the newest are dropped and belong to a later hole.
  TradeSequence(std::optional<std::uint64_t> last_id, std::size_t max_waiting);

  // What can be emitted now is appended to `out`.
  void live(AggTrade trade, std::vector<AggTrade>& out);
  // A live trade for which nobody has room now: not kept, and a hole until REST gives it.
  void postpone(const AggTrade& trade);
  // All streams of the symbol were interrupted, and one is there again: trades may have been missed that no live trade
  // tells of yet. Until one does, or REST, there is a hole without an end.
  void may_have_missed();

  // The oldest one; nothing: all is there, as far as is known.
  std::optional<Hole> hole() const;
  // A request for hole() leaves now. One at a time; what is doubted later is not answered by it.
  void asked() { asked_in_doubt_ = in_doubt_; }
  // The answer: trades with ids >= `from`; maybe none, or not up to the hole's end (REST lags), or beyond it. Ids that
  // it leaves out before or between them do not exist at the exchange: returned, unless a live trade had them.
  std::vector<IdRange> filled(std::uint64_t from, std::vector<AggTrade> trades, Page page, std::vector<AggTrade>& out);
  // The hole will not be filled: goes on behind it. Nothing is lost with one without an end: the next live trade tells
  // what is missing.
  std::optional<LostTrades> give_up(std::vector<AggTrade>& out);

  std::optional<std::uint64_t> last_id() const;
  std::size_t waiting() const { return waiting_.size(); }
  std::uint64_t repeats() const { return repeats_; }       // live trades that had been emitted, or waited
  std::uint64_t postponed() const { return postponed_; }  // live trades for which there was no room

 private:
  bool note(const AggTrade& trade);
  void emit(AggTrade trade, std::vector<AggTrade>& out);
  void emit_ready(std::vector<AggTrade>& out);
  void pass_over(std::uint64_t end, std::vector<IdRange>& absent, std::vector<AggTrade>& out);
  void wait(AggTrade trade);

  const std::size_t max_waiting_;
  std::optional<std::uint64_t> next_;       // the id to be emitted next
  std::optional<std::int64_t> last_time_ms_;
  std::map<std::uint64_t, AggTrade> waiting_;  // all beyond next_
  std::uint64_t highest_ = 0;               // of all that came; at or beyond next_: not yet emitted
  std::int64_t highest_time_ms_ = 0;
  bool in_doubt_ = false;
  bool asked_in_doubt_ = false;             // the request under way left after the doubt came up
  std::uint64_t repeats_ = 0;
  std::uint64_t postponed_ = 0;
};

}  // namespace streamd::feed
