// An answer's head, as it goes over the wire. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "http/http_message.h"

namespace streamd {

struct ResponseFraming {
  std::optional<std::size_t> content_length;  // none: the body ends with the connection
  bool closes = false;                        // the connection, afterwards
  bool says_keep_alive = false;               // HTTP/1.0 has to be told
  std::int64_t now_s = 0;                     // since 1970
};

// With the blank line. Every answer forbids guessing of its type, and keeping it unless the handler says otherwise.
// What a handler's fields say of the framing is left out, and no character of theirs can begin a new line.
std::string response_head(const HttpResponse& response, const ResponseFraming& framing);

bool status_has_body(unsigned status);

}  // namespace streamd
