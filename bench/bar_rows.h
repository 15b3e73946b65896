// One-second bars without end: every symbol in every second, in time order, each symbol's price walking at random.
// The same symbols and first second give the same rows, so a file of lines and rows appended directly can be compared.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/random.h"

namespace streamd::bench {

struct BarRow {
  std::uint32_t symbol;
  std::int64_t second;
  std::int64_t open_cents, high_cents, low_cents, close_cents;
  std::int64_t volume_thousandths;
  std::int64_t trades;
};

class BarRows {
 public:
  explicit BarRows(std::uint32_t symbols, std::int64_t first_second);
  BarRow next();

 private:
  Random random_;
  std::vector<std::int64_t> prices_cents_;
  std::uint32_t symbol_ = 0;
  std::int64_t second_;
};

struct BarShape {
  std::uint64_t rows;
  std::uint32_t symbols;
  std::int64_t first_second;
};

// As ohlc1s lines in canonical form.
void write_bar_file(const std::string& path, const BarShape& shape);

}  // namespace streamd::bench
