// The daemon's HTTP endpoint: a server, with the routes of its figures and its health. It listens on the Unix socket
// http.sock in the state dir always, and on TCP where a flag asks for it.
//   /metrics  /metrics.json  /healthz  /readyz
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "daemon/options.h"
#include "http/figures.h"
#include "http/http_server.h"

namespace streamd {

class HttpFront {
 public:
  // `figures` is called on the server's thread, from start() to stop().
  HttpFront(std::string token, std::function<Figures()> figures);

  // Error: a port that is asked for cannot be had. A socket in the state dir that cannot be had is a warning alone
  // (its path may be too long for one).
  Result<void> listen(const Options& options);
  // For further routes; before start().
  HttpServer& server() { return server_; }
  // Serves, and logs where.
  void start();
  void stop() { server_.stop(); }

 private:
  HttpServer server_;
  std::string url_;
};

}  // namespace streamd
