// The test exchange's own list of trades, and whether the database of stream_daemon_live has exactly their bars.
#pragma once

#include <gtest/gtest.h>
#include <simdjson.h>

#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "system/bar_oracle.h"
#include "system/live_fixture.h"
#include "system/stored_bars.h"

namespace streamd {

struct ExchangeTrade {
  std::string symbol;
  std::uint64_t id;
  std::int64_t ts_ms;
  double price, quantity;
};

class LiveTradesFixture : public LiveFixture {
 protected:
  std::vector<ExchangeTrade> truth() {
    std::vector<ExchangeTrade> trades;
    simdjson::dom::parser parser;
    for (const std::string& line : lines_of(asked("/truth"))) {
      const simdjson::dom::element element = parser.parse(line);
      const auto text = [&](const char* key) { return std::string(std::string_view(element[key])); };
      trades.push_back({text("symbol"), std::uint64_t(element["a"]), std::int64_t(element["T"]), std::stod(text("p")),
                        std::stod(text("q"))});
    }
    return trades;
  }

  std::int64_t stored_trades() const {
    std::int64_t sum = 0;
    for (const StoredBar& bar : read_bars(folder_ / "live.duckdb")) sum += bar.trades;
    return sum;
  }

  // Whose ids are within what `ids` says of their symbol; of all against USDT when it is empty.
  void expect_stored(const std::vector<ExchangeTrade>& trades,
                     const std::map<std::string, std::pair<std::uint64_t, std::uint64_t>>& ids = {}) {
    BarOracle oracle;
    std::size_t count = 0;
    for (const ExchangeTrade& trade : trades) {
      const auto range = ids.find(trade.symbol);
      if (ids.empty() && !trade.symbol.ends_with("USDT")) continue;
      if (!ids.empty() && (range == ids.end() || trade.id < range->second.first || trade.id > range->second.second)) continue;
      oracle.add_trade(trade.symbol, trade.ts_ms, trade.price, trade.quantity, "live:" + trade.symbol);
      ++count;
    }
    EXPECT_GT(count, 0u);
    expect_same_bars(oracle.bars(), read_bars(folder_ / "live.duckdb"));
  }
  static std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> ids_in(const std::string& summary) {
    std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> ids;
    for (const std::string& line : lines_of(summary)) {
      unsigned long trades = 0, first = 0, last = 0;
      char name[65] = {};
      if (std::sscanf(line.c_str(), "%64[^:]: %lu trades, ids %lu to %lu", name, &trades, &first, &last) != 4) continue;
      EXPECT_EQ(last - first + 1, trades) << line;
      ids[name] = {first, last};
    }
    return ids;
  }
};

}  // namespace streamd
