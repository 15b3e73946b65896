// `/history`: what a page shows before events come (http/event_feed.h has those). JSON:
//   without a symbol, each symbol's newest bar and decision of the last day that the database has:
//     {"now_ms","symbols":[{"symbol","ts_ms","close","open_close","state","direction","target_exposure","hold",
//      "posture","gate_open"}],"costs":{"fee_rate","slippage"},"decisions"}; open_close is the first close of that day, of a
//     symbol that rarely trades the oldest that is found with little effort
//   ?symbol=S[&from=MS][&to=MS][&limit=N]: the newest N (5,000) bars from `from` to before `to`, and their decisions:
//     {"held","symbol","bars":{"ts_ms":[…],"open":[…],…},"decisions":{"ts_ms":[…],"state":[…],…}}, ascending; held is
//     the signed target before the first of the decisions, if that is a hold and there was one within the hour, or null
// What closed within the last flush interval may be missing.
#pragma once

#include "base/clock.h"
#include "decide/decision_options.h"
#include "http/http_server.h"
#include "store/query_desk.h"

namespace streamd {

// Desk and clock outlive the server.
HttpServer::SlowHandler history_handler(QueryDesk& desk, const Clock& clock, const DecisionOptions& decisions);

}  // namespace streamd
