#include "bars/second_aggregator.h"

#include <algorithm>
#include <utility>

#include "base/result.h"

namespace streamd {
namespace {

std::uint16_t offset_ms(const Trade& trade, Second second) {
  return static_cast<std::uint16_t>(trade.event_time_ms - start_ms(second));
}

}  // namespace

SecondAggregator::SecondAggregator(const AggregatorOptions& options, std::vector<BarWrite>& writes)
    : options_(options), writes_(writes) {}

void SecondAggregator::begin_run(const AggregatorOptions& options, UnixMillis wall_ms, ElapsedMillis elapsed_ms) {
  options_ = options;
  wall_ms_ = wall_ms;
  elapsed_ms_ = elapsed_ms;
  tick_times_.clear();
  window_feeders_.restart(elapsed_ms);
  counts_ = {};
  for (Symbol& symbol : symbols_) {
    for (OpenSecond& open : symbol.open) {
      open.first.fed_after_ms = elapsed_ms;
      for (Feeder& other : open.others) other.fed_after_ms = elapsed_ms;
    }
  }
  for (auto& [id, source] : sources_) {
    source.undrained = false;
    source.read_since_ms = source.away_since_ms = source.sent_after_ms = elapsed_ms;
    leave_passed_seconds(id, source);
  }
}

SecondAggregator::Feeder* SecondAggregator::OpenSecond::feeder(SourceId source) {
  if (first.source == source) return &first;
  for (Feeder& other : others) {
    if (other.source == source) return &other;
  }
  return nullptr;
}

bool SecondAggregator::remove_feeder(SymbolId symbol, OpenSecond& open, SourceId source) {
  if (open.others.empty()) return open.first.source == source;
  Feeder& feeder = *open.feeder(source);
  note_fed(symbol, symbols_[symbol], open.second, source, feeder.fed_after_ms);
  feeder = open.others.back();
  open.others.pop_back();
  return false;
}

SecondAggregator::Symbol& SecondAggregator::symbol_at(SymbolId id) {
  if (id >= symbols_.size()) symbols_.resize(std::max<std::size_t>(id + 1, symbols_.size() * 2));
  return symbols_[id];
}

SecondAggregator::Source& SecondAggregator::source_at(SourceId id) {
  const auto found = sources_.find(id);
  STREAMD_CHECK(found != sources_.end());
  return found->second;
}

SecondAggregator::OpenSecond* SecondAggregator::find_open(Symbol& symbol, Second second) {
  for (auto it = symbol.open.rbegin(); it != symbol.open.rend() && it->second >= second; ++it) {
    if (it->second == second) return &*it;
  }
  return nullptr;
}

void SecondAggregator::start_source(SourceId source, LabelId label) {
  Source& started = sources_[source];
  started.label = label;
  started.presence = Presence::here;
  started.read_since_ms = elapsed_ms_;
}

void SecondAggregator::relabel_source(SourceId source, LabelId label) { source_at(source).label = label; }

void SecondAggregator::end_source(SourceId id, UnixMillis wall_ms) {
  advance_clock(wall_ms);
  Source& source = source_at(id);
  source.presence = Presence::ended;
  leave_ended(id, source);
  if (source.ahead.empty() && source.behind.empty()) sources_.erase(id);
}

void SecondAggregator::leave_source_waiting(SourceId id) {
  const auto found = sources_.find(id);
  if (found == sources_.end() || found->second.presence != Presence::here) return;
  found->second.presence = Presence::away;
  found->second.away_since_ms = elapsed_ms_;
}

void SecondAggregator::forget_source(SourceId id) {
  if (const auto found = sources_.find(id); found != sources_.end()) found->second.presence = Presence::ended;
}

void SecondAggregator::add_trades(SourceId id, const Trade* trades, std::size_t count) {
  Source& source = source_at(id);
  source.sent_after_ms = elapsed_ms_;
  for (const Trade* trade = trades; trade != trades + count; ++trade) {
    const Second second = second_of(trade->event_time_ms);
    if (trade->event_time_ms > source.watermark_ms) advance_watermark(id, source, trade->event_time_ms);
    Symbol& symbol = symbol_at(trade->symbol);
    if (symbol.open.size() == 1) [[likely]] {  // with more, this trade may make the source leave an earlier one
      OpenSecond& newest = symbol.open.back();
      if (newest.second == second && newest.first.source == id) [[likely]] {
        newest.first.fed_after_ms = elapsed_ms_;
        newest.unwritten.add(offset_ms(*trade, second), trade->price, trade->quantity);
        continue;
      }
    }
    add_trade(id, source, *trade, second);
  }
}

void SecondAggregator::add_trade(SourceId id, Source& source, const Trade& trade, Second second) {
  leave_earlier_seconds(id, source, trade.symbol, second);
  Symbol& symbol = symbol_at(trade.symbol);
  if (OpenSecond* open = find_open(symbol, second)) {
    feed(id, source, trade.symbol, *open);
    open->unwritten.add(offset_ms(trade, second), trade.price, trade.quantity);
    return;
  }
  if (second <= symbol.last_closed) {
    ++counts_.late_trades;
    note_fed(trade.symbol, symbol, second, id, elapsed_ms_);
    BarWrite& late = writes_.emplace_back(BarWrite{{}, second, trade.symbol, source.label, BarOrigin::trades});
    late.bar.add(offset_ms(trade, second), trade.price, trade.quantity);
    if (changes_ != nullptr) changes_->push_back({late, BarChangeKind::amended});
    return;
  }
  open_second(id, source, trade.symbol, second)
      .unwritten.add(offset_ms(trade, second), trade.price, trade.quantity);
  if (symbol.open.size() > kMaxOpenSeconds) {
    ++counts_.seconds_forced;
    close(trade.symbol, 0);
  }
}

void SecondAggregator::add_bar_line(SourceId id, const BarLine& line) {
  Source& source = source_at(id);
  source.sent_after_ms = elapsed_ms_;
  if (start_ms(line.second) > source.watermark_ms) advance_watermark(id, source, start_ms(line.second));
  leave_earlier_seconds(id, source, line.symbol, line.second);
  Symbol& symbol = symbol_at(line.symbol);
  note_fed(line.symbol, symbol, line.second, id, elapsed_ms_);
  close_with_line(line.symbol, symbol, {{line.values, 0, 0}, line.second, line.symbol, source.label, BarOrigin::line});
}

void SecondAggregator::close_with_line(SymbolId symbol_id, Symbol& symbol, const BarWrite& line) {
  OpenSecond* open = find_open(symbol, line.second);
  const auto kind = line.second > symbol.last_closed ? BarChangeKind::closed
                    : open != nullptr                ? BarChangeKind::closed_behind
                                                     : BarChangeKind::amended;
  if (open != nullptr) close_quietly(symbol_id, static_cast<std::size_t>(open - symbol.open.data()));
  symbol.last_closed = std::max(symbol.last_closed, line.second);
  writes_.push_back(line);
  if (changes_ != nullptr) changes_->push_back({line, kind});
}

void SecondAggregator::advance_watermark(SourceId id, Source& source, UnixMillis event_time_ms) {
  source.watermark_ms = event_time_ms;
  if (event_time_ms >= source.next_leave_ms) leave_passed_seconds(id, source);
}

void SecondAggregator::leave_passed_seconds(SourceId id, Source& source) {
  while (!source.ahead.empty() && source.watermark_ms >= leave_at_ms(source.ahead.front().second)) {
    Source::Bucket bucket = std::move(source.ahead.front());
    source.ahead.pop_front();
    for (SymbolId symbol : bucket.symbols) leave(id, symbol, bucket.second);
    bucket.symbols.clear();
    if (spare_buckets_.size() < kSpareBuckets) spare_buckets_.push_back(std::move(bucket.symbols));
  }
  source.next_leave_ms = source.ahead.empty() ? kNever : leave_at_ms(source.ahead.front().second);
}

// The symbol's own next second: what the watermark alone does not leave, a later trade does.
void SecondAggregator::leave_earlier_seconds(SourceId id, const Source& source, SymbolId symbol_id, Second second) {
  Symbol& symbol = symbol_at(symbol_id);
  for (std::size_t i = 0; i < symbol.open.size() && symbol.open[i].second < second;) {
    OpenSecond& open = symbol.open[i];
    if (leave_at_ms(open.second) <= source.watermark_ms && open.feeder(id) != nullptr &&
        remove_feeder(symbol_id, open, id)) {
      close(symbol_id, i);
    } else {
      ++i;
    }
  }
}

void SecondAggregator::feed(SourceId id, Source& source, SymbolId symbol, OpenSecond& open) {
  if (Feeder* feeder = open.feeder(id)) {
    feeder->fed_after_ms = elapsed_ms_;
    return;
  }
  open.others.push_back({id, elapsed_ms_});
  register_fed_second(id, source, symbol, open.second);
}

void SecondAggregator::register_fed_second(SourceId id, Source& source, SymbolId symbol, Second second) {
  if (source.watermark_ms >= leave_at_ms(second)) {
    if (source.behind.size() >= source.behind_limit) compact_behind(id, source);
    source.behind.push_back({symbol, second});
    return;
  }
  auto place = source.ahead.end();
  while (place != source.ahead.begin() && std::prev(place)->second > second) --place;
  if (place == source.ahead.begin() || std::prev(place)->second != second) {
    std::vector<SymbolId> symbols;
    if (!spare_buckets_.empty()) {
      symbols = std::move(spare_buckets_.back());
      spare_buckets_.pop_back();
    }
    place = std::next(source.ahead.insert(place, {second, std::move(symbols)}));
    source.next_leave_ms = leave_at_ms(source.ahead.front().second);
  }
  std::prev(place)->symbols.push_back(symbol);
}

SecondAggregator::OpenSecond& SecondAggregator::open_second(SourceId id, Source& source, SymbolId symbol_id,
                                                            Second second) {
  Symbol& symbol = symbol_at(symbol_id);
  auto place = symbol.open.end();
  while (place != symbol.open.begin() && std::prev(place)->second > second) --place;
  place = symbol.open.insert(place, OpenSecond{second, source.label, {}, {}, {id, elapsed_ms_}, {}});
  register_fed_second(id, source, symbol_id, second);
  return *place;
}

void SecondAggregator::leave(SourceId id, SymbolId symbol_id, Second second) {
  Symbol& symbol = symbol_at(symbol_id);
  OpenSecond* open = find_open(symbol, second);
  if (open == nullptr || open->feeder(id) == nullptr) return;
  if (remove_feeder(symbol_id, *open, id)) close(symbol_id, static_cast<std::size_t>(open - symbol.open.data()));
}

void SecondAggregator::close(SymbolId symbol_id, std::size_t index) {
  if (changes_ != nullptr) {
    const Symbol& symbol = symbol_at(symbol_id);
    const OpenSecond& open = symbol.open[index];
    PartialBar whole = open.written;
    whole.merge(open.unwritten);
    const bool is_newest = open.second > symbol.last_closed;
    changes_->push_back({{whole, open.second, symbol_id, open.label, BarOrigin::trades},
                         is_newest ? BarChangeKind::closed : BarChangeKind::closed_behind});
  }
  close_quietly(symbol_id, index);
}

void SecondAggregator::close_quietly(SymbolId symbol_id, std::size_t index) {
  Symbol& symbol = symbol_at(symbol_id);
  OpenSecond& open = symbol.open[index];
  ++counts_.seconds_closed;
  if (window_feeders_.follows()) {
    note_fed(symbol_id, symbol, open.second, open.first.source, open.first.fed_after_ms);
    for (const Feeder& other : open.others) {
      note_fed(symbol_id, symbol, open.second, other.source, other.fed_after_ms);
    }
  }
  write(symbol_id, open);
  symbol.last_closed = std::max(symbol.last_closed, open.second);
  symbol.open.erase(symbol.open.begin() + static_cast<std::ptrdiff_t>(index));
}

void SecondAggregator::write(SymbolId symbol, OpenSecond& open) {
  if (open.unwritten.empty()) return;
  writes_.push_back({open.unwritten, open.second, symbol, open.label, BarOrigin::trades});
  open.written.merge(open.unwritten);
  open.unwritten = {};
}

std::vector<UnwrittenSecond> SecondAggregator::unwritten_seconds() const {
  std::vector<UnwrittenSecond> seconds;
  for (SymbolId id = 0; id < symbols_.size(); ++id) {
    for (const OpenSecond& open : symbols_[id].open) {
      if (open.unwritten.empty()) continue;
      seconds.push_back({id, open.second, open.written.values.trades, open.unwritten.values.trades});
    }
  }
  return seconds;
}

std::optional<BarWrite> SecondAggregator::take_as_written(SymbolId symbol, Second second) {
  OpenSecond* open = find_open(symbol_at(symbol), second);
  if (open == nullptr || open->unwritten.empty()) return std::nullopt;
  const BarWrite part{open->unwritten, second, symbol, open->label, BarOrigin::trades};
  open->written.merge(open->unwritten);
  open->unwritten = {};
  return part;
}

void SecondAggregator::write_open_seconds() {
  for (SymbolId id = 0; id < symbols_.size(); ++id) {
    for (OpenSecond& open : symbols_[id].open) write(id, open);
  }
}

std::optional<Second> SecondAggregator::newest_second(SymbolId id) const {
  if (id >= symbols_.size()) return std::nullopt;
  const Symbol& symbol = symbols_[id];
  const Second newest = symbol.open.empty() ? kNone : symbol.open.back().second;
  const Second second = std::max(symbol.last_closed, newest);
  return second == kNone ? std::nullopt : std::optional(second);
}

std::optional<Second> SecondAggregator::closed_until(SymbolId id) const {
  if (id >= symbols_.size() || symbols_[id].last_closed == kNone) return std::nullopt;
  const Symbol& symbol = symbols_[id];
  return symbol.open.empty() ? symbol.last_closed : std::min(symbol.last_closed, symbol.open.front().second - 1);
}

void SecondAggregator::tick(const Tick& tick) {
  advance_clock(tick.wall_ms);
  elapsed_ms_ = tick.elapsed_ms;
  tick_times_.add(elapsed_ms_, std::max(options_.idle_close_ms, window_feeders_.follows() ? kQuietWindowMs : 0));
  for (auto& [id, source] : sources_) {
    source.undrained = false;
    if (tick.all_interrupted) source.read_since_ms = elapsed_ms_;
  }
  for (const BusySource& busy : tick.busy) {
    const auto found = sources_.find(busy.source);
    if (found == sources_.end()) continue;
    found->second.undrained = busy.undrained;
    if (busy.interrupted) found->second.read_since_ms = elapsed_ms_;
  }
  for (auto it = sources_.begin(); it != sources_.end();) {
    auto& [id, source] = *it;
    if (source.presence == Presence::away && elapsed_ms_ - source.away_since_ms >= options_.producer_grace_ms) {
      source.presence = Presence::ended;
    }
    if (source.presence == Presence::ended) {
      leave_ended(id, source);
      if (source.ahead.empty() && source.behind.empty()) {
        it = sources_.erase(it);
        continue;
      }
    } else if (source.presence == Presence::here && !source.undrained) {
      scan_idle(id, source);
    }
    ++it;
  }
}

// Offers every second that the source feeds and that is over by the wall clock to `leaves`; forgets those left.
template <typename Leaves>
void SecondAggregator::sweep(Source& source, Leaves leaves) {
  for (Source::Bucket& bucket : source.ahead) {
    if (end_ms(bucket.second) > wall_ms_) break;
    std::erase_if(bucket.symbols, [&](SymbolId symbol) { return leaves(SymbolSecond{symbol, bucket.second}); });
  }
  std::erase_if(source.ahead, [](const Source::Bucket& bucket) { return bucket.symbols.empty(); });
  source.next_leave_ms = source.ahead.empty() ? kNever : leave_at_ms(source.ahead.front().second);
  std::erase_if(source.behind, [&](SymbolSecond key) { return end_ms(key.second) <= wall_ms_ && leaves(key); });
}

void SecondAggregator::scan_idle(SourceId id, Source& source) {
  sweep(source, [&](SymbolSecond key) { return leave_if_idle(id, source, key); });
}

void SecondAggregator::leave_ended(SourceId id, Source& source) {
  sweep(source, [&](SymbolSecond key) {
    leave(id, key.symbol, key.second);
    return true;
  });
}

// What a source sent is known to lie between two ticks, so it counts as being as late as the second of them.
bool SecondAggregator::was_quiet(const Source& source, ElapsedMillis fed_after_ms, ElapsedMillis quiet_ms) const {
  const ElapsedMillis since_ms = elapsed_ms_ - quiet_ms;
  if (source.read_since_ms > since_ms) return false;
  const auto quiet_tick_ms = tick_times_.latest_until(since_ms);
  return quiet_tick_ms && fed_after_ms < *quiet_tick_ms;
}

bool SecondAggregator::leave_if_idle(SourceId id, const Source& source, SymbolSecond key) {
  OpenSecond* open = find_open(symbol_at(key.symbol), key.second);
  Feeder* feeder = open == nullptr ? nullptr : open->feeder(id);
  if (feeder == nullptr) return true;
  if (!was_quiet(source, feeder->fed_after_ms, options_.idle_close_ms)) return false;
  leave(id, key.symbol, key.second);
  return true;
}

bool SecondAggregator::has_ended(SourceId id) const {
  const auto found = sources_.find(id);
  return found == sources_.end() || found->second.presence == Presence::ended;
}

void SecondAggregator::note_fed(SymbolId id, const Symbol& symbol, Second second, SourceId source,
                                ElapsedMillis fed_after_ms) {
  window_feeders_.add(id, second, symbol.last_closed, source, fed_after_ms,
                      [this](SourceId feeder) { return has_ended(feeder); });
}

bool SecondAggregator::window_is_over(SymbolId id, Second start, Ending ending) const {
  const Second end = start + window_feeders_.window_s();
  if (id < symbols_.size()) {
    for (const OpenSecond& open : symbols_[id].open) {
      if (open.second >= start && open.second < end) return false;
    }
  }
  return window_feeders_.all_of(id, start, [&](const WindowFeeders::Feeder& feeder) {
    if (has_ended(feeder.source)) return true;
    const Source& source = sources_.at(feeder.source);
    if (ending != Ending::by_time || source.presence != Presence::here || source.undrained) return false;
    const bool is_past = source.watermark_ms >= start_ms(end) + options_.lateness_ms;
    return was_quiet(source, is_past ? feeder.fed_after_ms : source.sent_after_ms, kQuietWindowMs);
  });
}

void SecondAggregator::compact_behind(SourceId id, Source& source) {
  std::sort(source.behind.begin(), source.behind.end());
  source.behind.erase(std::unique(source.behind.begin(), source.behind.end()), source.behind.end());
  std::erase_if(source.behind, [&](SymbolSecond key) {
    OpenSecond* open = find_open(symbol_at(key.symbol), key.second);
    return open == nullptr || open->feeder(id) == nullptr;
  });
  source.behind_limit = std::max<std::size_t>(1024, source.behind.size() * 2);
}

}  // namespace streamd
