// What the exchange does wrong, and until when. Pure: commands and the time come in.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "exchange/certificates.h"

namespace streamd::exchange {

// Ids that REST does not give.
struct RefusedIds {
  enum class How {
    error,  // 400
    empty,  // [], as if they had not been published yet
    omit,   // as if they did not exist
  };
  std::string symbol;
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  How how = How::error;
};

// One POST /fault: the keys of its JSON object by their names. What lasts does so for `for_ms`, or until it is set
// anew.
struct FaultCommand {
  std::optional<std::int64_t> for_ms;
  // At once.
  std::optional<std::uint64_t> drop_connections;  // true: all; N: so many of them
  std::optional<std::uint64_t> freeze;            // they stay open and never say anything again
  bool rotate = false;                            // closes all in order, with a close frame
  bool server_shutdown = false;                   // serverShutdown; closes after grace_ms
  std::int64_t grace_ms = 1000;
  std::optional<std::int64_t> stall_ms;  // all streams wait, and come late
  std::optional<std::int64_t> refuse_connections_ms;
  std::optional<CertificateFlaw> certificate;  // of new connections: good, expired, other_host, unknown_ca
  std::optional<RefusedIds> refuse_ids;
  std::optional<std::uint64_t> misbehave;  // at random from this seed on; 0: no longer
  bool clear = false;                      // everything that lasts, before the rest of this command
  // These last. Shares are those of messages, a connection each by itself.
  std::optional<double> skip;
  std::optional<double> repeat;
  std::optional<double> reorder;
  std::optional<int> rest_status;  // with retry_after_s when it is 429 or 418; 0: none
  int retry_after_s = 1;
  std::optional<double> rest_cut;             // share of answers that end in the middle
  std::optional<std::int64_t> rest_lag_ms;    // REST does not know the newest trades yet
  std::optional<std::int64_t> rest_delay_ms;  // answers take so long

  std::vector<std::string> names() const;  // of what it sets
};

// The error names the key that is unknown or wrong.
Result<FaultCommand> read_fault(std::string_view json);

template <typename Value>
struct Lasting {
  Value value{};
  std::int64_t until_ms = 0;

  Value at(std::int64_t now_ms) const { return now_ms < until_ms ? value : Value{}; }
};

struct Faults {
  Lasting<double> skip, repeat, reorder, rest_cut;
  Lasting<int> rest_status;
  int retry_after_s = 1;
  Lasting<std::int64_t> rest_lag_ms, rest_delay_ms;
  std::int64_t stalled_until_ms = 0;
  std::int64_t refusing_until_ms = 0;
  std::vector<RefusedIds> refused_ids;
  CertificateFlaw certificate = CertificateFlaw::none;

  // All of it but what happens at once to connections.
  void apply(const FaultCommand& command, std::int64_t now_ms);
};

}  // namespace streamd::exchange
