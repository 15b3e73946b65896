// What one line says, before symbols become numbers. Both readers (contract_fast_path, ndjson_reader) fill it
// and agree on every line that both accept. Texts live until the reader's next call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/units.h"
#include "market/bar.h"
#include "wire/reject.h"

namespace streamd {

// Readers may look this far beyond the end of the text that they are given; the bytes there mean nothing.
inline constexpr std::size_t kReadSlack = 64;

enum class LineKind : std::uint8_t { trade, bar, hello, sync, ping, reject };

// A line's sequence number, a whole number from 0 to 2^63 - 1. A bad one is no reason to refuse a line here: only a
// producer's connection knows whether it counts.
enum class SeqForm : std::uint8_t { absent, valid, bad };

struct HelloLine {
  // 1 to 256 bytes each, without control characters.
  std::optional<std::string_view> label;
  std::optional<std::string_view> producer;  // present when ack is true
  std::optional<std::string_view> session;
  std::optional<std::string_view> token;  // 1 to 4096 bytes of any text
  bool ack = false;
};

struct ParsedLine {
  LineKind kind = LineKind::reject;
  RejectReason reject = RejectReason::invalid_json;  // kind reject
  SeqForm seq_form = SeqForm::absent;                // of any kind, so long as the line is a JSON object
  std::uint64_t seq = 0;                             // when valid
  std::string_view symbol;                           // 1 to 64 bytes
  UnixMillis event_time_ms = 0;                      // a whole second for a bar
  double price = 0;                                  // kind trade
  double quantity = 0;                               // kind trade
  Ohlcv bar;                                         // kind bar
  std::string_view sync_id;                          // kind sync; 1 to 256 bytes without control characters
  HelloLine hello;                                   // kind hello
};

// The checks on values that both readers share; a bar's own consistency.
inline bool bar_is_consistent(const Ohlcv& bar) {
  const double top = bar.open > bar.close ? bar.open : bar.close;
  const double bottom = bar.open > bar.close ? bar.close : bar.open;
  return bar.high >= top && bar.high >= bar.low && bar.low <= bottom && bar.volume >= 0 && bar.trades >= 0;
}

}  // namespace streamd
