// One request to the daemon's HTTP endpoint (or another program's on loopback), over TCP or its Unix socket. Throws
// std::runtime_error when no answer comes.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace streamd {

struct HttpAnswer {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

// `headers`: whole lines, each ended by \r\n.
HttpAnswer http_get(std::uint16_t port, const std::string& path, const std::string& headers = "");
HttpAnswer http_get_unix(const std::string& socket_path, const std::string& path, const std::string& headers = "");

}  // namespace streamd
