// What a request asks and what an answer says, apart from sockets. Handlers turn one into the other.
#pragma once

#include <charconv>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace streamd {

enum class HttpMethods { get, get_and_post };  // HEAD comes with GET

struct HttpRequest {
  std::string method;                          // "GET", "HEAD", "POST"
  std::string path;                            // decoded, without the query
  std::map<std::string, std::string> query;    // decoded, and a form's fields; of a repeated name the last counts
  std::string accept;                          // headers, empty where absent
  std::string content_type;                    // text/plain for a form that is none
  std::string last_event_id;
  std::string body;
  // From the Unix socket, or it brought the token; where none is asked for: over loopback, to an address or localhost
  // or the name listened on, and not from a page of another site.
  bool is_trusted = false;
  bool brings_token = false;  // some token, right or wrong

  std::optional<std::string> parameter(const std::string& name) const {
    const auto found = query.find(name);
    return found == query.end() ? std::nullopt : std::optional(found->second);
  }
  // Nothing: it is no integer of that range. Absent: `otherwise`.
  std::optional<std::int64_t> integer(const std::string& name, std::int64_t least, std::int64_t most,
                                      std::int64_t otherwise) const {
    const auto text = parameter(name);
    if (!text) return otherwise;
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    const bool is_number = error == std::errc() && end == text->data() + text->size();
    return is_number && number >= least && number <= most ? std::optional(number) : std::nullopt;
  }
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers = {};  // more of them

  static HttpResponse error(unsigned status, std::string_view message) {
    return {status, "text/plain; charset=utf-8", std::string(message) + "\n", {}};
  }
};

}  // namespace streamd
