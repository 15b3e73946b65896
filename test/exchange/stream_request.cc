#include "exchange/stream_request.h"

#include <fmt/format.h>
#include <simdjson.h>

#include "wire/json_text.h"

namespace streamd::exchange {
namespace {

namespace dom = simdjson::dom;
using Method = StreamRequest::Method;

constexpr std::size_t kMostIdLength = 36;

bool read_id(const dom::element& request, std::string& id) {
  dom::element element;
  id = "null";
  if (request["id"].get(element) || element.is_null()) return true;
  std::string_view text;
  if (!element.get(text) && text.size() > kMostIdLength) return false;
  if (!element.is_string() && !element.is_int64() && !element.is_uint64()) return false;
  id = simdjson::minify(element);
  return true;
}

bool read_method(std::string_view name, Method& method) {
  if (name == "SUBSCRIBE")
    method = Method::subscribe;
  else if (name == "UNSUBSCRIBE")
    method = Method::unsubscribe;
  else if (name == "LIST_SUBSCRIPTIONS")
    method = Method::list;
  else if (name == "SET_PROPERTY")
    method = Method::set_combined;
  else if (name == "GET_PROPERTY")
    method = Method::get_combined;
  else
    return false;
  return true;
}

bool read_names(const dom::array& params, std::vector<std::string>& names) {
  for (const dom::element element : params) {
    std::string_view name;
    if (element.get(name)) return false;
    names.emplace_back(name);
  }
  return !names.empty();
}

bool read_combined(const dom::array& params, bool& combined) {
  std::string_view name;
  return !params.at(0).get(name) && name == "combined" && !params.at(1).get(combined);
}

}  // namespace

std::variant<StreamRequest, StreamRefusal> read_stream_request(std::string_view json) {
  dom::parser parser;
  dom::element element;
  if (parser.parse(json.data(), json.size()).get(element) || !element.is_object()) {
    return StreamRefusal{"Invalid JSON: expected value at line 1 column 1", "null"};
  }
  StreamRequest request;
  if (!read_id(element, request.id))
    return StreamRefusal{"Invalid request: request ID must be an unsigned integer", "null"};
  std::string_view name;
  if (element["method"].get(name)) {
    return StreamRefusal{"Invalid request: missing field `method`", request.id};
  }
  if (!read_method(name, request.method)) {
    return StreamRefusal{fmt::format("Invalid request: unknown variant `{}`", name), request.id};
  }
  if (request.method == Method::list) return request;
  dom::array params;
  if (element["params"].get(params)) return StreamRefusal{"Invalid request: missing field `params`", request.id};
  const bool names_streams = request.method == Method::subscribe || request.method == Method::unsubscribe;
  if (names_streams && !read_names(params, request.streams)) {
    return StreamRefusal{"Invalid request: stream names must be strings", request.id};
  }
  if (request.method == Method::set_combined && !read_combined(params, request.combined)) {
    return StreamRefusal{"Invalid value type: expected Boolean", request.id};
  }
  return request;
}

std::string result_json(std::string_view result, std::string_view id) {
  return fmt::format(R"({{"result":{},"id":{}}})", result, id);
}

std::string refusal_json(const StreamRefusal& refusal) {
  std::string message;
  append_json_string(message, refusal.message);
  return fmt::format(R"({{"error":{{"code":2,"msg":{}}},"id":{}}})", message, refusal.id);
}

std::string names_json(const std::vector<std::string>& names) {
  std::string json = "[";
  for (const std::string& name : names) {
    if (json.size() > 1) json += ',';
    append_json_string(json, name);
  }
  return json + "]";
}

}  // namespace streamd::exchange
