#include "bars/recent_bars.h"

#include <algorithm>
#include <utility>

#include "bars/partial_bar_bytes.h"

namespace streamd {
namespace {

// So much of what is kept may lie idle before it is tidied up: where as many bars go as come, memory soon stays as it is.
constexpr std::size_t kIdlePart = 16;
constexpr std::size_t kLeastIdle = 1024;

}  // namespace

void RecentBars::begin_run(const AmendOptions& options) {
  options_ = options;
  if (options_.notices) return;
  symbols_.clear();
  order_.clear();
  kept_ = 0;
  closed_.clear();
  changed_.clear();
  late_of_forgotten_.clear();
  late_places_.clear();
}

RecentBars::Symbol& RecentBars::symbol_at(SymbolId id) {
  if (id >= symbols_.size()) symbols_.resize(std::max<std::size_t>(id + 1, symbols_.size() * 2));
  return symbols_[id];
}

RecentBars::Recent* RecentBars::find(Symbol& symbol, Second second) {
  const auto begin = symbol.bars.begin() + static_cast<std::ptrdiff_t>(symbol.first);
  const auto found = std::lower_bound(begin, symbol.bars.end(), second,
                                      [](const Recent& bar, Second wanted) { return bar.second < wanted; });
  return found == symbol.bars.end() || found->second != second ? nullptr : &*found;
}

void RecentBars::close(const BarWrite& bar, bool is_newest, std::vector<BarNotice>& notices) {
  notices.push_back({bar.bar.values, bar.second, bar.symbol, false, 0});
  Symbol& symbol = symbol_at(bar.symbol);
  symbol.newest = std::max(symbol.newest, bar.second);
  // What came before the first bar that is kept may have closed untold; behind one that was not the newest, even more.
  if (symbol.complete_after == kNone && is_newest) symbol.complete_after = bar.second - 1;
  keep(symbol, bar);
}

void RecentBars::keep(Symbol& symbol, const BarWrite& bar) {
  auto place = symbol.bars.end();
  const auto begin = symbol.bars.begin() + static_cast<std::ptrdiff_t>(symbol.first);
  while (place != begin && std::prev(place)->second > bar.second) --place;
  symbol.bars.insert(place, Recent{bar.bar, bar.second, bar.origin, false});
  order_.push_back({bar.symbol, bar.second});
  ++kept_;
  closed_.push_back(bar.symbol);
}

void RecentBars::forget_oldest(Symbol& symbol) {
  if (symbol.complete_after != kNone) {
    symbol.complete_after = std::max(symbol.complete_after, symbol.bars[symbol.first].second);
  }
  ++symbol.first;
  --kept_;
  if (symbol.first * kIdlePart < symbol.bars.size()) return;
  symbol.bars.erase(symbol.bars.begin(), symbol.bars.begin() + static_cast<std::ptrdiff_t>(symbol.first));
  symbol.first = 0;
}

void RecentBars::forget_beyond_window(Symbol& symbol) {
  while (symbol.kept() > 0 && symbol.bars[symbol.first].second < symbol.newest - options_.window_s) {
    forget_oldest(symbol);
  }
}

// The bars that closed the longest ago go first, and with them what is older of their symbol.
void RecentBars::forget_beyond_memory() {
  const std::size_t limit = std::max<std::size_t>(1, options_.memory / kBytesEach);
  while (kept_ > limit && !order_.empty()) {
    const Key oldest = order_.front();
    order_.pop_front();
    Symbol& symbol = symbols_[oldest.symbol];
    while (symbol.kept() > 0 && symbol.bars[symbol.first].second <= oldest.second) forget_oldest(symbol);
  }
  if (order_.size() <= kept_ + kept_ / kIdlePart + kLeastIdle) return;
  std::erase_if(order_, [this](const Key& key) { return find(symbols_[key.symbol], key.second) == nullptr; });
}

void RecentBars::amend(const BarWrite& write) {
  Symbol& symbol = symbol_at(write.symbol);
  Recent* recent = find(symbol, write.second);
  if (recent == nullptr) {
    const bool had_no_bar = symbol.complete_after != kNone && write.second > symbol.complete_after &&
                            write.second >= symbol.newest - options_.window_s;
    if (!had_no_bar) return add_late_of_forgotten(write);
    keep(symbol, write);
    find(symbol, write.second)->changed = true;
    changed_.push_back({write.symbol, write.second});
    return;
  }
  if (write.origin == BarOrigin::line) {
    recent->bar = write.bar;
    recent->origin = BarOrigin::line;
  } else if (recent->origin == BarOrigin::line) {
    return;  // the line stands
  } else {
    recent->bar.merge(write.bar);
  }
  if (!std::exchange(recent->changed, true)) changed_.push_back({write.symbol, write.second});
}

void RecentBars::add_late_of_forgotten(const BarWrite& write) {
  const auto [place, is_new] =
      late_places_.try_emplace(std::pair(write.symbol, write.second), late_of_forgotten_.size());
  if (is_new) return late_of_forgotten_.push_back(write);
  BarWrite& late = late_of_forgotten_[place->second];
  if (write.origin == BarOrigin::line) {
    late = write;
  } else if (late.origin == BarOrigin::trades) {
    late.bar.merge(write.bar);
  }
}

void RecentBars::end_batch(std::uint64_t revision, std::vector<BarNotice>& notices) {
  for (const Key& key : changed_) {
    Recent* recent = find(symbols_[key.symbol], key.second);
    recent->changed = false;
    notices.push_back({recent->bar.values, key.second, key.symbol, false, revision});
  }
  changed_.clear();
  for (const BarWrite& late : late_of_forgotten_) {
    notices.push_back({late.bar.values, late.second, late.symbol, late.origin == BarOrigin::trades, revision});
  }
  late_of_forgotten_.clear();
  late_places_.clear();
  for (SymbolId symbol : closed_) forget_beyond_window(symbols_[symbol]);
  closed_.clear();
  forget_beyond_memory();
}

void RecentBars::save(ByteSink& bytes) const {
  bytes.put(static_cast<std::uint8_t>(options_.notices));
  bytes.put(options_.window_s);
  bytes.put(options_.memory);
  std::size_t symbols = symbols_.size();  // how far the vector has grown is no part of the state
  while (symbols > 0 && symbols_[symbols - 1].newest == kNone) --symbols;
  bytes.put(static_cast<std::uint32_t>(symbols));
  for (std::size_t i = 0; i < symbols; ++i) {
    const Symbol& symbol = symbols_[i];
    bytes.put(symbol.newest);
    bytes.put(symbol.complete_after);
    bytes.put(static_cast<std::uint32_t>(symbol.kept()));
    for (std::size_t bar = symbol.first; bar < symbol.bars.size(); ++bar) {
      put_partial_bar(symbol.bars[bar].bar, bytes);
      bytes.put(symbol.bars[bar].second);
      bytes.put(static_cast<std::uint8_t>(symbol.bars[bar].origin));
    }
  }
  bytes.put(static_cast<std::uint32_t>(order_.size()));
  for (const Key& key : order_) {
    bytes.put(key.symbol);
    bytes.put(key.second);
  }
}

bool RecentBars::load(ByteSource& bytes) {
  options_.notices = bytes.get<std::uint8_t>() != 0;
  options_.window_s = bytes.get<std::int64_t>();
  options_.memory = bytes.get<std::uint64_t>();
  symbols_.resize(bytes.get_count(2 * sizeof(Second) + sizeof(std::uint32_t)));
  for (Symbol& symbol : symbols_) {
    symbol.newest = bytes.get<Second>();
    symbol.complete_after = bytes.get<Second>();
    symbol.bars.resize(bytes.get_count(kPartialBarBytes + sizeof(Second) + 1));
    for (Recent& recent : symbol.bars) {
      recent.bar = get_partial_bar(bytes);
      recent.second = bytes.get<Second>();
      recent.origin = bytes.get<std::uint8_t>() == 0 ? BarOrigin::trades : BarOrigin::line;
    }
    kept_ += symbol.bars.size();
  }
  const std::size_t order = bytes.get_count(sizeof(SymbolId) + sizeof(Second));
  for (std::size_t i = 0; i < order; ++i) {
    const auto symbol = bytes.get<SymbolId>();
    order_.push_back({symbol, bytes.get<Second>()});
    if (symbol >= symbols_.size()) return false;
  }
  return bytes.ok();
}

}  // namespace streamd
