#include "exchange/market.h"

#include "base/result.h"

namespace streamd::exchange {

Market::Market(std::vector<std::string> symbols, std::unique_ptr<TradeMaker> maker)
    : symbols_(std::move(symbols)), maker_(std::move(maker)), trades_(symbols_.size()) {
  for (std::size_t i = 0; i < symbols_.size(); ++i) numbers_[symbols_[i]] = i;
}

void Market::set_trading(bool trades, std::int64_t now_ms) {
  if (trades && !is_trading_) maker_->resume(now_ms);
  is_trading_ = trades;
}

void Market::advance(std::int64_t now_ms, const OnTrade& on_trade) {
  if (!is_trading_) return;
  made_.clear();
  maker_->make(now_ms, made_);
  for (const MadeTrade& made : made_) {
    std::vector<AggTrade>& list = trades_[made.symbol];
    STREAMD_CHECK(list.empty() || list.back().id < made.trade.id);
    list.push_back(made.trade);
    ++trade_count_;
    on_trade(made.symbol, made.trade);
  }
}

const std::size_t* Market::find(const std::string& symbol) const {
  const auto found = numbers_.find(symbol);
  return found == numbers_.end() ? nullptr : &found->second;
}

std::string Market::truth() const {
  std::string text;
  for (std::size_t i = 0; i < symbols_.size(); ++i) {
    for (const AggTrade& trade : trades_[i]) text += truth_line(symbols_[i], trade);
  }
  return text;
}

}  // namespace streamd::exchange
