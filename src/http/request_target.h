// What a request's target, form body and head fields mean, and where they lead. Pure: no sockets, no clock. All text is
// a stranger's; bytes that are not UTF-8 stay as they are.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "http/http_message.h"

namespace streamd {

inline constexpr std::size_t kMaxParameters = 256;

// Nothing when a % is not followed by two hexadecimal digits.
std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_blank);

// Adds name=value&name=value to `into`. False: wrongly encoded, or more than kMaxParameters.
bool decode_parameters(std::string_view text, std::map<std::string, std::string>& into);

struct RequestTarget {
  std::string authority;  // of http://authority/path, as a proxy sends it; else empty
  std::string path;
  std::map<std::string, std::string> query;
};
std::optional<RequestTarget> decode_target(std::string_view target);

// Whether a Host field can be one that a person at this machine typed: an address, localhost, or `listened_host`.
bool is_local_host(std::string_view host_field, std::string_view listened_host);

// The fields of a request's head that matter; empty where absent.
struct RequestFields {
  std::string method;
  std::string target;
  bool is_http_1_0 = false;
  std::optional<std::string> host;
  std::string accept;
  std::string authorization;
  std::string content_type;
  std::string fetch_site;
  std::string last_event_id;
  std::string origin;
};

// Where a request came in.
struct RequestDoor {
  bool is_unix = false;
  bool is_loopback = false;       // listens there only
  bool peer_is_loopback = false;
  std::string host;               // as it was asked to listen on
};

// The request for a handler, or the answer that refuses it (400, 403).
std::variant<HttpRequest, HttpResponse> admit_request(const RequestFields& fields, std::string body,
                                                      const RequestDoor& door, std::string_view token);

// Nothing when there is a route of that path for that method; else the answer (404, 405).
std::optional<HttpResponse> refuse_route(const std::map<std::string, HttpMethods>& routes, const std::string& method,
                                         const std::string& path);

}  // namespace streamd
