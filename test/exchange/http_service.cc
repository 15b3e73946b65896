#include "exchange/http_service.h"

#include <fmt/format.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <chrono>
#include <memory>

namespace streamd::exchange {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using beast::error_code;

constexpr std::chrono::seconds kHandshakeTime{10};
constexpr std::chrono::minutes kIdleTime{5};

template <typename Stream>
class Session : public std::enable_shared_from_this<Session<Stream>> {
 public:
  Session(Stream stream, const HttpService::Handler& handler)
      : stream_(std::move(stream)), handler_(handler), timer_(stream_.get_executor()) {}

  void start_tls(std::function<void()> on_failed_handshake) {
    beast::get_lowest_layer(stream_).expires_after(kHandshakeTime);
    stream_.async_handshake(asio::ssl::stream_base::server,
                            [self = this->shared_from_this(), on_failed_handshake](error_code failure) {
                              if (!failure) return self->read();
                              if (on_failed_handshake) on_failed_handshake();
                            });
  }

  void read() {
    request_ = {};
    beast::get_lowest_layer(stream_).expires_after(kIdleTime);
    http::async_read(stream_, buffer_, request_, [self = this->shared_from_this()](error_code failure, std::size_t) {
      if (!failure) self->answer();
    });
  }

 private:
  void answer() {
    answer_ = handler_({std::string(request_.method_string()), std::string(request_.target()), request_.body()});
    if (answer_.delay_ms == 0) return write();
    timer_.expires_after(std::chrono::milliseconds(answer_.delay_ms));
    timer_.async_wait([self = this->shared_from_this()](error_code failure) {
      if (!failure) self->write();
    });
  }

  void write() {
    response_ = {static_cast<http::status>(answer_.status), request_.version()};
    response_.set(http::field::content_type, answer_.content_type);
    for (const auto& [name, value] : answer_.fields) response_.set(name, value);
    response_.keep_alive(request_.keep_alive());
    response_.body() = std::move(answer_.body);
    response_.prepare_payload();
    if (answer_.is_cut) return write_half();
    http::async_write(stream_, response_, [self = this->shared_from_this()](error_code failure, std::size_t) {
      if (!failure && self->response_.keep_alive()) return self->read();
      self->close();
    });
  }

  void write_half() {
    half_ = (beast::ostream(whole_) << response_, beast::buffers_to_string(whole_.data()));
    half_.resize(half_.size() / 2);
    asio::async_write(stream_, asio::buffer(half_),
                      [self = this->shared_from_this()](error_code, std::size_t) { self->close(); });
  }

  void close() {
    error_code ignored;
    beast::get_lowest_layer(stream_).socket().shutdown(tcp::socket::shutdown_both, ignored);
    beast::get_lowest_layer(stream_).close();
  }

  Stream stream_;
  const HttpService::Handler& handler_;
  asio::steady_timer timer_;
  beast::flat_buffer buffer_;
  http::request<http::string_body> request_;
  HttpAnswer answer_;
  http::response<http::string_body> response_;
  beast::flat_buffer whole_;
  std::string half_;
};

using PlainSession = Session<beast::tcp_stream>;
using TlsSession = Session<beast::ssl_stream<beast::tcp_stream>>;

}  // namespace

HttpService::HttpService(asio::io_context& context, Handler handler, TlsContext tls,
                         std::function<void()> on_failed_handshake)
    : context_(context),
      acceptor_(context),
      handler_(std::move(handler)),
      tls_(std::move(tls)),
      on_failed_handshake_(std::move(on_failed_handshake)) {}

Result<int> HttpService::listen(int port) {
  auto listened = listen_on_loopback(acceptor_, port);
  if (listened) accept();
  return listened;
}

void HttpService::accept() {
  acceptor_.async_accept([this](error_code failure, tcp::socket socket) {
    if (failure == asio::error::operation_aborted) return;
    if (!failure) {
      error_code ignored;
      socket.set_option(tcp::no_delay(true), ignored);
      beast::tcp_stream stream(std::move(socket));
      if (tls_) {
        std::make_shared<TlsSession>(beast::ssl_stream<beast::tcp_stream>(std::move(stream), tls_()), handler_)
            ->start_tls(on_failed_handshake_);
      } else {
        std::make_shared<PlainSession>(std::move(stream), handler_)->read();
      }
    }
    accept();
  });
}

Result<int> listen_on_loopback(tcp::acceptor& acceptor, int port) {
  const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), static_cast<unsigned short>(port));
  error_code failure;
  const auto ok = [&](const error_code&) { return !failure; };
  if (ok(acceptor.open(endpoint.protocol(), failure)) &&
      ok(acceptor.set_option(asio::socket_base::reuse_address(true), failure)) &&
      ok(acceptor.bind(endpoint, failure)) && ok(acceptor.listen(asio::socket_base::max_listen_connections, failure))) {
    return acceptor.local_endpoint().port();
  }
  return Error{fmt::format("cannot listen on 127.0.0.1:{}: {}", port, failure.message())};
}

}  // namespace streamd::exchange
