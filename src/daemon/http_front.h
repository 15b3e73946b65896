// The daemon's HTTP endpoint: a server, and its routes. It listens on the Unix socket http.sock in the state dir always,
// and on TCP where a flag asks for it.
//   /  /app.js  /app.css  /metrics  /metrics.json  /healthz  /readyz  /query  /history  /stream
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "daemon/options.h"
#include "decide/decision_options.h"
#include "http/event_feed.h"
#include "http/figures.h"
#include "http/http_server.h"
#include "store/query_desk.h"

namespace streamd {

class HttpFront {
 public:
  // `figures` is called on the server's thread, from start() to stop().
  HttpFront(std::string token, std::function<Figures()> figures);

  // On the port, where one is asked for; who connects waits for start(). Error: it cannot be had.
  Result<void> listen_tcp(const Options& options);
  // In the state dir. A socket that cannot be had is a warning alone (its path may be too long for one).
  void listen_unix(const Options& options);
  // Before start(): what is slow, and what goes on.
  void add_pages(QueryDesk& desk, const Clock& clock, const DecisionOptions& decisions);
  void add_stream(EventFeed& feed);
  void add_no_stream();  // in its place: says what it takes
  // Serves, and logs where.
  void start();
  void stop() { server_.stop(); }
  HttpServer::Counts counts() const { return server_.counts(); }  // any thread

 private:
  // A handler for those alone who bring the token, where one is asked for.
  template <typename Handler>
  auto guarded(Handler handler) const;

  const bool asks_token_;
  HttpServer server_;
  std::string url_;
  bool is_for_all_ = false;  // not for this machine alone, and no token is asked for
};

}  // namespace streamd
