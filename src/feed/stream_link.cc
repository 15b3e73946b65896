#include "feed/stream_link.h"

#include <fmt/format.h>

#include "feed/awaiting.h"

namespace streamd::feed {
namespace {

namespace websocket = beast::websocket;

constexpr std::chrono::seconds kHandshake{15};
constexpr std::size_t kMaxMessageBytes = 1 << 20;

}  // namespace

asio::awaitable<Result<void>> StreamLink::open(const Endpoint& endpoint, std::chrono::seconds silence) {
  if (auto opened = co_await open_tls(socket_.next_layer(), endpoint, kHandshake); !opened) co_return opened;
  beast::get_lowest_layer(socket_).expires_never();  // the WebSocket has its own times
  socket_.set_option(websocket::stream_base::timeout{kHandshake, silence, false});
  socket_.set_option(websocket::stream_base::decorator([](websocket::request_type& request) {
    request.set(beast::http::field::user_agent, "stream_daemon_live");
  }));
  socket_.read_message_max(kMaxMessageBytes);
  beast::error_code failure;
  websocket::response_type response;
  co_await socket_.async_handshake(response, endpoint.host + ":" + endpoint.port, endpoint.target("/stream"),
                                   into(failure));
  if (failure == websocket::error::upgrade_declined) {
    co_return Error{fmt::format("{}: refuses a WebSocket with status {}", endpoint.host, response.result_int())};
  }
  if (failure) co_return Error{fmt::format("{}: no WebSocket: {}", endpoint.host, failure.message())};
  co_return Result<void>();
}

asio::awaitable<Result<void>> StreamLink::send(std::string text) {
  beast::error_code failure;
  co_await socket_.async_write(asio::buffer(text), into(failure));
  if (failure) co_return Error{"cannot send: " + failure.message()};
  co_return Result<void>();
}

asio::awaitable<Result<std::string_view>> StreamLink::read() {
  buffer_.clear();
  beast::error_code failure;
  co_await socket_.async_read(buffer_, into(failure));
  if (failure == websocket::error::closed) {
    co_return Error{fmt::format("closed by the exchange ({})", static_cast<int>(socket_.reason().code))};
  }
  if (failure == beast::error::timeout) co_return Error{"silent for too long"};
  if (failure) co_return Error{failure.message()};
  co_return std::string_view(static_cast<const char*>(buffer_.data().data()), buffer_.size());
}

void StreamLink::close() {
  beast::error_code ignored;
  beast::get_lowest_layer(socket_).socket().close(ignored);
}

}  // namespace streamd::feed
