#include "exchange/generated_trades.h"

#include <algorithm>
#include <cmath>

namespace streamd::exchange {
namespace {

constexpr std::size_t kOneQuietIn = 10;
constexpr double kQuietPauseMs = 30'000;
constexpr double kMeanBurst = 1.75;  // of add_burst

double unit(probe::Random& random) {
  return (static_cast<double>(random.next() >> 11) + 0.5) * 0x1p-53;
}

bool is_quiet(std::size_t number) {
  return number % kOneQuietIn == kOneQuietIn - 1;
}

}  // namespace

GeneratedTrades::GeneratedTrades(std::size_t symbols, double rate, std::uint64_t seed) : random_(seed) {
  double shares = 0;
  for (std::size_t i = 0; i < symbols; ++i) shares += is_quiet(i) ? 0 : 1 / static_cast<double>(i + 1);
  for (std::size_t i = 0; i < symbols; ++i) {
    Symbol symbol;
    const double bursts_a_second = rate / kMeanBurst / shares / static_cast<double>(i + 1);
    symbol.mean_pause_ms = is_quiet(i) ? kQuietPauseMs : 1000 / bursts_a_second;
    symbol.next_id = 1 + random_.below(3'000'000'000);
    symbol.next_trade_id = symbol.next_id + random_.below(1'000'000'000);
    const double price = std::exp(std::log(0.001) + unit(random_) * std::log(5e7));
    symbol.tick = static_cast<std::int64_t>(std::pow(10, std::max(0.0, std::floor(std::log10(price)) + 3)));
    symbol.price = std::max<std::int64_t>(1, std::llround(price * 1e8) / symbol.tick) * symbol.tick;
    symbols_.push_back(symbol);
  }
}

double GeneratedTrades::pause_ms(const Symbol& symbol) {
  return -std::log(unit(random_)) * symbol.mean_pause_ms;
}

void GeneratedTrades::resume(std::int64_t now_ms) {
  due_ = {};
  for (std::size_t i = 0; i < symbols_.size(); ++i) due_.push({static_cast<double>(now_ms) + pause_ms(symbols_[i]), i});
}

void GeneratedTrades::make(std::int64_t now_ms, std::vector<MadeTrade>& out) {
  while (!due_.empty() && due_.top().at_ms <= static_cast<double>(now_ms)) {
    Due due = due_.top();
    due_.pop();
    add_burst(due.symbol, static_cast<std::int64_t>(due.at_ms), now_ms, out);
    due.at_ms += pause_ms(symbols_[due.symbol]);
    due_.push(due);
  }
}

void GeneratedTrades::add_burst(std::size_t number, std::int64_t time_ms, std::int64_t now_ms,
                                std::vector<MadeTrade>& out) {
  Symbol& symbol = symbols_[number];
  const std::uint32_t count = random_.chance(0.3) ? 2 + random_.below(4) : 1;
  const bool buyer_is_maker = random_.chance(0.5);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::int64_t steps = static_cast<std::int64_t>(random_.below(3)) * (buyer_is_maker ? -1 : 1);
    symbol.price = std::max(symbol.tick, symbol.price + steps * symbol.tick);
    AggTrade trade;
    trade.id = symbol.next_id++;
    trade.first = symbol.next_trade_id;
    trade.last = trade.first + (random_.chance(0.25) ? random_.below(5) : 0);
    symbol.next_trade_id = trade.last + 1;
    trade.time_ms = time_ms;
    trade.event_ms = trade.published_ms = now_ms;
    trade.price = symbol.price;
    trade.quantity = (1 + static_cast<std::int64_t>(random_.below(1'000'000))) * (1 + random_.below(2'000));
    trade.buyer_is_maker = buyer_is_maker;
    out.push_back({number, trade});
  }
}

}  // namespace streamd::exchange
