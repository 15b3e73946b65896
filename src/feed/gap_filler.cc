#include "feed/gap_filler.h"

#include <algorithm>
#include <utility>

namespace streamd::feed {

GapFiller::GapFiller(const std::vector<std::optional<std::uint64_t>>& last_ids, std::size_t max_waiting,
                     const RequestLimits& limits, std::uint32_t seed)
    : schedule_(last_ids.size(), limits, seed) {
  symbols_.reserve(last_ids.size());
  for (const std::optional<std::uint64_t>& last_id : last_ids) {
    symbols_.push_back({TradeSequence(last_id, max_waiting), std::nullopt});
  }
}

void GapFiller::live(std::size_t symbol, AggTrade trade, ElapsedMillis now_ms, FeedOutput& out) {
  symbols_[symbol].sequence.live(std::move(trade), emitted_);
  take(symbol, out);
  follow_hole(symbol, now_ms, out);
}

void GapFiller::postpone(std::size_t symbol, const AggTrade& trade, ElapsedMillis now_ms, FeedOutput& out) {
  symbols_[symbol].sequence.postpone(trade);
  follow_hole(symbol, now_ms, out);
}

void GapFiller::may_have_missed(std::size_t symbol, ElapsedMillis now_ms) {
  TradeSequence& sequence = symbols_[symbol].sequence;
  sequence.may_have_missed();
  schedule_.wants(symbol, sequence.hole(), now_ms);
}

std::optional<TradeRequest> GapFiller::next_request(WeightBudget& budget, ElapsedMillis now_ms) {
  const std::optional<TradeRequest> request = schedule_.next(budget, now_ms);
  if (!request) return std::nullopt;
  Symbol& symbol = symbols_[request->symbol];
  const std::optional<Hole> hole = symbol.sequence.hole();
  symbol.sequence.asked();
  if (!hole->to) {
    ++counts_.tails_asked;
  } else if (!symbol.gap) {
    symbol.gap = {hole->from, *hole->to};
    ++counts_.found;
  }
  return request;
}

void GapFiller::answered(const TradeRequest& request, std::vector<AggTrade> trades, ElapsedMillis now_ms,
                         FeedOutput& out) {
  TradeSequence& sequence = symbols_[request.symbol].sequence;
  const Page page = trades.size() < request.limit ? Page::last : Page::full;
  const std::size_t waited = sequence.waiting();
  for (const IdRange& ids : sequence.filled(request.from, std::move(trades), page, emitted_)) {
    counts_.never_existed += ids.count();
    out.reports.push_back({GapReport::Kind::never_existed, request.symbol, ids, {}, {}});
  }
  counts_.trades_filled += emitted_.size() - (waited - sequence.waiting());
  take(request.symbol, out);
  const std::optional<Hole> hole = sequence.hole();
  follow_gap(request.symbol, hole, out);
  schedule_.answered(request.symbol, page, hole, now_ms);
  for (const std::size_t symbol : schedule_.take_given_up()) give_up(symbol, now_ms, out);
}

void GapFiller::failed(const TradeRequest& request, RequestFailure failure, ElapsedMillis now_ms, FeedOutput& out) {
  schedule_.failed(request.symbol, failure, now_ms);
  for (const std::size_t symbol : schedule_.take_given_up()) give_up(symbol, now_ms, out);
}

void GapFiller::give_up(std::size_t symbol, ElapsedMillis now_ms, FeedOutput& out) {
  Symbol& it = symbols_[symbol];
  const std::optional<LostTrades> lost = it.sequence.give_up(emitted_);
  if (lost) {
    if (it.gap && it.gap->from < lost->ids.from) {
      out.reports.push_back({GapReport::Kind::filled, symbol, {it.gap->from, lost->ids.from - 1}, {}, {}});
    }
    if (!it.gap) ++counts_.found;  // nobody got an answer, so it was not asked for
    it.gap.reset();
    ++counts_.given_up;
    counts_.trades_lost += lost->ids.count();
    out.reports.push_back({GapReport::Kind::given_up, symbol, lost->ids, lost->after_ms, lost->before_ms});
  }
  take(symbol, out);
  schedule_.wants(symbol, it.sequence.hole(), now_ms);
}

void GapFiller::take(std::size_t symbol, FeedOutput& out) {
  for (AggTrade& trade : emitted_) out.trades.push_back({symbol, std::move(trade)});
  emitted_.clear();
}

void GapFiller::follow_hole(std::size_t symbol, ElapsedMillis now_ms, FeedOutput& out) {
  const std::optional<Hole> hole = symbols_[symbol].sequence.hole();
  follow_gap(symbol, hole, out);
  schedule_.wants(symbol, hole, now_ms);
}

void GapFiller::follow_gap(std::size_t symbol, const std::optional<Hole>& hole, FeedOutput& out) {
  std::optional<IdRange>& gap = symbols_[symbol].gap;
  if (!gap) return;
  if (hole && hole->to && hole->from <= gap->to + 1) {
    gap->to = std::max(gap->to, *hole->to);
    return;
  }
  ++counts_.filled;
  out.reports.push_back({GapReport::Kind::filled, symbol, *gap, {}, {}});
  gap.reset();
}

}  // namespace streamd::feed
