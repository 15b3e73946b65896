// The bars that a stream must give, computed as naively as the rule reads: all trades of a second, looked at together
// when all are known. Knows nothing of windows, sources or order of arrival beyond ties. And lines to send.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "system/stored_bars.h"

namespace streamd {

// Numbers are written so that reading them back gives the same double.
inline std::string number_text(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.17g", value);
  return text;
}

inline std::string trade_line(const std::string& symbol, std::int64_t ts_ms, double price, double quantity) {
  return "{\"type\":\"trade\",\"symbol\":\"" + symbol + "\",\"ts_ms\":" + std::to_string(ts_ms) +
         ",\"price\":" + number_text(price) + ",\"qty\":" + number_text(quantity) + "}\n";
}

inline std::string bar_line(const StoredBar& bar) {
  return "{\"type\":\"ohlc1s\",\"symbol\":\"" + bar.symbol + "\",\"ts_ms\":" + std::to_string(bar.timestamp_us / 1000) +
         ",\"open\":" + number_text(bar.open) + ",\"high\":" + number_text(bar.high) +
         ",\"low\":" + number_text(bar.low) + ",\"close\":" + number_text(bar.close) +
         ",\"volume\":" + number_text(bar.volume) + ",\"trades\":" + std::to_string(bar.trades) + "}\n";
}

// A bar of one price, for tests that only ask whether it is there.
inline StoredBar flat_bar(const std::string& symbol, std::int64_t second, double price,
                          const std::string& source_file = "") {
  return {symbol,
          second * 1'000'000,
          price,
          price,
          price,
          price,
          1,
          1,
          source_file.empty() ? "live:" + symbol : source_file};
}

class BarOracle {
 public:
  void add_trade(const std::string& symbol, std::int64_t ts_ms, double price, double quantity,
                 const std::string& source_file) {
    Second& second = seconds_[{symbol, ts_ms / 1000}];
    if (second.trades.empty()) second.source_file = source_file;
    second.trades.push_back({ts_ms, price, quantity});
  }
  void add_line(const StoredBar& bar) { seconds_[{bar.symbol, bar.timestamp_us / 1'000'000}].line = bar; }

  // Trades of seconds for which a producer's bar stands.
  std::uint64_t superseded_trades() const {
    std::uint64_t count = 0;
    for (const auto& [key, second] : seconds_) count += second.line ? second.trades.size() : 0;
    return count;
  }
  // By symbol and time.
  std::vector<StoredBar> bars() const {
    std::vector<StoredBar> bars;
    for (const auto& [key, second] : seconds_) bars.push_back(second.line ? *second.line : bar_of(key, second));
    return bars;
  }

 private:
  struct Trade {
    std::int64_t ts_ms;
    double price;
    double quantity;
  };
  struct Second {
    std::vector<Trade> trades;  // as they arrived
    std::string source_file;
    std::optional<StoredBar> line;
  };
  using Key = std::pair<std::string, std::int64_t>;

  static StoredBar bar_of(const Key& key, const Second& second) {
    StoredBar bar{key.first, key.second * 1'000'000, 0, 0, 0, 0, 0, 0, second.source_file};
    std::int64_t open_ms = 0;
    std::int64_t close_ms = 0;
    for (const Trade& trade : second.trades) {
      const bool first = bar.trades++ == 0;
      if (first || trade.ts_ms < open_ms) open_ms = trade.ts_ms, bar.open = trade.price;
      if (first || trade.ts_ms >= close_ms) close_ms = trade.ts_ms, bar.close = trade.price;
      bar.high = first ? trade.price : std::max(bar.high, trade.price);
      bar.low = first ? trade.price : std::min(bar.low, trade.price);
      bar.volume += trade.quantity;
    }
    return bar;
  }

  std::map<Key, Second> seconds_;
};

}  // namespace streamd
