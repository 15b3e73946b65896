#include "daemon/http_front.h"

#include <fmt/format.h>

#include <utility>

#include "base/log.h"
#include "daemon/history_page.h"
#include "daemon/loopback.h"
#include "daemon/query_page.h"
#include "http/dashboard_page.h"
#include "http/metrics_page.h"

namespace streamd {
namespace {

// As it stands in a URL.
std::string host_in_url(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

HttpResponse refusal(const HttpRequest& request) {
  HttpResponse refused = HttpResponse::error(
      401, request.brings_token ? "that token is wrong; bring the one in the daemon's --http-token-file"
                                : "bring the token of --http-token-file: Authorization: Bearer ...");
  refused.headers.emplace_back("WWW-Authenticate",
                               request.brings_token ? "Bearer error=\"invalid_token\"" : "Bearer");
  return refused;
}

}  // namespace

// Where a token is asked for, all is for those who bring it; but the page is the same for everybody, and whether the
// daemon lives and is ready, everybody may know. Where none is asked for, queries are for this machine alone.
template <typename Handler>
auto HttpFront::guarded(Handler handler) const {
  return [asks_token = asks_token_, handler = std::move(handler)](const HttpRequest& request, auto&&... more) {
    if (asks_token && !request.is_trusted) return refusal(request);
    return handler(request, std::forward<decltype(more)>(more)...);
  };
}

HttpFront::HttpFront(std::string token, std::function<Figures()> figures)
    : asks_token_(!token.empty()), server_({}, std::move(token)) {
  const auto json = guarded([figures](const HttpRequest&) { return metrics_json_answer(figures()); });
  server_.route("/", [json](const HttpRequest& request) {
    return wants_page(request) ? dashboard_answer() : json(request);
  });
  route_dashboard_files(server_);
  server_.route("/metrics",
                guarded([figures](const HttpRequest& request) { return metrics_answer(request, figures()); }));
  server_.route("/metrics.json", json);
  server_.route("/healthz", [](const HttpRequest&) { return health_answer(); });
  server_.route("/readyz", [figures](const HttpRequest&) { return ready_answer(figures()); });
}

void HttpFront::add_pages(QueryDesk& desk, const Clock& clock, const DecisionOptions& decisions) {
  server_.route_slow("/query", guarded(query_handler(desk)));
  server_.route_slow("/history", guarded(history_handler(desk, clock, decisions)), HttpMethods::get);
}

void HttpFront::add_stream(EventFeed& feed) {
  server_.route_stream("/stream", guarded([&feed](const HttpRequest& request, std::shared_ptr<HttpStream> stream) {
                         return feed.open(request, std::move(stream));
                       }));
}

// Events need bars that closed lately, which cost memory and a part of each snapshot also while nobody watches.
void HttpFront::add_no_stream() {
  server_.route("/stream", guarded([](const HttpRequest&) {
                  return HttpResponse::error(404, "events are made only with --metrics-port: start the daemon with it "
                                                  "(0 picks a port), then they are here, too");
                }),
                HttpMethods::get);
}

void HttpFront::listen_unix(const Options& options) {
  if (auto listening = server_.listen_unix(options.state_dir + "/http.sock"); !listening) {
    log_warn("no HTTP in the state dir: {}", listening.error().message);
  }
}

Result<void> HttpFront::listen_tcp(const Options& options) {
  if (!options.metrics_port) return {};
  const std::string host = options.metrics_host.empty() ? "127.0.0.1" : options.metrics_host;
  if (auto listening = server_.listen_tcp(host, *options.metrics_port); !listening) {
    return Error{fmt::format("--metrics-port: {}", listening.error().message)};
  }
  url_ = fmt::format("http://{}:{}/", host_in_url(host), server_.port());
  is_for_all_ = !is_loopback(host) && !asks_token_;
  return {};
}

void HttpFront::start() {
  server_.start();
  if (is_for_all_) {
    log_warn("anyone who reaches {} sees metrics, bars and decisions; leave out --metrics-host if only this machine "
             "should, or give --http-token-file",
             url_);
  }
  if (!url_.empty()) log_info("dashboard and metrics on {}", url_);
}

}  // namespace streamd
