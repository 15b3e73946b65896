#include "daemon/http_front.h"

#include <fmt/format.h>

#include <utility>

#include "base/log.h"
#include "daemon/loopback.h"
#include "http/metrics_page.h"

namespace streamd {
namespace {

// As it stands in a URL.
std::string host_in_url(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

}  // namespace

// Where a token is asked for, figures are for those who bring it. Whether it lives and is ready, everybody may know.
HttpFront::HttpFront(std::string token, std::function<Figures()> figures) : server_({}, token) {
  const auto guarded = [asked = !token.empty()](HttpServer::Handler handler) -> HttpServer::Handler {
    return [asked, handler = std::move(handler)](const HttpRequest& request) {
      if (!asked || request.is_trusted) return handler(request);
      HttpResponse refused = HttpResponse::error(401, "bring the token of --http-token-file: Authorization: Bearer ...");
      refused.headers.emplace_back("WWW-Authenticate", "Bearer");
      return refused;
    };
  };
  server_.route("/metrics", guarded([figures](const HttpRequest& request) {
                  return metrics_answer(request, figures());
                }));
  server_.route("/metrics.json", guarded([figures](const HttpRequest&) { return metrics_json_answer(figures()); }));
  server_.route("/healthz", [](const HttpRequest&) { return health_answer(); });
  server_.route("/readyz", [figures](const HttpRequest&) { return ready_answer(figures()); });
}

Result<void> HttpFront::listen(const Options& options) {
  if (auto listening = server_.listen_unix(options.state_dir + "/http.sock"); !listening) {
    log_warn("no HTTP in the state dir: {}", listening.error().message);
  }
  if (!options.metrics_port) return {};
  const std::string host = options.metrics_host.empty() ? "127.0.0.1" : options.metrics_host;
  if (auto listening = server_.listen_tcp(host, *options.metrics_port); !listening) {
    return Error{fmt::format("--metrics-port: {}", listening.error().message)};
  }
  url_ = fmt::format("http://{}:{}/", host_in_url(host), server_.port());
  if (!is_loopback(host) && options.http_token_file.empty()) {
    log_warn("anyone who reaches {} sees the metrics; leave out --metrics-host if only this machine should, or give "
             "--http-token-file",
             url_);
  }
  return {};
}

void HttpFront::start() {
  server_.start();
  if (!url_.empty()) log_info("metrics on {}", url_);
}

}  // namespace streamd
