#include "system/busy_producer.h"

#include <gtest/gtest.h>

#include <exception>

#include "system/decision_lines.h"
#include "system/mixed_lines.h"
#include "system/sequenced_producer.h"
#include "system/tcp_client.h"
#include "system/test_seed.h"

namespace streamd {
namespace {

constexpr int kLinesARound = 200;  // 200 ms of event time
constexpr milliseconds kPause{5};

// Of a symbol that rises, once and again.
std::string numbered_twice(std::uint64_t number) {
  std::string line = trade_line("RISES", 1'700'000'000'000 + static_cast<std::int64_t>(number) * kLinesARound,
                                100 + static_cast<double>(number), 1);
  line.pop_back();
  line = with_seq(line, number) + "\n";
  return line + line;
}

}  // namespace

BusyProducer::BusyProducer(std::uint16_t port) : thread_([this, port] { send(port); }) {}

BusyProducer::~BusyProducer() {
  finish();
}

std::uint64_t BusyProducer::finish() {
  stop_.store(true);
  if (thread_.joinable()) thread_.join();
  return lines_.load();
}

Arguments BusyProducer::daemon_flags(const TempFolder& folder) {
  open_gate(folder);
  return listening({"--metrics-port", "0", "--flush-interval", "0.1", "--max-symbols", "4", "--max-line-bytes",
                    std::to_string(MixedLines::kMaxLineBytes), "--emit-decisions", "--no-decision-stdout",
                    "--decision-edge-bps", "0.8", "--summarise-window", "1", "--decision-sink",
                    "file:" + folder / "decisions.ndjson", "--ohlc-sink", "file:" + folder / "bars.ndjson"});
}

void BusyProducer::send(std::uint16_t port) {
  try {
    BarOracle unasked;
    MixedLines mixed(test_seed(), {"A", "B", "C"}, "", unasked);
    mixed.add_prelude();
    TcpClient client(port);
    client.send("{\"type\":\"hello\",\"producer\":\"busy\"}\n");
    EXPECT_TRUE(client.read_line().has_value()) << "no welcome";
    lines_.store(1);
    std::size_t sent = 0;  // of the mixed ones, in bytes
    for (std::uint64_t round = 1; !stop_.load(); ++round) {
      mixed.add(kLinesARound, 0.2);
      client.send(numbered_twice(round) + mixed.text().substr(sent));
      sent = mixed.text().size();
      lines_.store(1 + 2 * round + mixed.lines());
      std::this_thread::sleep_for(kPause);
    }
    client.finish();
  } catch (const std::exception& error) {
    ADD_FAILURE() << "the producer: " << error.what();
  }
}

}  // namespace streamd
