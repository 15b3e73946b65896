// The daemon's figures as those see them who watch it: Prometheus, and people and programs that read JSON.
// Pure: the same figures give the same text. docs/operations.md, "Metrics", has the table of all of them.
#pragma once

#include <string>

#include "http/figures.h"
#include "http/http_message.h"

namespace streamd {

inline constexpr const char* kPrometheusType = "text/plain; version=0.0.4; charset=utf-8";

// The text format 0.0.4.
std::string prometheus_text(const Figures& figures);
// One object, with a newline behind it. What is not there (no row yet, no gate) is null.
std::string metrics_json(const Figures& figures);

// Whether the answer should be JSON: Accept names application/json, and not text/plain before it.
bool wants_json(const HttpRequest& request);

HttpResponse metrics_answer(const HttpRequest& request, const Figures& figures);
HttpResponse metrics_json_answer(const Figures& figures);
// It answers, so it is alive.
HttpResponse health_answer();
// 200 when it listens, can write its journal and stores in time; else 503 with why not.
HttpResponse ready_answer(const Figures& figures);

}  // namespace streamd
