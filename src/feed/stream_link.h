// One WebSocket connection to the exchange. Pings are answered by themselves; who is silent beyond a time is gone.
// One thread.
#pragma once

#include <boost/beast/websocket.hpp>
#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"
#include "feed/tls.h"

namespace streamd::feed {

class StreamLink {
 public:
  StreamLink(asio::any_io_executor executor, asio::ssl::context& tls) : socket_(std::move(executor), tls) {}

  // To <path>/stream: messages name their stream.
  asio::awaitable<Result<void>> open(const Endpoint& endpoint, std::chrono::seconds silence);
  asio::awaitable<Result<void>> send(std::string text);
  // The next text message, valid until the next call. Error: the connection has ended; why, in one line.
  asio::awaitable<Result<std::string_view>> read();
  // At once; reads and writes under way end with an error.
  void close();

 private:
  beast::websocket::stream<TlsStream> socket_;
  beast::flat_buffer buffer_;
};

}  // namespace streamd::feed
