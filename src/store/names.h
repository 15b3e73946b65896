// What the numbers of symbols and labels stand for in the tables.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "market/trade.h"

namespace streamd {

struct Names {
  std::vector<std::string> live_symbols;  // "live:" and the symbol: the source_file of kLiveLabel
  std::vector<std::string> labels{""};    // the first is kLiveLabel's

  static constexpr std::string_view kLive = "live:";
  std::string_view symbol(SymbolId id) const { return std::string_view(live_symbols[id]).substr(kLive.size()); }
  std::string_view source_file(SymbolId id, LabelId label) const {
    return label == kLiveLabel ? live_symbols[id] : labels[label];
  }
};

}  // namespace streamd
