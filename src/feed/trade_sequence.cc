#include "feed/trade_sequence.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace streamd::feed {

TradeSequence::TradeSequence(std::optional<std::uint64_t> last_id, std::size_t max_waiting)
    : max_waiting_(max_waiting) {
  if (last_id) next_ = *last_id + 1;
}

std::optional<std::uint64_t> TradeSequence::last_id() const {
  if (!next_ || *next_ == 0) return std::nullopt;
  return *next_ - 1;
}

// A live trade; false: it had been emitted.
bool TradeSequence::note(const AggTrade& trade) {
  if (!next_) next_ = trade.id;
  if (trade.id < *next_) {
    ++repeats_;
    return false;
  }
  in_doubt_ = false;  // what was missed before it is a hole with an end now
  if (trade.id >= highest_) {
    highest_ = trade.id;
    highest_time_ms_ = trade.time_ms;
  }
  return true;
}

void TradeSequence::live(AggTrade trade, std::vector<AggTrade>& out) {
  if (!note(trade)) return;
  if (trade.id == *next_) {
    emit(std::move(trade), out);
    emit_ready(out);
  } else {
    wait(std::move(trade));
  }
}

void TradeSequence::postpone(const AggTrade& trade) {
  if (note(trade)) ++postponed_;
}

void TradeSequence::wait(AggTrade trade) {
  const std::uint64_t id = trade.id;
  if (!waiting_.try_emplace(id, std::move(trade)).second) {
    ++repeats_;
  } else if (waiting_.size() > max_waiting_) {
    waiting_.erase(std::prev(waiting_.end()));
    ++postponed_;
  }
}

void TradeSequence::may_have_missed() {
  in_doubt_ = next_.has_value();
  asked_in_doubt_ = false;  // what is under way may have been answered before
}

std::optional<Hole> TradeSequence::hole() const {
  if (!waiting_.empty()) return Hole{*next_, waiting_.begin()->first - 1};
  if (next_ && highest_ >= *next_) return Hole{*next_, highest_};
  if (in_doubt_) return Hole{*next_, std::nullopt};
  return std::nullopt;
}

std::vector<IdRange> TradeSequence::filled(std::uint64_t from, std::vector<AggTrade> trades, Page page,
                                           std::vector<AggTrade>& out) {
  std::vector<IdRange> absent;
  if (!next_ || from > *next_) return absent;  // not an answer to what is missing here
  std::sort(trades.begin(), trades.end(), [](const AggTrade& a, const AggTrade& b) { return a.id < b.id; });
  for (AggTrade& trade : trades) {
    pass_over(trade.id, absent, out);
    if (trade.id < *next_) continue;
    emit(std::move(trade), out);
    emit_ready(out);
  }
  if (page == Page::last && asked_in_doubt_) in_doubt_ = false;
  asked_in_doubt_ = false;
  return absent;
}

// Goes on at `end` or beyond: what waits is emitted, all else before `end` is absent.
void TradeSequence::pass_over(std::uint64_t end, std::vector<IdRange>& absent, std::vector<AggTrade>& out) {
  while (*next_ < end) {
    const bool one_waits = !waiting_.empty() && waiting_.begin()->first < end;
    const std::uint64_t there = one_waits ? waiting_.begin()->first : end;
    if (there > *next_) absent.push_back({*next_, there - 1});
    next_ = there;
    emit_ready(out);
  }
}

std::optional<LostTrades> TradeSequence::give_up(std::vector<AggTrade>& out) {
  const std::optional<Hole> open = hole();
  if (!open) return std::nullopt;
  if (!open->to) {
    in_doubt_ = false;
    return std::nullopt;
  }
  LostTrades lost{{open->from, *open->to}, last_time_ms_, std::nullopt};
  lost.before_ms = waiting_.empty() ? highest_time_ms_ : waiting_.begin()->second.time_ms;
  next_ = *open->to + 1;
  emit_ready(out);
  return lost;
}

void TradeSequence::emit(AggTrade trade, std::vector<AggTrade>& out) {
  next_ = trade.id + 1;
  last_time_ms_ = trade.time_ms;
  out.push_back(std::move(trade));
}

void TradeSequence::emit_ready(std::vector<AggTrade>& out) {
  while (!waiting_.empty() && waiting_.begin()->first == *next_) {
    emit(std::move(waiting_.extract(waiting_.begin()).mapped()), out);
  }
}

}  // namespace streamd::feed
