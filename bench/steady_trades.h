// Trades of 300 symbols (symbol_names.h) as they happen: so many a second, evenly, with the wall clock's time.
#pragma once

#include <cstdint>
#include <map>

namespace streamd::bench {

inline constexpr std::uint32_t kSteadySymbols = 300;

struct SteadyTrades {
  std::map<std::int64_t, double> first_sent_s;  // of each second's first line: just before the kernel got it
  double lines_per_s = 0;                       // that the receiver took
};

// Blocks for about so many seconds.
SteadyTrades send_steadily(int fd, double rate, double seconds);

}  // namespace streamd::bench
