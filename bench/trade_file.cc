#include "bench/trade_file.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "bench/random.h"
#include "bench/symbol_names.h"
#include "bench/text_file.h"

namespace streamd::bench {
namespace {

constexpr std::uint32_t kPowersOfTen[] = {1, 10, 100, 1000, 10'000, 100'000};

struct Instrument {
  std::int64_t price_cents;
  std::uint32_t quantity_decimals;  // 3 … 5
  std::int64_t last_trade_ms = 0;
};

std::vector<Instrument> make_instruments(std::uint32_t count, Random& random) {
  std::vector<Instrument> instruments;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t magnitude = kPowersOfTen[3 + random.below(3)] * 10;  // 100.00 … 99999.99
    const std::uint32_t cents = magnitude + random.below(magnitude * 9);
    instruments.push_back({cents, 3 + random.below(3)});
  }
  return instruments;
}

void walk(Instrument& instrument, Random& random) {
  const auto step = static_cast<std::uint32_t>(std::max<std::int64_t>(1, instrument.price_cents / 20'000));
  instrument.price_cents += static_cast<std::int64_t>(random.below(2 * step + 1)) - step;
  instrument.price_cents = std::max<std::int64_t>(instrument.price_cents, 100);
}

void write_trade(TextFile& file, TradeForm form, const std::string& symbol, std::int64_t time_ms,
                 const Instrument& instrument, Random& random) {
  const std::uint32_t unit = kPowersOfTen[instrument.quantity_decimals];
  const std::uint32_t quantity = 1 + random.below(2 * unit);
  const std::int64_t cents = instrument.price_cents;
  if (form != TradeForm::other) {
    file.print("{{\"type\":\"trade\",\"symbol\":\"{}\",\"ts_ms\":{},\"price\":{}.{:02},\"qty\":{}.{:0{}}}}\n", symbol,
               time_ms, cents / 100, cents % 100, quantity / unit, quantity % unit, instrument.quantity_decimals);
  } else {
    file.print("{{\"symbol\": \"{}\", \"ts_ms\": {}, \"type\": \"trade\", \"qty\": {}.{:0{}}, \"price\": {}.{:02}}}\n",
               symbol, time_ms, quantity / unit, quantity % unit, instrument.quantity_decimals, cents / 100,
               cents % 100);
  }
}

}  // namespace

void write_trade_file(const std::string& path, const TradeShape& shape) {
  TextFile file(path);
  Random random(shape.trades * 31 + shape.symbols);
  const std::vector<std::string> names = symbol_names(shape.symbols);
  std::vector<Instrument> instruments = make_instruments(shape.symbols, random);
  std::vector<std::uint32_t> turns(shape.symbols);  // in which order the symbols have their sure trade of a second
  std::iota(turns.begin(), turns.end(), 0u);
  for (std::uint64_t second = 0; second < shape.seconds; ++second) {
    const std::uint64_t count = shape.trades * (second + 1) / shape.seconds - shape.trades * second / shape.seconds;
    const std::uint64_t stride = std::max<std::uint64_t>(1, count / shape.symbols);
    for (std::uint32_t i = shape.symbols; i > 1; --i) std::swap(turns[i - 1], turns[random.below(i)]);
    const std::int64_t second_ms = (kFirstSecond + static_cast<std::int64_t>(second)) * 1000;
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::int64_t time_ms = second_ms + static_cast<std::int64_t>(i * 1000 / count);
      const bool has_turn = i % stride == 0 && i / stride < shape.symbols;
      std::uint32_t symbol = has_turn ? turns[i / stride] : random.below(shape.symbols);
      while (instruments[symbol].last_trade_ms == time_ms) symbol = random.below(shape.symbols);
      Instrument& instrument = instruments[symbol];
      instrument.last_trade_ms = time_ms;
      walk(instrument, random);
      write_trade(file, shape.form, names[symbol], time_ms, instrument, random);
    }
  }
  file.close();
}

}  // namespace streamd::bench
