// One request to an HTTP server on a Unix socket.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace streamd::probe {

// The body of the answer. Error: nobody answers there, or the answer is none of 200 (then its text).
Result<std::string> unix_http_get(const std::string& socket_path, const std::string& target);
Result<std::string> unix_http_post(const std::string& socket_path, const std::string& target,
                                   const std::string& content_type, const std::string& body);

}  // namespace streamd::probe
