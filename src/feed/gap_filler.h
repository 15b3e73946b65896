// All symbols' trades in order: live trades go in, requests to REST come out and their answers go in, and what can be
// emitted comes out: each symbol's trades in id order, each once, and a report for all that will never come. The one
// who calls brings time and network. Symbols are numbers from 0 on. Pure. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "feed/agg_trade.h"
#include "feed/request_schedule.h"
#include "feed/trade_sequence.h"
#include "feed/weight_budget.h"

namespace streamd::feed {

struct EmittedTrade {
  std::size_t symbol;
  AggTrade trade;
};

struct GapReport {
  enum class Kind {
    filled,         // had been asked for, and is there now
    given_up,       // lost: not asked for any more
    never_existed,  // the exchange has no trades of these ids
  };
  Kind kind;
  std::size_t symbol;
  IdRange ids;
  std::optional<std::int64_t> after_ms;   // given up: times of the trades beside it
  std::optional<std::int64_t> before_ms;
};

struct FeedOutput {
  std::vector<EmittedTrade> trades;
  std::vector<GapReport> reports;
};

struct GapCounts {
  std::uint64_t found = 0;          // gaps that did not close by themselves
  std::uint64_t filled = 0;
  std::uint64_t given_up = 0;
  std::uint64_t trades_filled = 0;  // of REST
  std::uint64_t trades_lost = 0;    // ids given up
  std::uint64_t never_existed = 0;  // ids
  std::uint64_t tails_asked = 0;    // requests whether something was missed
};

class GapFiller {
 public:
  // `last_ids`: for each symbol what was emitted before this run. Waits for at most `max_waiting` live trades a symbol.
  GapFiller(const std::vector<std::optional<std::uint64_t>>& last_ids, std::size_t max_waiting,
            const RequestLimits& limits, std::uint32_t seed);

  // All of them append to `out`.
  void live(std::size_t symbol, AggTrade trade, ElapsedMillis now_ms, FeedOutput& out);
  void answered(const TradeRequest& request, std::vector<AggTrade> trades, ElapsedMillis now_ms, FeedOutput& out);
  void failed(const TradeRequest& request, RequestFailure failure, ElapsedMillis now_ms, FeedOutput& out);

  // Trades find no room: what is live is given here then, not to live(), and nothing is asked for until go_on().
  void postpone(std::size_t symbol, const AggTrade& trade, ElapsedMillis now_ms, FeedOutput& out);
  void go_on(ElapsedMillis now_ms) { schedule_.begin_anew(now_ms); }

  // A symbol is subscribed to again after a time without, or for the first time in a run that goes on; or it is silent
  // for suspiciously long.
  void may_have_missed(std::size_t symbol, ElapsedMillis now_ms);

  // See RequestSchedule. Each request ends with answered() or failed().
  std::optional<TradeRequest> next_request(WeightBudget& budget, ElapsedMillis now_ms);
  std::optional<ElapsedMillis> wait_ms(const WeightBudget& budget, ElapsedMillis now_ms) const {
    return schedule_.wait_ms(budget, now_ms);
  }

  const TradeSequence& sequence(std::size_t symbol) const { return symbols_[symbol].sequence; }
  const GapCounts& counts() const { return counts_; }
  std::size_t under_way() const { return schedule_.under_way(); }

 private:
  struct Symbol {
    TradeSequence sequence;
    std::optional<IdRange> gap;  // that was asked for, until it is closed
  };

  // The symbol's sequence has changed: takes what it emitted; the hole may be another one.
  void take(std::size_t symbol, FeedOutput& out);
  void follow_hole(std::size_t symbol, ElapsedMillis now_ms, FeedOutput& out);
  void follow_gap(std::size_t symbol, const std::optional<Hole>& hole, FeedOutput& out);
  void give_up(std::size_t symbol, ElapsedMillis now_ms, FeedOutput& out);

  std::vector<Symbol> symbols_;
  RequestSchedule schedule_;
  GapCounts counts_;
  std::vector<AggTrade> emitted_;
};

}  // namespace streamd::feed
