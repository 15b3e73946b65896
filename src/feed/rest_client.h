// The exchange's REST interface: one request after the other over a connection that is kept. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "feed/tls.h"

namespace streamd::feed {

struct RestAnswer {
  int status = 0;
  std::string body;
  std::optional<std::uint32_t> used_weight;   // X-MBX-USED-WEIGHT-1M
  std::optional<std::int64_t> retry_after_s;  // Retry-After
};

class RestClient {
 public:
  // Both outlive it.
  RestClient(const Endpoint& endpoint, asio::ssl::context& tls) : endpoint_(endpoint), tls_(tls) {}

  // Error: no answer came. `target` begins with a slash.
  asio::awaitable<Result<RestAnswer>> get(const std::string& target);
  // What is under way ends with an error, and so does what is asked later.
  void close();

 private:
  asio::awaitable<Result<RestAnswer>> exchange(const std::string& target);

  const Endpoint& endpoint_;
  asio::ssl::context& tls_;
  std::unique_ptr<TlsStream> stream_;
  beast::flat_buffer buffer_;
  bool is_closed_ = false;
};

}  // namespace streamd::feed
