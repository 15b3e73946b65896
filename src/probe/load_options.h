// What a run of stream_daemon_test sends, and how.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace streamd::probe {

enum class LineMode { trade, ohlc1s };

// Event times by line, not by the clock: so many lines spread evenly over so many seconds from a time on. The same
// numbers make the same lines.
struct FixedTimes {
  std::int64_t from_ms = 0;
  double span_s = 0;
};

struct LoadOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 9009;
  double seconds = 3;
  double rate = 200;        // lines a second, of all connections together; 0: as fast as they are taken
  std::uint64_t lines = 0;  // of all connections together; 0: until the time is up
  std::vector<std::string> symbols = {"BTCUSDT", "ES", "NQ"};
  LineMode mode = LineMode::trade;
  std::size_t connections = 1;  // a symbol stays on one of them
  std::uint64_t seed = 1;
  bool ack = false;
  bool numbered = false;  // its good lines have a number; with acks always
  std::string token;  // that the daemon asks for; empty: none
  double reconnect_s = 30;  // with acks: for how long a lost connection is tried anew
  double disorder = 0;      // share of lines that come up to two seconds late
  double bad = 0;           // share of lines that the daemon must refuse
  std::optional<FixedTimes> times;  // absent: the wall clock
  bool keeps_bars = false;          // every bar is remembered, not their number alone
};

// How late a line of the disordered share may be.
inline constexpr std::int64_t kMaxLateMs = 2000;

}  // namespace streamd::probe
