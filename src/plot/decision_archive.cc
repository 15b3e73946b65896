#include "plot/decision_archive.h"

#include <algorithm>
#include <utility>

namespace streamd::plot {
namespace {

std::pair<UnixMillis, std::uint32_t> key(const FileDecision& decision) {
  return {decision.timestamp_ms, decision.run};
}
bool by_key(const FileDecision& a, const FileDecision& b) { return key(a) < key(b); }
bool is_before(const FileDecision& decision, UnixMillis time_ms) { return decision.timestamp_ms < time_ms; }

}  // namespace

void DecisionArchive::add(const FileDecision& decision) {
  if (decision.symbol >= symbols_.size()) symbols_.resize(decision.symbol + 1);
  OfSymbol& symbol = symbols_[decision.symbol];
  if (symbol.incoming.empty()) touched_.push_back(decision.symbol);
  symbol.incoming.push_back(decision);
}

std::vector<FileDecision> DecisionArchive::settle() {
  std::vector<FileDecision> added;
  std::sort(touched_.begin(), touched_.end());
  for (const std::uint32_t symbol : touched_) take_incoming(symbols_[symbol], added);
  touched_.clear();
  for (const FileDecision& decision : added) {
    newest_ms_ = std::max(newest_ms_, decision.timestamp_ms);
    oldest_ms_ = std::min(oldest_ms_, decision.timestamp_ms);
  }
  kept_ += added.size();
  version_ += added.size();
  keep_within_bounds();
  return added;
}

void DecisionArchive::take_incoming(OfSymbol& symbol, std::vector<FileDecision>& added) {
  auto& kept = symbol.decisions;
  std::stable_sort(symbol.incoming.begin(), symbol.incoming.end(), by_key);
  const auto middle = static_cast<std::ptrdiff_t>(kept.size());
  for (const FileDecision& decision : symbol.incoming) {
    if (decision.timestamp_ms < symbol.dropped_to) continue;
    const bool is_again = static_cast<std::ptrdiff_t>(kept.size()) > middle && key(kept.back()) == key(decision);
    if (is_again || std::binary_search(kept.begin(), kept.begin() + middle, decision, by_key)) {
      ++duplicates_;
      continue;
    }
    kept.push_back(decision);
    added.push_back(decision);
  }
  std::inplace_merge(kept.begin(), kept.begin() + middle, kept.end(), by_key);
  std::vector<FileDecision>().swap(symbol.incoming);
}

// Before the first that is kept.
double DecisionArchive::held_at_begin(const OfSymbol& symbol) const {
  return symbol.has_dropped ? symbol.held : held_at_start(symbol.decisions);
}

void DecisionArchive::drop_before(UnixMillis time_ms) {
  for (OfSymbol& symbol : symbols_) {
    auto& kept = symbol.decisions;
    symbol.dropped_to = std::max(symbol.dropped_to, time_ms);
    const auto end = std::lower_bound(kept.begin(), kept.end(), time_ms, is_before);
    if (end == kept.begin()) continue;
    symbol.held = held_at_begin(symbol);
    symbol.has_dropped = true;
    for (auto decision = kept.begin(); decision != end; ++decision) {
      symbol.held = held_after(*decision, symbol.held, rules_);
    }
    kept_ -= static_cast<std::size_t>(end - kept.begin());
    kept.erase(kept.begin(), end);
  }
  oldest_ms_ = time_ms;
}

// Much at a time: each drop moves all that stays.
void DecisionArchive::keep_within_bounds() {
  if (window_ms_ > 0 && newest_ms_ - oldest_ms_ > 2 * window_ms_) drop_before(from_ms());
  if (kept_ <= max_decisions_) return;
  std::vector<UnixMillis> times;
  times.reserve(kept_);
  for (const OfSymbol& symbol : symbols_) {
    for (const FileDecision& decision : symbol.decisions) times.push_back(decision.timestamp_ms);
  }
  const auto quarter = times.begin() + static_cast<std::ptrdiff_t>(times.size() - max_decisions_ + max_decisions_ / 4);
  std::nth_element(times.begin(), quarter, times.end());
  drop_before(*quarter + 1);
}

std::span<const FileDecision> DecisionArchive::decisions(std::uint32_t symbol) const {
  if (symbol >= symbols_.size()) return {};
  const auto& kept = symbols_[symbol].decisions;
  return {std::lower_bound(kept.begin(), kept.end(), from_ms(), is_before), kept.end()};
}

double DecisionArchive::held_before(std::uint32_t symbol, std::size_t index) const {
  const OfSymbol& all = symbols_[symbol];
  const auto& kept = all.decisions;
  double held = held_at_begin(all);
  const std::size_t end = kept.size() - decisions(symbol).size() + index;
  for (std::size_t i = 0; i < end; ++i) held = held_after(kept[i], held, rules_);
  return held;
}

std::vector<SeriesPoint> DecisionArchive::series(std::uint32_t symbol) const {
  const OfSymbol& all = symbols_[symbol];
  return exposure_series(all.decisions, held_at_begin(all), rules_, from_ms());
}

}  // namespace streamd::plot
