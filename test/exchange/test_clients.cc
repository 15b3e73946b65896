#include "exchange/test_clients.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <chrono>
#include <thread>

namespace streamd::exchange {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using beast::error_code;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

constexpr std::chrono::seconds kPatience{5};

asio::ssl::context tls_context(const std::string& ca_file) {
  asio::ssl::context tls(asio::ssl::context::tls_client);
  tls.set_verify_mode(asio::ssl::verify_peer);
  ca_file.empty() ? tls.set_default_verify_paths() : tls.load_verify_file(ca_file);
  return tls;
}

tcp::endpoint endpoint_of(int port) {
  return {asio::ip::address_v4::loopback(), static_cast<unsigned short>(port)};
}

// `operation` gets a handler, and is done when that has been called.
template <typename Operation>
error_code run(asio::io_context& context, Operation operation) {
  error_code outcome = asio::error::timed_out;
  context.restart();
  operation([&](error_code failure, auto&&...) { outcome = failure; });
  context.run();
  return outcome;
}

error_code connect_tls(asio::io_context& context, TlsStream& stream, int port, const std::string& host) {
  stream.set_verify_callback(asio::ssl::host_name_verification(host));
  beast::get_lowest_layer(stream).expires_after(kPatience);
  error_code failure =
      run(context, [&](auto handler) { beast::get_lowest_layer(stream).async_connect(endpoint_of(port), handler); });
  if (failure) return failure;
  return run(context, [&](auto handler) { stream.async_handshake(asio::ssl::stream_base::client, handler); });
}

}  // namespace

struct RestClient::Parts {
  const int port;
  const std::string host;
  asio::io_context context;
  asio::ssl::context tls;
  beast::flat_buffer input;
  std::unique_ptr<TlsStream> stream;
  int connections = 0;
};

RestClient::RestClient(int port, std::string ca_file, std::string host)
    : parts_(new Parts{port, std::move(host), {}, tls_context(ca_file), {}, {}, 0}) {}
RestClient::~RestClient() = default;

int RestClient::connections() const {
  return parts_->connections;
}

RestReply RestClient::get(const std::string& target) {
  Parts& parts = *parts_;
  const auto failed = [&](const error_code& failure) {
    parts.stream.reset();
    RestReply reply;
    reply.failure = failure.message();
    return reply;
  };
  if (!parts.stream) {
    parts.input.clear();
    parts.stream = std::make_unique<TlsStream>(beast::tcp_stream(parts.context), parts.tls);
    ++parts.connections;
    if (auto failure = connect_tls(parts.context, *parts.stream, parts.port, parts.host)) return failed(failure);
  }
  http::request<http::empty_body> request(http::verb::get, target, 11);
  request.set(http::field::host, parts.host);
  http::response<http::string_body> response;
  beast::get_lowest_layer(*parts.stream).expires_after(kPatience);
  auto failure = run(parts.context, [&](auto handler) { http::async_write(*parts.stream, request, handler); });
  if (failure) return failed(failure);
  failure = run(parts.context, [&](auto handler) { http::async_read(*parts.stream, parts.input, response, handler); });
  if (failure) return failed(failure);
  if (!response.keep_alive()) parts.stream.reset();
  return {static_cast<int>(response.result_int()), response.body(), std::string(response["Retry-After"]),
          std::string(response["X-MBX-USED-WEIGHT-1M"]), ""};
}

struct StreamClient::Parts {
  explicit Parts(int port_, const std::string& ca_file)
      : port(port_), tls(tls_context(ca_file)), socket(beast::tcp_stream(context), tls) {}

  const int port;
  asio::io_context context;
  asio::ssl::context tls;
  websocket::stream<TlsStream> socket;
  std::string failure;
  int status = 0;
  int pings = 0;
  beast::flat_buffer input;
  bool is_reading = false;
  bool has_message = false;
  bool has_ended = false;
};

StreamClient::StreamClient(int port, std::string ca_file) : parts_(new Parts(port, ca_file)) {}
StreamClient::~StreamClient() = default;

bool StreamClient::connect(const std::string& target) {
  Parts& parts = *parts_;
  auto failure = connect_tls(parts.context, parts.socket.next_layer(), parts.port, "localhost");
  if (!failure) {
    parts.socket.control_callback([&parts](websocket::frame_type kind, beast::string_view) {
      parts.pings += kind == websocket::frame_type::ping ? 1 : 0;
    });
    websocket::response_type response;
    failure =
        run(parts.context, [&](auto handler) { parts.socket.async_handshake(response, "localhost", target, handler); });
    parts.status = static_cast<int>(response.result_int());
  }
  beast::get_lowest_layer(parts.socket).expires_never();
  parts.failure = failure ? failure.message() : "";
  return !failure;
}

const std::string& StreamClient::failure() const {
  return parts_->failure;
}
int StreamClient::status() const {
  return parts_->status;
}
bool StreamClient::has_ended() const {
  return parts_->has_ended;
}
int StreamClient::pings() const {
  return parts_->pings;
}
int StreamClient::close_code() const {
  return parts_->socket.reason().code;
}

void StreamClient::say(const std::string& text) {
  error_code failure;
  parts_->socket.write(asio::buffer(text), failure);
}

std::optional<std::string> StreamClient::next(int within_ms) {
  Parts& parts = *parts_;
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(within_ms);
  while (!parts.has_ended) {
    if (std::exchange(parts.has_message, false)) {
      std::string text = beast::buffers_to_string(parts.input.data());
      parts.input.clear();
      return text;
    }
    if (!std::exchange(parts.is_reading, true)) {
      parts.socket.async_read(parts.input, [&parts](error_code failure, std::size_t) {
        parts.is_reading = false;
        parts.has_ended = failure.failed();
        parts.has_message = !failure;
      });
    }
    parts.context.restart();
    if (parts.context.run_one_until(end) == 0) return std::nullopt;
  }
  return std::nullopt;
}

std::vector<std::string> StreamClient::take(std::size_t count, int within_ms) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(within_ms);
  std::vector<std::string> messages;
  while (messages.size() < count) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) break;
    auto message = next(static_cast<int>(left.count()));
    if (!message) break;
    messages.push_back(std::move(*message));
  }
  return messages;
}

void StreamClient::wait_idle(int ms) {
  std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

}  // namespace streamd::exchange
