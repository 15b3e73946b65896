// The rows that a connection's lines cause, by the contract's own words (docs/contract.md) and nothing of the daemon's
// code: open is the price of the smallest time (the first to be sent among equals), close that of the largest (the last
// among equals). Prices are whole cents and quantities whole eighths, so that sums are exact and a row can be compared
// to the last bit. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <vector>

namespace streamd::probe {

struct ExpectedBar {
  std::int64_t trades = 0;
  std::int64_t first_ms = 0;
  std::int64_t last_ms = 0;
  std::int64_t open_cents = 0;
  std::int64_t high_cents = 0;
  std::int64_t low_cents = 0;
  std::int64_t close_cents = 0;
  std::int64_t volume_eighths = 0;
  bool exists = false;
};

class ExpectedRows {
 public:
  // Symbols are 0 … symbols - 1. With keeps_bars, every bar is kept; else only their numbers, and lines are at most
  // kMaxLateMs behind the newest one.
  ExpectedRows(std::size_t symbols, bool keeps_bars);

  void add_trade(std::uint32_t symbol, std::int64_t time_ms, std::int64_t cents, std::int64_t eighths) {
    ExpectedBar& bar = bar_at(symbol, time_ms / 1000);
    if (bar.trades++ == 0) {
      bar.open_cents = bar.high_cents = bar.low_cents = bar.close_cents = cents;
      bar.first_ms = bar.last_ms = time_ms;
      bar.volume_eighths = eighths;
      return;
    }
    if (time_ms < bar.first_ms) {
      bar.first_ms = time_ms;
      bar.open_cents = cents;
    }
    if (time_ms >= bar.last_ms) {
      bar.last_ms = time_ms;
      bar.close_cents = cents;
    }
    if (cents > bar.high_cents) bar.high_cents = cents;
    if (cents < bar.low_cents) bar.low_cents = cents;
    bar.volume_eighths += eighths;
  }
  // A bar line replaces what was there.
  void set_bar(std::uint32_t symbol, std::int64_t second, const ExpectedBar& bar);

  std::size_t symbols() const { return newest_.size(); }
  // Of a symbol: rows in ohlc_1s, and decisions: each second has one that was begun before any later one.
  std::uint64_t bars(std::uint32_t symbol) const { return bars_[symbol]; }
  std::uint64_t decisions(std::uint32_t symbol) const { return decisions_[symbol]; }
  bool empty() const { return last_second_ < first_second_; }
  std::int64_t first_second() const { return first_second_; }
  std::int64_t last_second() const { return last_second_; }
  // With keeps_bars. By second: a bar for each symbol, or none (exists).
  const std::map<std::int64_t, std::vector<ExpectedBar>>& by_second() const { return seconds_; }

 private:
  static constexpr std::size_t kCached = 4;  // seconds that lines come for in turns

  struct Cached {
    std::int64_t second = -1;
    ExpectedBar* bars = nullptr;
  };

  ExpectedBar& bar_at(std::uint32_t symbol, std::int64_t second) {
    const Cached& cached = cache_[static_cast<std::size_t>(second) % kCached];
    ExpectedBar& bar = (cached.second == second ? cached.bars : bars_of(second))[symbol];
    if (!bar.exists) begin(bar, symbol, second);
    return bar;
  }
  ExpectedBar* bars_of(std::int64_t second);
  void begin(ExpectedBar& bar, std::uint32_t symbol, std::int64_t second);

  const bool keeps_bars_;
  std::map<std::int64_t, std::vector<ExpectedBar>> seconds_;
  std::array<Cached, kCached> cache_;
  std::vector<std::int64_t> newest_;  // second of each symbol
  std::vector<std::uint64_t> bars_;
  std::vector<std::uint64_t> decisions_;
  std::int64_t first_second_ = 0;
  std::int64_t last_second_ = -1;
};

}  // namespace streamd::probe
