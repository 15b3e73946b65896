// Which connection has which symbols, and what it sends to get their trades. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace streamd::feed {

// The exchange takes 5 messages a second from a connection, pongs among them, and closes it when more come. At this
// distance they are 3, so that a pong and a message that the network has held up fit between them.
inline constexpr std::int64_t kSubscribePauseMs = 350;

struct PlanLimits {
  std::size_t max_streams = 1024;         // a connection; the exchange's own limit
  std::size_t max_message_bytes = 3'500;  // beyond 4,000 or so the exchange does not answer
};

struct SubscribeMessage {
  std::uint64_t id = 0;    // its answer has it, too; from 1 on each connection
  std::int64_t at_ms = 0;  // not earlier than so long after the connection's first message
  std::string text;        // JSON
};

// What a message from the exchange means for its connection.
enum class Heard {
  nothing,
  answer,   // to one of the messages sent
  closing,  // the exchange will close it
};

struct PlannedConnection {
  std::vector<std::string> symbols;
  std::vector<SubscribeMessage> messages;  // in their order
};

// As few connections as the limits allow, all with as many symbols, give or take one. Neighbours go to different ones,
// as the exchange's first symbols are its busiest. No symbol may be in `symbols` twice.
std::vector<PlannedConnection> plan_streams(const std::vector<std::string>& symbols, const PlanLimits& limits = {});

// btcusdt@aggTrade
std::string stream_name(std::string_view symbol);

}  // namespace streamd::feed
