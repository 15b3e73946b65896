// A request over HTTP and its answer, without what carries them.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace streamd::exchange {

struct HttpQuestion {
  std::string method;
  std::string target;
  std::string body;
};

struct HttpAnswer {
  int status = 200;
  std::string body;
  std::string content_type = "application/json;charset=UTF-8";
  std::vector<std::pair<std::string, std::string>> fields = {};
  std::int64_t delay_ms = 0;
  bool is_cut = false;  // half of it is sent, and the connection is dropped
};

}  // namespace streamd::exchange
