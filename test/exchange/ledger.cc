#include "exchange/ledger.h"

#include <fmt/format.h>

#include "wire/json_text.h"

namespace streamd::exchange {
namespace {

constexpr std::size_t kKeptViolations = 1000;

std::string quoted(std::string_view text) {
  std::string json;
  append_json_string(json, text);
  return json;
}

template <typename Key>
std::string counts_json(const std::map<Key, std::uint64_t>& counts) {
  std::string json;
  for (const auto& [name, count] : counts) json += fmt::format("{}\"{}\":{}", json.empty() ? "" : ",", name, count);
  return "{" + json + "}";
}

}  // namespace

void Ledger::violation(std::string_view kind, std::string detail, std::int64_t now_ms) {
  ++violation_count_;
  if (violations_.size() < kKeptViolations) violations_.push_back({now_ms, std::string(kind), std::move(detail)});
}

std::string report_json(const Ledger& ledger, const ReportFigures& figures) {
  std::string json = fmt::format(
      R"({{"attempts":{},"attempts_per_5_min_at_most":{},"connections":{},"open_connections":{},)"
      R"("open_connections_at_most":{},"failed_handshakes":{},"streams":{},"streams_per_connection_at_most":{},)"
      R"("messages_per_second_at_most":{},"pings":{},"pongs":{},)",
      ledger.attempts, figures.most_attempts_in_5_min, ledger.connections, ledger.open_connections,
      ledger.most_open_connections, ledger.failed_handshakes, figures.streams, ledger.most_streams,
      ledger.most_messages_a_second, ledger.pings, ledger.pongs);
  json += fmt::format(R"("rest_requests":{},"rest_statuses":{},"weight_per_minute_at_most":{},"weight_limit":{},)",
                      ledger.rest_requests, counts_json(ledger.rest_statuses), figures.most_weight_a_minute,
                      figures.weight_limit);
  json += fmt::format(
      R"("symbols":{},"trades":{},"trading":{},"over":{},"sent":{},"skipped":{},"repeated":{},"reordered":{},)"
      R"("lost_in_frozen":{},"refused_ids":{},"faults":{},"violation_count":{},"violations":[)",
      figures.symbols, figures.trades, figures.is_trading, figures.is_over, ledger.sent, ledger.skipped,
      ledger.repeated, ledger.reordered, ledger.lost_in_frozen, ledger.refused_ids, counts_json(ledger.faults),
      ledger.violation_count());
  bool is_first = true;
  for (const Violation& violation : ledger.violations()) {
    json += fmt::format(R"({}{{"at_ms":{},"kind":{},"detail":{}}})", is_first ? "" : ",", violation.at_ms,
                        quoted(violation.kind), quoted(violation.detail));
    is_first = false;
  }
  return json + "]}\n";
}

}  // namespace streamd::exchange
