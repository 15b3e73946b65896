// The full list of each symbol's aggregate trades, growing with time: what REST answers from, what the streams tell of,
// and the truth that others are compared with.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "exchange/trade_maker.h"

namespace streamd::exchange {

class Market {
 public:
  using OnTrade = std::function<void(std::size_t symbol, const AggTrade& trade)>;

  // Does not trade yet. The maker's symbol i is symbols[i].
  Market(std::vector<std::string> symbols, std::unique_ptr<TradeMaker> maker);

  void set_trading(bool trades, std::int64_t now_ms);
  bool is_trading() const { return is_trading_; }
  bool is_over() const { return maker_->is_over(); }
  // What has happened until now.
  void advance(std::int64_t now_ms, const OnTrade& on_trade);

  const std::vector<std::string>& symbols() const { return symbols_; }
  const std::size_t* find(const std::string& symbol) const;  // its number
  const std::vector<AggTrade>& trades(std::size_t symbol) const { return trades_[symbol]; }
  std::uint64_t trade_count() const { return trade_count_; }
  // All trades as lines of NDJSON: symbol, a, p, q, T. Symbol by symbol, by id.
  std::string truth() const;

 private:
  const std::vector<std::string> symbols_;
  std::map<std::string, std::size_t> numbers_;
  std::unique_ptr<TradeMaker> maker_;
  std::vector<std::vector<AggTrade>> trades_;
  std::vector<MadeTrade> made_;
  std::uint64_t trade_count_ = 0;
  bool is_trading_ = false;
};

}  // namespace streamd::exchange
