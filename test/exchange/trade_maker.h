// Where a market's trades come from. Symbols are numbers here; the market knows their names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "exchange/agg_trade.h"

namespace streamd::exchange {

struct MadeTrade {
  std::size_t symbol = 0;
  AggTrade trade;
};

class TradeMaker {
 public:
  virtual ~TradeMaker() = default;
  // Trading goes on from now: nothing is made for the time since the last make().
  virtual void resume(std::int64_t now_ms) = 0;
  // What has happened since then, in the order of its times; a symbol's ids grow by one.
  virtual void make(std::int64_t now_ms, std::vector<MadeTrade>& out) = 0;
  // Nothing will come any more.
  virtual bool is_over() const = 0;
};

}  // namespace streamd::exchange
