// The symbols that the exchange has (/api/v3/exchangeInfo), and which of them somebody wants. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace streamd::feed {

struct SpotSymbol {
  std::string name;
  std::string status;  // TRADING, BREAK, …: more may come
  std::string quote_asset;
  bool is_spot_allowed = true;

  bool is_traded() const { return status == "TRADING" && is_spot_allowed; }
};

// In the exchange's order. Where "isSpotTradingAllowed" is absent, it is allowed.
Result<std::vector<SpotSymbol>> read_exchange_info(std::string_view json);

struct Wanted {
  std::vector<std::string> names;  // in any letter case, of any quote asset
  bool all = false;                // also all that are traded against `quote_asset`
  std::string quote_asset;         // in any letter case; empty: any
  std::size_t max_symbols = 0;     // the first so many; 0: as many as there are
};

// Each once, in the exchange's order. Error (one line, for the user) when a name is unknown, with up to three similar
// ones; when a named symbol is not traded now; when none is left.
Result<std::vector<std::string>> choose_symbols(const std::vector<SpotSymbol>& symbols, const Wanted& wanted);

}  // namespace streamd::feed
