// A partial bar ↔ bytes, for the core's state.
#pragma once

#include "bars/partial_bar.h"
#include "base/byte_codec.h"

namespace streamd {

inline constexpr std::size_t kPartialBarBytes = 5 * sizeof(double) + sizeof(std::int64_t) + 2 * sizeof(std::uint16_t);

inline void put_partial_bar(const PartialBar& bar, ByteSink& bytes) {
  const Ohlcv& values = bar.values;
  for (const double value : {values.open, values.high, values.low, values.close, values.volume}) bytes.put(value);
  bytes.put(values.trades);
  bytes.put(bar.open_offset_ms);
  bytes.put(bar.close_offset_ms);
}

inline PartialBar get_partial_bar(ByteSource& bytes) {
  PartialBar bar;
  Ohlcv& values = bar.values;
  for (double* value : {&values.open, &values.high, &values.low, &values.close, &values.volume}) {
    *value = bytes.get<double>();
  }
  values.trades = bytes.get<std::int64_t>();
  bar.open_offset_ms = bytes.get<std::uint16_t>();
  bar.close_offset_ms = bytes.get<std::uint16_t>();
  return bar;
}

}  // namespace streamd
