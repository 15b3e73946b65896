// Where a server is: scheme://host[:port][/path], of https or wss.
#pragma once

#include <string>

#include "base/result.h"

namespace streamd::feed {

struct Endpoint {
  std::string host;
  std::string port;
  std::string path;  // without a slash at its end; empty: none

  std::string target(const std::string& below) const { return path + below; }
};

// `flag` named it, and is in the error. Only `scheme` ("https", "wss") is taken: what is not encrypted is refused.
Result<Endpoint> read_endpoint(const char* flag, const std::string& scheme, const std::string& url);

}  // namespace streamd::feed
