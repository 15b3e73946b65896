#include "http/dashboard_page.h"

#include <string>

#include "http/dashboard_assets.h"

namespace streamd {
namespace {

// No data but the icon's, which stands in the page itself.
constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

HttpResponse file(const char* content_type, std::string_view bytes) {
  return {200,
          content_type,
          std::string(bytes),
          {{"Content-Security-Policy", kPolicy},
           {"Referrer-Policy", "no-referrer"},
           {"Cross-Origin-Opener-Policy", "same-origin"},
           {"Cross-Origin-Resource-Policy", "same-origin"},
           {"Cache-Control", "no-cache"},  // the next version comes under the same names
           {"Vary", "Accept"}}};
}

}  // namespace

bool wants_page(const HttpRequest& request) { return request.accept.find("text/html") != std::string::npos; }

HttpResponse dashboard_answer() { return file("text/html; charset=utf-8", dashboard_assets::index_html()); }

void route_dashboard_files(HttpServer& server) {
  server.route("/app.js", [](const HttpRequest&) {
    return file("text/javascript; charset=utf-8", dashboard_assets::app_js());
  });
  server.route("/app.css",
               [](const HttpRequest&) { return file("text/css; charset=utf-8", dashboard_assets::app_css()); });
}

}  // namespace streamd
