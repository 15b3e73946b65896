// Which symbol's hole REST is asked for next: the one that is due the longest, one request a symbol under way, few at a
// time, within the weight budget. Who got a page goes behind the others. Holes with an end come before those without
// one. What failed or brought nothing comes again with jittered backoff; after the time limit, the next vain request is
// the last. Pure: time comes in, monotonic; chance comes from a seed. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/backoff.h"
#include "base/units.h"
#include "feed/trade_sequence.h"
#include "feed/weight_budget.h"

namespace streamd::feed {

struct RequestLimits {
  std::size_t max_under_way = 4;
  std::size_t page = 1000;            // trades an answer, the exchange's most
  std::int64_t weight = 4;            // of a request
  ElapsedMillis settle_ms = 250;      // a hole this young may close by itself: messages come out of order
  ElapsedMillis tail_delay_ms = 3000;  // until a hole without an end is asked for: a live trade tells the same
  ElapsedMillis give_up_ms = 600'000;  // without a step forward
  ElapsedMillis refused_ms = 20'000;   // likewise, where the exchange refuses the request itself
};

struct TradeRequest {
  std::size_t symbol;
  std::uint64_t from;
  std::size_t limit;
};

// Why there is no answer.
enum class RequestFailure {
  this_one,       // the exchange refuses this request
  any,            // nobody answers, or says that it is in trouble: others would fail, too
  told_to_wait,   // 429, 418: the weight budget knows how long
};

class RequestSchedule {
 public:
  RequestSchedule(std::size_t symbols, const RequestLimits& limits, std::uint32_t seed);

  // What the symbol's sequence says after each change: cheap when nothing has changed.
  void wants(std::size_t symbol, const std::optional<Hole>& hole, ElapsedMillis now_ms);

  // The next request, which leaves now: it is spent. Nothing: none is due, or may leave.
  std::optional<TradeRequest> next(WeightBudget& budget, ElapsedMillis now_ms);
  // How long next() has nothing, if nobody calls anything else; nothing: for good.
  std::optional<ElapsedMillis> wait_ms(const WeightBudget& budget, ElapsedMillis now_ms) const;

  // Each request ends with one of these. `hole`: what the sequence says behind the answer.
  void answered(std::size_t symbol, Page page, const std::optional<Hole>& hole, ElapsedMillis now_ms);
  void failed(std::size_t symbol, RequestFailure failure, ElapsedMillis now_ms);
  // For a time nothing could be asked for, which says nothing of the holes: all have their time again.
  void begin_anew(ElapsedMillis now_ms);
  // Symbols whose holes are to be given up; wants() must follow for each.
  std::vector<std::size_t> take_given_up() { return std::exchange(given_up_, {}); }

  std::size_t under_way() const { return under_way_; }

 private:
  enum class State { idle, queued, under_way, given_up };
  struct Entry {
    explicit Entry(std::uint32_t seed) : backoff(seed) {}

    std::optional<Hole> hole;
    State state = State::idle;
    ElapsedMillis due_ms = 0;
    std::uint64_t ticket = 0;        // queued: who came first
    ElapsedMillis since_ms = 0;      // no step forward since then
    ElapsedMillis sent_ms = 0;
    Backoff backoff;
  };
  struct Turn {
    ElapsedMillis due_ms;
    std::uint64_t ticket;
    std::size_t symbol;
    auto operator<=>(const Turn&) const = default;
  };
  using Queue = std::set<Turn>;

  Queue& queue_of(const Entry& entry) { return entry.hole->to ? holes_ : tails_; }
  void enqueue(std::size_t symbol, ElapsedMillis due_ms);
  void dequeue(std::size_t symbol);
  void end_request(Entry& entry);
  void retry_or_give_up(std::size_t symbol, ElapsedMillis limit_ms, ElapsedMillis now_ms);
  void pause(ElapsedMillis sent_ms, ElapsedMillis now_ms);

  const RequestLimits limits_;
  std::vector<Entry> entries_;
  Queue holes_;
  Queue tails_;
  std::uint64_t last_ticket_ = 0;
  std::size_t under_way_ = 0;
  std::vector<std::size_t> given_up_;
  Backoff pause_backoff_;              // while no request is answered
  ElapsedMillis paused_at_ms_;
  ElapsedMillis paused_until_ms_;
  std::optional<ElapsedMillis> answered_ms_;  // the last time that any was
};

}  // namespace streamd::feed
