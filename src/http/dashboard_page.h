// The page for browsers. It holds no figures, only the program that asks for them: so whoever reaches the port may have
// it, with a token or without. What a browser may do with it is bounded by a policy: nothing from elsewhere, nothing to
// elsewhere.
#pragma once

#include "http/http_message.h"
#include "http/http_server.h"

namespace streamd {

// Whether a browser asks for a page: Accept names text/html.
bool wants_page(const HttpRequest& request);

HttpResponse dashboard_answer();
// The files that it loads: /app.js, /app.css. Before the server's start().
void route_dashboard_files(HttpServer& server);

}  // namespace streamd
