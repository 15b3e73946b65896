#include "daemon/history_page.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <optional>
#include <string>

#include "daemon/query_page.h"
#include "store/sql_text.h"

namespace streamd {
namespace {

constexpr std::int64_t kDefaultLimit = 5'000;
constexpr std::int64_t kMaxLimit = 100'000;
constexpr std::int64_t kMaxTimeMs = 253'402'300'799'999;

// One row of one text: the whole answer but for what the database does not know. Of the last day it reads as much as has
// a million rows, two minutes at least (where many trade, each does), and the day's first minutes.
constexpr const char* kNewestOfAll = R"sql(
WITH ends AS (SELECT max(timestamp) AS newest FROM ohlc_1s),
sizes AS (SELECT count(*) AS of_day,
    count(*) FILTER (timestamp > (SELECT newest - INTERVAL 3 HOUR FROM ends)) AS of_hours,
    count(*) FILTER (timestamp > (SELECT newest - INTERVAL 20 MINUTE FROM ends)) AS of_minutes
  FROM ohlc_1s WHERE timestamp > (SELECT newest - INTERVAL 1 DAY FROM ends)),
look AS (SELECT newest - INTERVAL 1 DAY AS day, newest - CASE WHEN of_day <= 1000000 THEN INTERVAL 1 DAY
    WHEN of_hours <= 1000000 THEN INTERVAL 3 HOUR WHEN of_minutes <= 1000000 THEN INTERVAL 20 MINUTE
    ELSE INTERVAL 2 MINUTE END AS begin FROM ends, sizes),
day AS (
  SELECT symbol, timestamp, close FROM ohlc_1s WHERE timestamp > (SELECT begin FROM look)
  UNION ALL SELECT symbol, timestamp, close FROM ohlc_1s
    WHERE timestamp > (SELECT day FROM look) AND timestamp <= (SELECT day + INTERVAL 5 MINUTE FROM look)),
bars AS (SELECT symbol, max(timestamp) AS timestamp, arg_max(close, timestamp) AS close,
           arg_min(close, timestamp) AS open_close FROM day GROUP BY symbol),
actions AS (SELECT symbol, arg_max(d, timestamp) AS a FROM stream_actions d
  WHERE timestamp > (SELECT begin FROM look) GROUP BY symbol)
SELECT to_json(coalesce(list({'symbol': b.symbol, 'ts_ms': epoch_ms(b.timestamp), 'close': b.close,
  'open_close': b.open_close, 'state': a.state, 'direction': a.direction, 'target_exposure': a.target_exposure,
  'hold': a.hold,
  'posture': a.posture, 'gate_open': a.gate_open} ORDER BY b.symbol), []))::VARCHAR
FROM bars b LEFT JOIN actions USING (symbol))sql";

constexpr const char* kOfOneSymbol = R"sql(
WITH bars AS (SELECT * FROM ohlc_1s WHERE symbol = {0} AND timestamp >= make_timestamp({1}::BIGINT)
  AND timestamp < make_timestamp({2}::BIGINT) ORDER BY timestamp DESC LIMIT {3}),
span AS (SELECT min(timestamp) AS first, max(timestamp) AS last FROM bars),
decided AS (SELECT a.*, s.close FROM stream_actions a
  JOIN (SELECT timestamp, close FROM stream_state, span WHERE symbol = {0} AND timestamp BETWEEN first AND last) s
  USING (timestamp) WHERE a.symbol = {0})
SELECT to_json({{
  'symbol': {0},
  'bars': (SELECT {{'ts_ms': coalesce(list(epoch_ms(timestamp) ORDER BY timestamp), []),
    'open': coalesce(list(open ORDER BY timestamp), []), 'high': coalesce(list(high ORDER BY timestamp), []),
    'low': coalesce(list(low ORDER BY timestamp), []), 'close': coalesce(list(close ORDER BY timestamp), []),
    'volume': coalesce(list(volume ORDER BY timestamp), []), 'trades': coalesce(list(trades ORDER BY timestamp), [])}}
    FROM bars),
  'decisions': (SELECT {{'ts_ms': coalesce(list(epoch_ms(timestamp) ORDER BY timestamp), []),
    'close': coalesce(list(close ORDER BY timestamp), []), 'state': coalesce(list(state ORDER BY timestamp), []),
    'direction': coalesce(list(direction ORDER BY timestamp), []),
    'target_exposure': coalesce(list(target_exposure ORDER BY timestamp), []),
    'urgency': coalesce(list(urgency ORDER BY timestamp), []), 'hold': coalesce(list(hold ORDER BY timestamp), []),
    'actionability': coalesce(list(actionability ORDER BY timestamp), []),
    'reason': coalesce(list(reason ORDER BY timestamp), []),
    'gate_open': coalesce(list(gate_open ORDER BY timestamp), []),
    'posture': coalesce(list(posture ORDER BY timestamp), [])}} FROM decided)}})::VARCHAR)sql";

// The signed target before a second: that of the last decision that was no hold, within the hour.
constexpr const char* kHeldBefore = R"sql(
SELECT (direction * target_exposure)::VARCHAR FROM stream_actions
WHERE symbol = {0} AND NOT hold AND timestamp < make_timestamp({1}::BIGINT)
  AND timestamp >= make_timestamp({1}::BIGINT) - INTERVAL 1 HOUR
ORDER BY timestamp DESC LIMIT 1)sql";

// The second of an answer's first decision, if that is a hold: in microseconds.
std::optional<std::int64_t> first_hold_us(const std::string& answer) {
  simdjson::dom::parser parser;
  const auto decisions = parser.parse(answer)["decisions"];
  bool hold = false;
  std::int64_t ms = 0;
  if (decisions["hold"].at(0).get(hold) != simdjson::SUCCESS || !hold) return std::nullopt;
  return decisions["ts_ms"].at(0).get(ms) == simdjson::SUCCESS ? std::optional(ms * 1000) : std::nullopt;
}

// Decisions that begin with holds do not tell what is held.
std::string held_before(QueryDesk& desk, const std::string& symbol, std::int64_t second_us,
                        const std::function<bool()>& is_gone) {
  const std::string sql = fmt::format(fmt::runtime(kHeldBefore), sql_literal(symbol), second_us);
  const QueryAnswer answer = desk.ask_value(sql, is_gone);
  return answer.outcome == QueryAnswer::Outcome::done && !answer.text.empty() ? answer.text : "null";
}

}  // namespace

HttpServer::SlowHandler history_handler(QueryDesk& desk, const Clock& clock, const DecisionOptions& decisions) {
  return [&desk, &clock, decisions](const HttpRequest& request, const std::function<bool()>& is_gone) {
    std::string sql = kNewestOfAll;
    const auto symbol = request.parameter("symbol");
    if (symbol) {
      const auto from_ms = request.integer("from", 0, kMaxTimeMs, 0);
      const auto to_ms = request.integer("to", 0, kMaxTimeMs, kMaxTimeMs);
      const auto limit = request.integer("limit", 1, kMaxLimit, kDefaultLimit);
      if (!from_ms || !to_ms) return HttpResponse::error(400, "from, to: give milliseconds since 1970");
      if (!limit) return HttpResponse::error(400, fmt::format("limit: give 1 to {}", kMaxLimit));
      sql = fmt::format(fmt::runtime(kOfOneSymbol), sql_literal(*symbol), *from_ms * 1000, *to_ms * 1000, *limit);
    }
    const QueryAnswer answer = desk.ask_value(sql, is_gone);
    if (answer.outcome != QueryAnswer::Outcome::done) return failure_response(answer, 500);
    if (answer.truncation != Truncation::none) {
      return HttpResponse::error(413, "too much for one answer; give a smaller limit");
    }
    if (answer.text.empty()) return HttpResponse::error(500, "the database gave no answer");
    HttpResponse response{200, "application/json", "", {}};
    if (symbol) {
      const auto hold_us = first_hold_us(answer.text);
      const std::string held = hold_us ? held_before(desk, *symbol, *hold_us, is_gone) : "null";
      response.body = fmt::format(R"({{"held":{},{})", held, std::string_view(answer.text).substr(1));
    } else {
      response.body = fmt::format(
          R"({{"now_ms":{},"symbols":{},"costs":{{"fee_rate":{},"slippage":{}}},"decisions":{}}})", clock.wall_ms(),
          answer.text, decisions.cost.fee_rate, decisions.cost.slippage, decisions.emit);
    }
    return response;
  };
}

}  // namespace streamd
