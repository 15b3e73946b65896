// What a client says on a WebSocket: {"method":"SUBSCRIBE","params":["btcusdt@aggTrade"],"id":1} and its kin. Pure.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace streamd::exchange {

struct StreamRequest {
  enum class Method { subscribe, unsubscribe, list, set_combined, get_combined };
  Method method = Method::list;
  std::vector<std::string> streams;
  bool combined = false;  // of set_combined
  std::string id;         // as JSON: a number, a text, null
};

struct StreamRefusal {
  std::string message;
  std::string id;
};

std::variant<StreamRequest, StreamRefusal> read_stream_request(std::string_view json);

// The answers; `result` is JSON.
std::string result_json(std::string_view result, std::string_view id);
std::string refusal_json(const StreamRefusal& refusal);
std::string names_json(const std::vector<std::string>& names);

}  // namespace streamd::exchange
