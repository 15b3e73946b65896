#include "bench/bar_rows.h"

#include <algorithm>

#include "bench/symbol_names.h"
#include "bench/text_file.h"

namespace streamd::bench {

BarRows::BarRows(std::uint32_t symbols, std::int64_t first_second) : random_(symbols), second_(first_second) {
  for (std::uint32_t i = 0; i < symbols; ++i) prices_cents_.push_back(1000 + random_.below(5'000'000));
}

BarRow BarRows::next() {
  std::int64_t& price = prices_cents_[symbol_];
  const std::uint64_t bits = random_.next();
  const std::int64_t step = std::max<std::int64_t>(1, price / 5000);
  const auto part = [&](int shift) { return static_cast<std::int64_t>((bits >> shift) & 0xff) * step / 256; };
  BarRow row{symbol_, second_, price, 0, 0, 0, 0, 0};
  row.close_cents = std::max<std::int64_t>(100, price + part(0) - part(8));
  row.high_cents = std::max(row.open_cents, row.close_cents) + part(16);
  row.low_cents = std::max<std::int64_t>(1, std::min(row.open_cents, row.close_cents) - part(24));
  row.volume_thousandths = 1 + static_cast<std::int64_t>((bits >> 32) & 0xfffff);
  row.trades = 1 + static_cast<std::int64_t>((bits >> 52) & 0x3f);
  price = row.close_cents;
  if (++symbol_ == prices_cents_.size()) {
    symbol_ = 0;
    ++second_;
  }
  return row;
}

void write_bar_file(const std::string& path, const BarShape& shape) {
  TextFile file(path);
  const std::vector<std::string> names = symbol_names(shape.symbols);
  BarRows rows(shape.symbols, shape.first_second);
  for (std::uint64_t i = 0; i < shape.rows; ++i) {
    const BarRow row = rows.next();
    file.print(
        "{{\"type\":\"ohlc1s\",\"symbol\":\"{}\",\"ts_ms\":{},\"open\":{}.{:02},\"high\":{}.{:02},\"low\":{}.{:02},"
        "\"close\":{}.{:02},\"volume\":{}.{:03},\"trades\":{}}}\n",
        names[row.symbol], row.second * 1000, row.open_cents / 100, row.open_cents % 100, row.high_cents / 100,
        row.high_cents % 100, row.low_cents / 100, row.low_cents % 100, row.close_cents / 100, row.close_cents % 100,
        row.volume_thousandths / 1000, row.volume_thousandths % 1000, row.trades);
  }
  file.close();
}

}  // namespace streamd::bench
