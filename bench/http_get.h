// Requests to the daemon's HTTP port, each over a connection of its own. A failure to connect ends the program.
#pragma once

#include <string>
#include <string_view>

namespace streamd::bench {

struct HttpAnswer {
  int status = 0;  // 0: there was none
  std::string body;
};

HttpAnswer http_get(const char* port, const std::string& target);
// The connection, behind the request: what is answered can be read from it, and goes on.
int http_open(const char* port, const std::string& target);
// As a value in a URL.
std::string url_text(std::string_view text);

}  // namespace streamd::bench
