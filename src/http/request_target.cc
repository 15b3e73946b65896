#include "http/request_target.h"

#include <arpa/inet.h>
#include <openssl/crypto.h>

#include <algorithm>

namespace streamd {
namespace {

constexpr std::string_view kFormType = "application/x-www-form-urlencoded";

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_same_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

bool begins_ignoring_case(std::string_view text, std::string_view beginning) {
  return is_same_ignoring_case(text.substr(0, beginning.size()), beginning);
}

std::string_view without_port(std::string_view authority) {
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    return end == std::string_view::npos ? authority : authority.substr(1, end - 1);
  }
  const std::size_t colon = authority.find(':');
  const bool is_bare_ipv6 = colon != std::string_view::npos && authority.find(':', colon + 1) != std::string_view::npos;
  return is_bare_ipv6 ? authority : authority.substr(0, colon);
}

bool is_address(std::string_view host) {
  const std::string text(host);
  in6_addr ignored{};
  return text.find('\0') == std::string::npos && (::inet_pton(AF_INET, text.c_str(), &ignored) == 1 ||
                                                  ::inet_pton(AF_INET6, text.c_str(), &ignored) == 1);
}

bool is_form(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  const std::size_t end = type.find_last_not_of(" \t");
  return is_same_ignoring_case(type.substr(0, end == std::string_view::npos ? 0 : end + 1), kFormType);
}

bool is_one_of(std::string_view marks, char c) { return marks.find(c) != std::string_view::npos; }
bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }
bool is_letter_or_digit(char c) { return is_letter(c) || (c >= '0' && c <= '9'); }

// Of one field or more. Only a sloppy form has blanks in it, and none has them in the name that it begins with.
bool reads_as_form(std::string_view body) {
  const std::size_t equals = body.find('=');
  if (equals == std::string_view::npos) return body.empty();
  const std::string_view name = body.substr(0, equals);
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return is_letter_or_digit(c) || is_one_of("*-._~%+&[]", c); });
}

// What comes as a form and is none: as it is, unless nothing is in it that would have been encoded.
std::string plain_text(std::string body) {
  const bool may_be_encoded = std::all_of(
      body.begin(), body.end(), [](char c) { return is_letter_or_digit(c) || is_one_of("*-._~%+", c); });
  return may_be_encoded ? percent_decoded(body, true).value_or(body) : body;
}

// Empty: none.
std::string_view token_in(std::string_view authorization) {
  constexpr std::string_view scheme = "Bearer ";
  return begins_ignoring_case(authorization, scheme) ? authorization.substr(scheme.size()) : std::string_view();
}

bool brings_this_token(std::string_view authorization, std::string_view token) {
  const std::string_view given = token_in(authorization);
  return given.size() == token.size() && CRYPTO_memcmp(given.data(), token.data(), token.size()) == 0;
}

// As far as browsers tell: other programs send neither field.
bool is_from_another_site(const RequestFields& fields) {
  if (fields.fetch_site == "cross-site" || fields.fetch_site == "same-site") return true;
  if (fields.origin.empty()) return false;
  const std::size_t scheme = fields.origin.find("://");
  return scheme == std::string::npos ||
         !is_same_ignoring_case(std::string_view(fields.origin).substr(scheme + 3), fields.host.value_or(""));
}

bool is_trusted(const RequestFields& fields, const RequestDoor& door, std::string_view token) {
  if (door.is_unix) return true;
  if (!token.empty()) return brings_this_token(fields.authorization, token);
  const bool is_asked_for_here = !fields.host || is_local_host(*fields.host, door.host);
  return door.peer_is_loopback && is_asked_for_here && !is_from_another_site(fields);
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_blank) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      decoded += text[i] == '+' && plus_is_blank ? ' ' : text[i];
    }
  }
  return decoded;
}

bool decode_parameters(std::string_view text, std::map<std::string, std::string>& into) {
  std::size_t count = 0;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    if (pair.empty()) continue;
    if (++count > kMaxParameters) return false;
    const std::size_t equals = pair.find('=');
    auto name = percent_decoded(pair.substr(0, equals), true);
    auto value = percent_decoded(equals == std::string_view::npos ? "" : pair.substr(equals + 1), true);
    if (!name || !value) return false;
    into[std::move(*name)] = std::move(*value);
  }
  return true;
}

std::optional<RequestTarget> decode_target(std::string_view target) {
  RequestTarget decoded;
  if (begins_ignoring_case(target, "http://")) {
    target.remove_prefix(7);
    const std::size_t end = std::min(target.find_first_of("/?"), target.size());
    decoded.authority = target.substr(0, end);
    target.remove_prefix(end);
    if (decoded.authority.empty()) return std::nullopt;
  } else if (!target.starts_with('/')) {
    return std::nullopt;
  }
  const std::size_t question = target.find('?');
  auto path = percent_decoded(target.substr(0, question), false);
  if (!path) return std::nullopt;
  decoded.path = path->empty() ? "/" : std::move(*path);
  if (question != std::string_view::npos && !decode_parameters(target.substr(question + 1), decoded.query)) {
    return std::nullopt;
  }
  return decoded;
}

bool is_local_host(std::string_view host_field, std::string_view listened_host) {
  const std::string_view host = without_port(host_field);
  if (host.empty()) return false;
  return is_address(host) || is_same_ignoring_case(host, "localhost") || is_same_ignoring_case(host, listened_host);
}

std::variant<HttpRequest, HttpResponse> admit_request(const RequestFields& fields, std::string body,
                                                      const RequestDoor& door, std::string_view token) {
  auto target = decode_target(fields.target);
  if (!target) return HttpResponse::error(400, "the request's target is malformed");
  if (!fields.host && !fields.is_http_1_0) return HttpResponse::error(400, "the Host field is missing");
  if (door.is_loopback) {
    const bool is_asked_for = !fields.host || is_local_host(*fields.host, door.host);
    if (!is_asked_for || (!target->authority.empty() && !is_local_host(target->authority, door.host))) {
      return HttpResponse::error(403, "this server answers for its address and localhost only");
    }
  }
  HttpRequest request;
  request.is_trusted = is_trusted(fields, door, token);
  request.brings_token = !token_in(fields.authorization).empty();
  request.method = fields.method;
  request.path = std::move(target->path);
  request.query = std::move(target->query);
  request.accept = fields.accept;
  request.content_type = fields.content_type;
  request.last_event_id = fields.last_event_id;
  if (fields.method == "POST" && is_form(fields.content_type)) {
    if (!reads_as_form(body)) {  // what curl -d says of any text
      body = plain_text(std::move(body));
      request.content_type = "text/plain";
    } else if (!decode_parameters(body, request.query)) {
      return HttpResponse::error(400, "the form is malformed");
    }
  }
  request.body = std::move(body);
  return request;
}

std::optional<HttpResponse> refuse_route(const std::map<std::string, HttpMethods>& routes, const std::string& method,
                                         const std::string& path) {
  const auto found = routes.find(path);
  if (found == routes.end()) {
    std::string text = "there is no such page; there are:\n";
    for (const auto& [known, methods] : routes) text += known + "\n";
    text.pop_back();
    return HttpResponse::error(404, text);
  }
  const bool takes_post = found->second == HttpMethods::get_and_post;
  if (method == "GET" || method == "HEAD" || (method == "POST" && takes_post)) return std::nullopt;
  const std::string allowed = takes_post ? "GET, HEAD, POST" : "GET, HEAD";
  HttpResponse response = HttpResponse::error(405, "this page takes " + allowed);
  response.headers.emplace_back("Allow", allowed);
  return response;
}

}  // namespace streamd
