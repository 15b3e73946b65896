#include "daemon/http_flags.h"

#include <CLI/CLI.hpp>

#include "flags/flag_checks.h"

namespace streamd {
namespace {

constexpr const char* kHttp = "HTTP";

}  // namespace

void add_http_flags(CLI::App& app, Options& options) {
  app.add_option("--metrics-host", options.metrics_host,
                 "Address of the HTTP endpoint, with --metrics-port [127.0.0.1]")
      ->group(kHttp);
  app.add_option("--metrics-port", options.metrics_port,
                 "Serve the dashboard, figures and SQL by HTTP on this port, too; 0 picks one. "
                 "Always: the socket http.sock in the state dir")
      ->check(port_value())
      ->group(kHttp);
  app.add_option("--http-token-file", options.http_token_file,
                 "Only who brings the token in this file gets figures, events and SQL; without it, SQL is for this machine alone")
      ->group(kHttp);
}

std::string http_contradiction(const Options& options) {
  if (!options.metrics_host.empty() && !options.metrics_port) {
    return "--metrics-host without --metrics-port listens nowhere; add --metrics-port 9100";
  }
  return "";
}

}  // namespace streamd
