#include "feed/endpoint.h"

#include <fmt/format.h>

#include <charconv>

namespace streamd::feed {

Result<Endpoint> read_endpoint(const char* flag, const std::string& scheme, const std::string& url) {
  const std::string begin = scheme + "://";
  if (!url.starts_with(begin)) return Error{fmt::format("{} {}: give {}host[:port]", flag, url, begin)};
  std::string rest = url.substr(begin.size());
  Endpoint endpoint;
  if (const std::size_t slash = rest.find('/'); slash != std::string::npos) {
    endpoint.path = rest.substr(slash);
    rest.resize(slash);
    while (endpoint.path.ends_with('/')) endpoint.path.pop_back();
  }
  endpoint.port = "443";
  if (const std::size_t colon = rest.rfind(':'); colon != std::string::npos && rest.find(']', colon) == std::string::npos) {
    endpoint.port = rest.substr(colon + 1);
    rest.resize(colon);
  }
  int port = 0;
  const char* end = endpoint.port.data() + endpoint.port.size();
  const bool is_port = std::from_chars(endpoint.port.data(), end, port).ptr == end && port > 0 && port <= 65535;
  if (rest.size() > 2 && rest.front() == '[' && rest.back() == ']') rest = rest.substr(1, rest.size() - 2);
  endpoint.host = rest;
  if (endpoint.host.empty() || !is_port || url.find_first_of(" \r\n?#@") != std::string::npos) {
    return Error{fmt::format("{} {}: give {}host[:port]", flag, url, begin)};
  }
  return endpoint;
}

}  // namespace streamd::feed
