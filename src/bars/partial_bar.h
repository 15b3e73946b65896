// What some of a second's trades make of its bar. Merging is associative, so a second may be written in parts, in any
// grouping, and the parts merged in the order of arrival give the bar of all its trades:
//   open  = price of the smallest event time (the first to arrive among equals)
//   close = price of the largest event time (the last to arrive among equals)
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/units.h"
#include "market/bar.h"

namespace streamd {

struct PartialBar {
  Ohlcv values;                   // values.trades == 0: empty, all else means nothing
  std::uint16_t open_offset_ms = 0;   // event time of the open trade within the second, 0 … 999
  std::uint16_t close_offset_ms = 0;  // of the close trade

  bool empty() const { return values.trades == 0; }

  // A trade that arrived after all others in here.
  void add(std::uint16_t offset_ms, double price, double quantity) {
    if (empty()) {
      values = {price, price, price, price, quantity, 1};
      open_offset_ms = close_offset_ms = offset_ms;
      return;
    }
    if (offset_ms < open_offset_ms) {
      values.open = price;
      open_offset_ms = offset_ms;
    }
    if (offset_ms >= close_offset_ms) {
      values.close = price;
      close_offset_ms = offset_ms;
    }
    values.high = std::max(values.high, price);
    values.low = std::min(values.low, price);
    values.volume += quantity;
    values.trades += 1;
  }

  // `later`: trades of the same second that arrived after all in here.
  void merge(const PartialBar& later) {
    if (later.empty()) return;
    if (empty()) {
      *this = later;
      return;
    }
    if (later.open_offset_ms < open_offset_ms) {
      values.open = later.values.open;
      open_offset_ms = later.open_offset_ms;
    }
    if (later.close_offset_ms >= close_offset_ms) {
      values.close = later.values.close;
      close_offset_ms = later.close_offset_ms;
    }
    values.high = std::max(values.high, later.values.high);
    values.low = std::min(values.low, later.values.low);
    values.volume += later.values.volume;
    values.trades += later.values.trades;
  }
};

}  // namespace streamd
