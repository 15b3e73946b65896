#include "http/metrics_page.h"

namespace streamd {

bool wants_json(const HttpRequest& request) {
  const auto json = request.accept.find("application/json");
  if (json == std::string::npos) return false;
  const auto text = request.accept.find("text/plain");
  return text == std::string::npos || json < text;
}

HttpResponse metrics_answer(const HttpRequest& request, const Figures& figures) {
  if (wants_json(request)) return metrics_json_answer(figures);
  return {200, kPrometheusType, prometheus_text(figures), {{"Cache-Control", "no-store"}, {"Vary", "Accept"}}};
}

HttpResponse metrics_json_answer(const Figures& figures) {
  return {200, "application/json", metrics_json(figures), {{"Cache-Control", "no-store"}, {"Vary", "Accept"}}};
}

HttpResponse health_answer() { return {200, "text/plain; charset=utf-8", "ok\n", {{"Cache-Control", "no-store"}}}; }

HttpResponse ready_answer(const Figures& figures) {
  if (figures.not_ready.empty()) {
    return {200, "text/plain; charset=utf-8", "ready\n", {{"Cache-Control", "no-store"}}};
  }
  HttpResponse response = HttpResponse::error(503, "not ready: " + figures.not_ready);
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

}  // namespace streamd
