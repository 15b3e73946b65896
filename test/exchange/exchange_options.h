// What a test exchange is told at its start, and its command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "exchange/certificates.h"
#include "exchange/recorded_trades.h"
#include "exchange/stream_session.h"

namespace streamd::exchange {

struct ExchangeOptions {
  int port = 0;  // WebSocket; 0 picks
  int rest_port = 0;
  int control_port = 0;
  std::string folder;  // certificates, truth.ndjson, report.json

  std::vector<std::string> symbols;  // or, when empty:
  std::size_t symbol_count = 3;
  std::string exchange_info;  // a file; its symbols instead, cut to the two above when they are given
  bool are_symbols_given = false;
  double rate = 100;  // trades a second, of all symbols together
  std::uint64_t seed = 1;
  std::string recordings;  // a folder; its trades instead of generated ones
  double speed = 1;
  RecordedTimes times = RecordedTimes::as_recorded;
  std::size_t wait_for = 0;  // trading begins when so many streams have been subscribed to

  StreamLimits limits;
  int weight_limit = 6000;
  std::int64_t ban_ms = 120'000;
  CertificateFlaw certificate = CertificateFlaw::none;
  std::optional<std::uint64_t> misbehave;  // a seed
};

// The program is to end at once, with this.
struct EarlyEnd {
  int exit_code = 0;
  std::string output;
  std::string complaint;
};

std::variant<ExchangeOptions, EarlyEnd> read_exchange_options(std::vector<std::string> arguments);

}  // namespace streamd::exchange
