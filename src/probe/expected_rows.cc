#include "probe/expected_rows.h"

#include <algorithm>
#include <limits>

#include "probe/load_options.h"

namespace streamd::probe {
namespace {

constexpr std::size_t kSecondsOfLateLines = kMaxLateMs / 1000 + 2;

}  // namespace

ExpectedRows::ExpectedRows(std::size_t symbols, bool keeps_bars)
    : keeps_bars_(keeps_bars),
      newest_(symbols, std::numeric_limits<std::int64_t>::min()),
      bars_(symbols, 0),
      decisions_(symbols, 0) {}

ExpectedBar* ExpectedRows::bars_of(std::int64_t second) {
  std::vector<ExpectedBar>& bars = seconds_[second];
  bars.resize(newest_.size());
  if (!keeps_bars_ && seconds_.size() > kSecondsOfLateLines) {
    Cached& oldest = cache_[static_cast<std::size_t>(seconds_.begin()->first) % kCached];
    if (oldest.second == seconds_.begin()->first) oldest = {};
    seconds_.erase(seconds_.begin());
  }
  first_second_ = empty() ? second : std::min(first_second_, second);
  last_second_ = std::max(last_second_, second);
  cache_[static_cast<std::size_t>(second) % kCached] = {second, bars.data()};
  return bars.data();
}

void ExpectedRows::begin(ExpectedBar& bar, std::uint32_t symbol, std::int64_t second) {
  bar.exists = true;
  ++bars_[symbol];
  if (second <= newest_[symbol]) return;
  newest_[symbol] = second;
  ++decisions_[symbol];
}

void ExpectedRows::set_bar(std::uint32_t symbol, std::int64_t second, const ExpectedBar& bar) {
  ExpectedBar& at = bar_at(symbol, second);
  at = bar;
  at.exists = true;
}

}  // namespace streamd::probe
