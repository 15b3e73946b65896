// Trades from a seed: the first symbols are busy, the last ones are not, every tenth is quiet; prices walk at random,
// and often several trades fall into one millisecond.
#pragma once

#include <queue>

#include "exchange/trade_maker.h"
#include "probe/random.h"

namespace streamd::exchange {

class GeneratedTrades final : public TradeMaker {
 public:
  // `rate`: trades a second, of all symbols together.
  GeneratedTrades(std::size_t symbols, double rate, std::uint64_t seed);

  void resume(std::int64_t now_ms) override;
  void make(std::int64_t now_ms, std::vector<MadeTrade>& out) override;
  bool is_over() const override { return false; }

 private:
  struct Symbol {
    double mean_pause_ms = 0;
    std::uint64_t next_id = 0;
    std::uint64_t next_trade_id = 0;
    std::int64_t price = 0;
    std::int64_t tick = 0;
  };
  struct Due {
    double at_ms;
    std::size_t symbol;
    bool operator>(const Due& other) const { return at_ms > other.at_ms; }
  };

  void add_burst(std::size_t number, std::int64_t time_ms, std::int64_t now_ms, std::vector<MadeTrade>& out);
  double pause_ms(const Symbol& symbol);

  probe::Random random_;
  std::vector<Symbol> symbols_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
};

}  // namespace streamd::exchange
