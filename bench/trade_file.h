// Writes a file of trades: times ascend over all symbols, every symbol trades in every second and at most once in a
// millisecond (so that a bar's open and close do not hang on the order of arrival), prices walk at random in cents.
// The same shape gives the same bytes.
#pragma once

#include <cstdint>
#include <string>

namespace streamd::bench {

enum class TradeForm {
  canonical,  // the contract's own order of keys, no white space
  other,      // another order, with white space
};

struct TradeShape {
  std::uint64_t trades;
  std::uint32_t symbols;
  std::uint32_t seconds;
  TradeForm form = TradeForm::canonical;
};

void write_trade_file(const std::string& path, const TradeShape& shape);

}  // namespace streamd::bench
