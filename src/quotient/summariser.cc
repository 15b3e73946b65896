#include "quotient/summariser.h"

#include <cmath>

#include "base/result.h"

namespace streamd {
namespace {

constexpr double kEvent = 1;  // |curvature| or |drawdown| of a bar that marks its window

double value_of(const FeatureValues& values, Feature feature) { return values[static_cast<std::size_t>(feature)]; }

bool is_event(const FeatureValues& values) {
  return std::abs(value_of(values, Feature::curvature)) >= kEvent ||
         std::abs(value_of(values, Feature::drawdown)) >= kEvent;
}

}  // namespace

void Summariser::begin_run(const SummaryOptions& options, UnixMillis wall_ms, std::vector<WindowSummary>& ended) {
  STREAMD_CHECK(options.are_in_range());
  counts_ = {};
  if (options.window_s != options_.window_s) {
    for (std::size_t symbol = 0; symbol < symbols_.size(); ++symbol) {
      if (has_window(symbol)) end_window(symbol, wall_ms, ended);
      symbols_[symbol].window = {};
      if (!options.is_on()) symbols_[symbol].series = {};
    }
    earliest_end_ = kNoWindow;
  }
  if (options.is_on() && options.window_s != last_window_s_) change_length(options.window_s);
  options_ = options;
}

void Summariser::change_length(std::int32_t window_s) {
  for (Symbol& symbol : symbols_) {
    std::vector<Ended>& others = symbol.of_other_lengths;
    if (symbol.ended_until != kNeverEnded) others.push_back({last_window_s_, symbol.ended_until});
    symbol.ended_until = kNeverEnded;
    const auto same = std::find_if(others.begin(), others.end(),
                                   [window_s](const Ended& ended) { return ended.window_s == window_s; });
    if (same == others.end()) continue;
    symbol.ended_until = same->until;
    others.erase(same);
  }
  last_window_s_ = window_s;
}

void Summariser::grow_to(std::size_t symbols) {
  if (symbols <= symbols_.size()) return;
  symbols_.resize(symbols);
  window_ends_.resize(symbols, kNoWindow);
}

void Summariser::add_bar(SymbolId id, Second second, double close, UnixMillis wall_ms,
                         std::vector<WindowSummary>& ended) {
  STREAMD_CHECK(is_on() && second >= 0);
  grow_to(std::size_t{id} + 1);
  if (window_ends_[id] <= second) end_window(id, wall_ms, ended);
  Symbol& symbol = symbols_[id];
  symbol.series.append(close);
  if (!symbol.of_other_lengths.empty()) {
    std::erase_if(symbol.of_other_lengths, [second](const Ended& ended) { return ended.until <= second; });
  }
  if (second < unended_from(id)) {
    ++counts_.bars_after_window;
    return;
  }
  if (!has_window(id)) {
    window_ends_[id] = second - second % options_.window_s + options_.window_s;
    earliest_end_ = std::min(earliest_end_, window_ends_[id]);
  }
  Window& window = symbol.window;
  ++window.bars;
  const auto features = quotient_of(symbol.series.returns());
  if (!features) return;
  window.legitimate_bars += features->is_legitimate ? 1 : 0;
  std::vector<FeatureValues>& kept = window.features;
  if (kept.size() == kept.capacity()) {
    const auto most = static_cast<std::size_t>(options_.window_s);
    kept.reserve(std::max(kept.size() + 1, std::min(most, std::max<std::size_t>(8, 2 * kept.size()))));
  }
  kept.push_back(features->values);
}

void Summariser::end_window(std::size_t id, UnixMillis wall_ms, std::vector<WindowSummary>& ended) {
  Symbol& symbol = symbols_[id];
  Window& window = symbol.window;
  WindowSummary& summary = ended.emplace_back();
  summary.symbol = static_cast<SymbolId>(id);
  summary.window_s = options_.window_s;
  summary.start = window_ends_[id] - options_.window_s;
  summary.count = static_cast<std::int64_t>(window.features.size());
  summary.legitimacy_density = static_cast<double>(window.legitimate_bars) / window.bars;
  summary.unknown_frac = 1 - static_cast<double>(summary.count) / options_.window_s;
  summary.event_marker = std::any_of(window.features.begin(), window.features.end(), is_event);
  summary.artifact_ms = wall_ms;
  if (summary.count > 0) statistics_.fill(window.features, summary);

  symbol.legitimacy = summary.legitimacy_density;
  symbol.ended_until = window_ends_[id];
  window_ends_[id] = kNoWindow;
  window.features.clear();
  window.bars = 0;
  window.legitimate_bars = 0;
  ++counts_.summaries;
}

std::optional<double> Summariser::legitimacy(SymbolId symbol) const {
  return symbol < symbols_.size() ? symbols_[symbol].legitimacy : std::nullopt;
}

Second Summariser::unended_from(SymbolId symbol) const {
  if (symbol >= symbols_.size()) return kNeverEnded;
  return has_window(symbol) ? window_ends_[symbol] - options_.window_s : symbols_[symbol].ended_until;
}

std::uint64_t Summariser::bytes_per_symbol(const SummaryOptions& options) {
  constexpr std::uint64_t kAlways = 2 * (sizeof(Symbol) + sizeof(Second));  // vectors keep as much in reserve
  if (!options.is_on()) return kAlways;
  const auto window = static_cast<std::uint64_t>(options.window_s);
  return kAlways + CloseSeries::kMaxBytes + window * sizeof(FeatureValues);
}

}  // namespace streamd
