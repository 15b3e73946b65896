#include "store/pending_rows.h"

#include <algorithm>

namespace streamd {

PendingRows::Symbol& PendingRows::symbol_at(SymbolId id) {
  if (id >= symbols_.size()) symbols_.resize(std::max<std::size_t>(id + 1, symbols_.size() * 2));
  return symbols_[id];
}

void PendingRows::add(const BarWrite& write) {
  Symbol& symbol = symbol_at(write.symbol);
  if (write.second > symbol.newest) {
    symbol.newest = write.second;
    symbol.newest_append = static_cast<std::int64_t>(appends_.size());
    appends_.push_back(write);
    return;
  }
  if (write.second == symbol.newest && symbol.newest_append != kNotPending) {
    combine(appends_[static_cast<std::size_t>(symbol.newest_append)], write);
    return;
  }
  const Key key{write.symbol, write.second};
  if (BarWrite* pending = find_pending(key)) {
    combine(*pending, write);
    return;
  }
  revision_places_.emplace(key, revisions_.size());
  revisions_.push_back(write);
}

bool PendingRows::add(const Decision& decision) {
  Symbol& symbol = symbol_at(decision.symbol);
  if (decision.second <= symbol.newest_decided) return false;
  symbol.newest_decided = decision.second;
  decisions_.push_back(decision);
  return true;
}

Second& PendingRows::newest_window(SymbolId id, std::int64_t window_s) {
  std::vector<NewestWindow>& windows = symbol_at(id).newest_windows;
  const auto found = std::find_if(windows.begin(), windows.end(),
                                  [&](const NewestWindow& window) { return window.window_s == window_s; });
  if (found != windows.end()) return found->start;
  windows.push_back({window_s, kNone});
  return windows.back().start;
}

bool PendingRows::add(const WindowSummary& summary) {
  Second& newest = newest_window(summary.symbol, summary.window_s);
  if (summary.start <= newest) return false;
  newest = summary.start;
  summaries_.push_back(summary);
  return true;
}

BarWrite* PendingRows::find_pending(const Key& key) {
  if (const auto found = revision_places_.find(key); found != revision_places_.end()) {
    return &revisions_[found->second];
  }
  for (; indexed_appends_ < appends_.size(); ++indexed_appends_) {
    const BarWrite& append = appends_[indexed_appends_];
    append_places_.emplace(Key{append.symbol, append.second}, indexed_appends_);
  }
  const auto found = append_places_.find(key);
  return found == append_places_.end() ? nullptr : &appends_[found->second];
}

void PendingRows::combine(BarWrite& pending, const BarWrite& write) {
  const bool pending_is_line = pending.origin == BarOrigin::line;
  if (write.origin == BarOrigin::line) {
    if (!pending_is_line) trades_superseded_ += static_cast<std::uint64_t>(pending.bar.values.trades);
    pending = write;
  } else if (pending_is_line) {
    trades_superseded_ += static_cast<std::uint64_t>(write.bar.values.trades);
  } else {
    pending.bar.merge(write.bar);
  }
}

void PendingRows::clear_committed() {
  for (const BarWrite& append : appends_) symbols_[append.symbol].newest_append = kNotPending;
  appends_.clear();
  revisions_.clear();
  decisions_.clear();
  summaries_.clear();
  revision_places_.clear();
  append_places_.clear();
  indexed_appends_ = 0;
  trades_superseded_ = 0;
}

}  // namespace streamd
