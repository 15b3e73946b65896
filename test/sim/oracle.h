// What the table must hold, by the plainest means: all trades of a second sorted by time, or the last bar line.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/sim_store.h"

namespace streamd::sim {

// What a good line says.
struct Said {
  std::string symbol;
  UnixMillis time_ms = 0;
  double price = 0;
  double quantity = 0;
  std::optional<Ohlcv> bar;  // an ohlc1s line
};

class Oracle {
 public:
  void add(const Said& said) { keys_[{said.symbol, second_of(said.time_ms)}].push_back(said); }

  std::map<std::pair<std::string, Second>, Ohlcv> rows() const {
    std::map<std::pair<std::string, Second>, Ohlcv> rows;
    for (const auto& [key, lines] : keys_) rows[key] = row_of(lines);
    return rows;
  }

  static Ohlcv row_of(std::vector<Said> lines) {
    const auto bar = std::find_if(lines.rbegin(), lines.rend(), [](const Said& said) { return said.bar.has_value(); });
    if (bar != lines.rend()) return *bar->bar;
    std::stable_sort(lines.begin(), lines.end(), [](const Said& a, const Said& b) { return a.time_ms < b.time_ms; });
    Ohlcv row{lines.front().price, lines.front().price, lines.front().price, lines.back().price, 0, 0};
    for (const Said& said : lines) {
      row.high = std::max(row.high, said.price);
      row.low = std::min(row.low, said.price);
      row.volume += said.quantity;
      ++row.trades;
    }
    return row;
  }

 private:
  std::map<std::pair<std::string, Second>, std::vector<Said>> keys_;
};

}  // namespace streamd::sim
