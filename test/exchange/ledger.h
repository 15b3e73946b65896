// What the exchange has seen of its clients, as it would be held against them: GET /report of the control interface.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace streamd::exchange {

struct Violation {
  std::int64_t at_ms = 0;
  std::string kind;
  std::string detail;
};

struct Ledger {
  std::uint64_t attempts = 0;     // WebSocket connections that were begun
  std::uint64_t connections = 0;  // that got as far as a stream
  std::uint64_t open_connections = 0;
  std::uint64_t most_open_connections = 0;
  std::uint64_t failed_handshakes = 0;  // TLS, both ports
  std::size_t most_streams = 0;         // of one connection
  std::size_t most_messages_a_second = 0;
  std::uint64_t pings = 0;
  std::uint64_t pongs = 0;
  std::uint64_t rest_requests = 0;
  std::map<int, std::uint64_t> rest_statuses;
  std::uint64_t sent = 0;
  std::uint64_t skipped = 0;
  std::uint64_t repeated = 0;
  std::uint64_t reordered = 0;
  std::uint64_t lost_in_frozen = 0;
  std::uint64_t refused_ids = 0;                // requests
  std::map<std::string, std::uint64_t> faults;  // by name, how often begun

  // Kept: the first thousand.
  void violation(std::string_view kind, std::string detail, std::int64_t now_ms);
  std::uint64_t violation_count() const { return violation_count_; }
  const std::vector<Violation>& violations() const { return violations_; }

 private:
  std::vector<Violation> violations_;
  std::uint64_t violation_count_ = 0;
};

// What is counted elsewhere.
struct ReportFigures {
  std::size_t most_attempts_in_5_min = 0;
  int most_weight_a_minute = 0;
  int weight_limit = 0;
  std::size_t streams = 0;  // with a subscriber
  std::size_t symbols = 0;
  std::uint64_t trades = 0;
  bool is_trading = false;
  bool is_over = false;
};

std::string report_json(const Ledger& ledger, const ReportFigures& figures);

}  // namespace streamd::exchange
