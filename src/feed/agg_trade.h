// One aggregate trade of the exchange: what one order took at one price.
#pragma once

#include <cstdint>
#include <string>

#include "base/units.h"

namespace streamd::feed {

struct AggTrade {
  // Of the symbol's trades in order, each one more than the one before; at most INT64_MAX. It is the aggregate trade's
  // own (`a`); of single trades, as recordings have them, the trade's (`t`).
  std::uint64_t id = 0;
  UnixMillis time_ms = 0;  // 0 … kMaxEventTimeMs
  // As the exchange wrote them: plain decimal numbers, as JSON has them, without sign or exponent. Every digit is kept.
  std::string price;
  std::string quantity;

  friend bool operator==(const AggTrade&, const AggTrade&) = default;
};

}  // namespace streamd::feed
