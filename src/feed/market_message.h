// What the exchange says: text messages of its WebSocket streams, and the aggregate trades that REST answers with.
// Pure. Whatever it is given it gives a message or a one-line Error; never throws for input.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "feed/agg_trade.h"

namespace streamd::feed {

struct LiveTrade {
  std::string symbol;  // as in exchangeInfo; 1 to 64 bytes, as the contract has it
  AggTrade trade;
};

// To SUBSCRIBE, and to whatever else was sent.
struct SubscribeAnswer {
  std::optional<std::uint64_t> id;  // of the request; not there when the exchange could not read it
  bool ok = false;
  std::string error;  // one line; empty when ok
};

// The exchange is about to close the connection: another one is due at once.
struct Shutdown {};

// An event that nobody asked for.
struct OtherEvent {
  std::string kind;  // its type, or its stream's name; for messages to persons
};

using MarketMessage = std::variant<LiveTrade, SubscribeAnswer, Shutdown, OtherEvent>;

// One thread; keeps its memory from message to message.
class MarketMessageReader {
 public:
  MarketMessageReader();
  ~MarketMessageReader();

  // `text`: one message, of a combined stream ({"stream":…,"data":…}) or of a raw one.
  Result<MarketMessage> read(std::string_view text);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

// The body of /api/v3/aggTrades: ids ascend, there may be none.
Result<std::vector<AggTrade>> read_agg_trades(std::string_view json);

// What the exchange gives as the reason when it refuses ({"code":-1121,"msg":"Invalid symbol."}), on one line. Nothing
// when that is not what `json` is.
std::optional<std::string> read_refusal(std::string_view json);

}  // namespace streamd::feed
