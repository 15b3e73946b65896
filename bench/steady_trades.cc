#include "bench/steady_trades.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <string>
#include <thread>

#include "bench/children.h"
#include "bench/loopback.h"
#include "bench/symbol_names.h"

namespace streamd::bench {
namespace {

std::int64_t wall_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

SteadyTrades send_steadily(int fd, double rate, double seconds) {
  const auto names = symbol_names(kSteadySymbols);
  SteadyTrades sent;
  const auto total = static_cast<std::uint64_t>(rate * seconds);
  const double start_s = now_s();
  std::string piece;
  for (std::uint64_t made = 0; made < total;) {
    const auto due = std::min(total, static_cast<std::uint64_t>((now_s() - start_s) * rate));
    if (due == made) {
      std::this_thread::sleep_for(std::chrono::microseconds(200));
      continue;
    }
    piece.clear();
    const std::int64_t time_ms = wall_ms();
    while (made < due) {
      ++made;
      fmt::format_to(std::back_inserter(piece),
                     "{{\"type\":\"trade\",\"symbol\":\"{}\",\"ts_ms\":{},\"price\":{}.25,\"qty\":0.5}}\n",
                     names[made % kSteadySymbols], time_ms, 100 + made * 7 % 53);
    }
    sent.first_sent_s.try_emplace(time_ms / 1000, now_s());
    send_all(fd, piece);
  }
  sent.lines_per_s = static_cast<double>(total) / (now_s() - start_s);
  return sent;
}

}  // namespace streamd::bench
