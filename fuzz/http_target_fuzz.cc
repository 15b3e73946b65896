// Whatever a request's first line, fields and form say: it is admitted or refused by the rules, nobody is trusted who
// must not be, and the answer's head is one head. The input: where it came in (one byte), then lines: method, target,
// Host, content type, authorization, origin; then the body.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "http/request_target.h"
#include "http/response_text.h"

namespace {

using namespace streamd;

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "the request is wrong: %s\n", what);
  std::abort();
}

std::string percent_encoded(std::string_view text) {
  std::string encoded;
  char piece[4];
  for (const char c : text) {
    std::snprintf(piece, sizeof piece, "%%%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
    encoded += piece;
  }
  return encoded;
}

void check_decoding(std::string_view text) {
  for (const bool plus_is_blank : {false, true}) {
    const auto decoded = percent_decoded(text, plus_is_blank);
    if (!decoded) continue;
    require(decoded->size() <= text.size(), "decoding made it longer");
    require(percent_decoded(percent_encoded(*decoded), plus_is_blank) == decoded, "encoded and decoded is another");
  }
  std::map<std::string, std::string> parameters;
  if (decode_parameters(text, parameters)) require(parameters.size() <= kMaxParameters, "too many parameters");
}

void check_head(const std::string& field) {
  HttpResponse response;
  response.content_type = "a" + field;
  response.headers = {{"X-" + field, field}, {"Content-Length", "7"}};
  const std::string head = response_head(response, {5, false, false, 0});
  require(head.find("\r\n\r\n") == head.size() - 4, "the head ends early");
  std::size_t lines = 0;
  for (std::size_t at = 0; (at = head.find('\n', at)) != std::string::npos; ++at) ++lines;
  require(lines == 8, "the head has other lines");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.empty()) return 0;
  const auto flags = static_cast<unsigned char>(input.front());
  input.remove_prefix(1);
  const auto take_line = [&] {
    const std::string_view line = input.substr(0, input.find('\n'));
    input.remove_prefix(std::min(input.size(), line.size() + 1));
    return std::string(line);
  };
  RequestDoor door;
  door.is_unix = (flags & 1) != 0;
  door.is_loopback = (flags & 2) != 0 && !door.is_unix;
  door.peer_is_loopback = door.is_loopback || (flags & 4) != 0;
  door.host = "here";
  const std::string token = (flags & 8) != 0 ? "secret" : "";
  RequestFields fields;
  fields.is_http_1_0 = (flags & 16) != 0;
  fields.method = take_line();
  fields.target = take_line();
  if ((flags & 32) == 0) fields.host = take_line();
  fields.content_type = take_line();
  fields.authorization = take_line();
  fields.origin = take_line();
  const std::string body(input);

  check_decoding(fields.target);
  check_decoding(body);
  check_head(body);

  const auto admitted = admit_request(fields, body, door, token);
  if (const auto* refused = std::get_if<HttpResponse>(&admitted)) {
    require(refused->status == 400 || refused->status == 403, "a refusal's status");
    return 0;
  }
  const HttpRequest& request = std::get<HttpRequest>(admitted);
  require(request.body == body && request.method == fields.method, "what it says was changed");
  require(!request.path.empty() && request.query.size() <= 2 * kMaxParameters, "its path or its parameters");
  const bool has_local_name = !fields.host || is_local_host(*fields.host, door.host);
  if (door.is_loopback) require(has_local_name, "loopback answers to a stranger's name");
  const bool brings_token = fields.authorization.size() == 13 && fields.authorization.ends_with(" secret");
  const bool may_be_trusted =
      door.is_unix || (token.empty() ? door.peer_is_loopback && has_local_name : brings_token);
  require(may_be_trusted || !request.is_trusted, "a stranger is trusted");
  if (door.is_unix) require(request.is_trusted, "the Unix socket is not trusted");

  const std::map<std::string, HttpMethods> routes{{"/hello", HttpMethods::get}, {"/query", HttpMethods::get_and_post}};
  const auto refusal = refuse_route(routes, request.method, request.path);
  const bool is_get = request.method == "GET" || request.method == "HEAD";
  const bool is_there = (request.path == "/hello" && is_get) ||
                        (request.path == "/query" && (is_get || request.method == "POST"));
  require(is_there != refusal.has_value(), "its route");
  return 0;
}
