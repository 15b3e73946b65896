// A second_aggregator with its surroundings: short calls in, the writes as texts out.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "bars/second_aggregator.h"

namespace streamd {

// 1.5 as "1.5", 2 as "2".
inline std::string short_number(double value) {
  std::string text = std::to_string(value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

// "<symbol>@<second> <open> <high> <low> <close> v<volume> n<trades>", then " line" for a producer's bar and
// " L<label>" for a label.
inline std::string text_of(const BarWrite& write) {
  const Ohlcv& bar = write.bar.values;
  std::string text = std::to_string(write.symbol) + "@" + std::to_string(write.second);
  for (double price : {bar.open, bar.high, bar.low, bar.close}) text += " " + short_number(price);
  text += " v" + short_number(bar.volume) + " n" + std::to_string(bar.trades);
  if (write.origin == BarOrigin::line) text += " line";
  if (write.label != kLiveLabel) text += " L" + std::to_string(write.label);
  return text;
}

using Texts = std::vector<std::string>;

inline Texts texts_of(const std::vector<BarWrite>& writes) {
  Texts texts;
  for (const BarWrite& write : writes) texts.push_back(text_of(write));
  return texts;
}

// Symbols are A = 0 and B = 1; seconds are counted from 0.
class AggregatorBench {
 public:
  explicit AggregatorBench(const AggregatorOptions& options = {}) : aggregator(options, writes_) {}

  // What was written since the last call.
  Texts written() {
    const Texts texts = texts_of(writes_);
    writes_.clear();
    return texts;
  }
  void trade(SourceId source, SymbolId symbol, UnixMillis event_time_ms, double price = 1, double quantity = 1) {
    const Trade trade{event_time_ms, price, quantity, symbol};
    aggregator.add_trades(source, &trade, 1);
  }
  void bar_line(SourceId source, SymbolId symbol, Second second, double price = 1) {
    aggregator.add_bar_line(source, {symbol, second, {price, price, price, price, 1, 1}});
  }
  // The wall clock and the monotonic one together.
  void tick(UnixMillis now_ms, std::vector<BusySource> busy = {}, bool all_interrupted = false) {
    aggregator.tick({now_ms, now_ms, all_interrupted, std::move(busy)});
  }
  // A tick every 100 ms.
  void ticks(UnixMillis first_ms, UnixMillis last_ms) {
    for (UnixMillis now_ms = first_ms; now_ms <= last_ms; now_ms += 100) tick(now_ms);
  }

 private:
  std::vector<BarWrite> writes_;

 public:
  SecondAggregator aggregator;
};

}  // namespace streamd
