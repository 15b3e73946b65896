#include "feed/request_schedule.h"

#include <algorithm>
#include <limits>
#include <random>

#include "base/result.h"

namespace streamd::feed {
namespace {

constexpr ElapsedMillis kNever = std::numeric_limits<ElapsedMillis>::min();

// Another one, or one step further.
bool has_moved(const std::optional<Hole>& before, const std::optional<Hole>& after) {
  if (!before || !after) return before.has_value() != after.has_value();
  return before->from != after->from || before->to.has_value() != after->to.has_value();
}

}  // namespace

RequestSchedule::RequestSchedule(std::size_t symbols, const RequestLimits& limits, std::uint32_t seed)
    : limits_(limits), pause_backoff_(seed), paused_at_ms_(kNever), paused_until_ms_(kNever) {
  std::mt19937 seeds(seed);
  entries_.reserve(symbols);
  for (std::size_t i = 0; i < symbols; ++i) entries_.emplace_back(static_cast<std::uint32_t>(seeds()));
}

void RequestSchedule::wants(std::size_t symbol, const std::optional<Hole>& hole, ElapsedMillis now_ms) {
  Entry& entry = entries_[symbol];
  const bool was_given_up = entry.state == State::given_up;
  if (!was_given_up && !has_moved(entry.hole, hole)) {
    entry.hole = hole;
    return;
  }
  if (entry.state == State::queued) dequeue(symbol);
  if (was_given_up) entry.state = State::idle;
  entry.hole = hole;
  entry.since_ms = now_ms;
  entry.backoff.reset();
  if (!hole || entry.state == State::under_way) return;
  enqueue(symbol, now_ms + (hole->to ? limits_.settle_ms : limits_.tail_delay_ms));
}

std::optional<TradeRequest> RequestSchedule::next(WeightBudget& budget, ElapsedMillis now_ms) {
  if (now_ms < paused_until_ms_ || under_way_ >= limits_.max_under_way) return std::nullopt;
  for (const Queue* queue : {&holes_, &tails_}) {
    if (queue->empty() || queue->begin()->due_ms > now_ms) continue;
    if (budget.wait_ms(limits_.weight, now_ms) > 0) return std::nullopt;
    const std::size_t symbol = queue->begin()->symbol;
    dequeue(symbol);
    Entry& entry = entries_[symbol];
    entry.state = State::under_way;
    entry.sent_ms = now_ms;
    ++under_way_;
    budget.spent(limits_.weight, now_ms);
    return TradeRequest{symbol, entry.hole->from, limits_.page};
  }
  return std::nullopt;
}

std::optional<ElapsedMillis> RequestSchedule::wait_ms(const WeightBudget& budget, ElapsedMillis now_ms) const {
  if ((holes_.empty() && tails_.empty()) || under_way_ >= limits_.max_under_way) return std::nullopt;
  ElapsedMillis due_ms = std::numeric_limits<ElapsedMillis>::max();
  for (const Queue* queue : {&holes_, &tails_}) {
    if (!queue->empty()) due_ms = std::min(due_ms, queue->begin()->due_ms);
  }
  due_ms = std::max({due_ms, paused_until_ms_, now_ms});
  return std::max(due_ms - now_ms, budget.wait_ms(limits_.weight, now_ms));
}

void RequestSchedule::answered(std::size_t symbol, Page page, const std::optional<Hole>& hole, ElapsedMillis now_ms) {
  Entry& entry = entries_[symbol];
  end_request(entry);
  answered_ms_ = now_ms;
  pause_backoff_.reset();
  paused_until_ms_ = kNever;
  const bool is_further = has_moved(entry.hole, hole);
  entry.hole = hole;
  if (!hole) return;
  if (!is_further && hole->to) return retry_or_give_up(symbol, limits_.give_up_ms, now_ms);
  entry.since_ms = now_ms;
  entry.backoff.reset();
  if (page == Page::full) {
    enqueue(symbol, now_ms);
  } else {  // REST lags; or a doubt came up behind the request
    enqueue(symbol, now_ms + (hole->to ? entry.backoff.next_ms() : limits_.tail_delay_ms));
  }
}

void RequestSchedule::failed(std::size_t symbol, RequestFailure failure, ElapsedMillis now_ms) {
  Entry& entry = entries_[symbol];
  end_request(entry);
  if (failure == RequestFailure::any) pause(entry.sent_ms, now_ms);
  if (!entry.hole) return;
  if (failure == RequestFailure::told_to_wait) {
    enqueue(symbol, now_ms);
  } else {
    const bool is_refused = failure == RequestFailure::this_one;
    retry_or_give_up(symbol, is_refused ? std::min(limits_.refused_ms, limits_.give_up_ms) : limits_.give_up_ms, now_ms);
  }
}

void RequestSchedule::begin_anew(ElapsedMillis now_ms) {
  for (Entry& entry : entries_) {
    entry.since_ms = now_ms;
    entry.backoff.reset();
  }
}

// One failure stands for all symbols that have waited so long without anybody getting an answer.
void RequestSchedule::pause(ElapsedMillis sent_ms, ElapsedMillis now_ms) {
  if (sent_ms >= paused_at_ms_) {  // the others under way failed for the same reason
    paused_at_ms_ = now_ms;
    paused_until_ms_ = now_ms + pause_backoff_.next_ms();
  }
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    if (entry.state != State::queued || now_ms - entry.since_ms < limits_.give_up_ms) continue;
    if (!answered_ms_ || *answered_ms_ < entry.since_ms) {
      dequeue(i);
      entries_[i].state = State::given_up;
      given_up_.push_back(i);
    }
  }
}

void RequestSchedule::retry_or_give_up(std::size_t symbol, ElapsedMillis limit_ms, ElapsedMillis now_ms) {
  Entry& entry = entries_[symbol];
  if (now_ms - entry.since_ms >= limit_ms) {
    entry.state = State::given_up;
    given_up_.push_back(symbol);
  } else {
    enqueue(symbol, now_ms + entry.backoff.next_ms());
  }
}

void RequestSchedule::end_request(Entry& entry) {
  STREAMD_CHECK(entry.state == State::under_way);
  entry.state = State::idle;
  --under_way_;
}

void RequestSchedule::enqueue(std::size_t symbol, ElapsedMillis due_ms) {
  Entry& entry = entries_[symbol];
  entry.state = State::queued;
  entry.due_ms = due_ms;
  entry.ticket = ++last_ticket_;
  queue_of(entry).insert({due_ms, entry.ticket, symbol});
}

void RequestSchedule::dequeue(std::size_t symbol) {
  Entry& entry = entries_[symbol];
  queue_of(entry).erase({entry.due_ms, entry.ticket, symbol});
  entry.state = State::idle;
}

}  // namespace streamd::feed
