#include "feed/tls.h"

#include <fmt/format.h>

#include <boost/asio/ip/tcp.hpp>

#include "feed/awaiting.h"

namespace streamd::feed {
namespace {

// The certificate must be for this name, or address.
void expect_host(TlsStream& stream, const std::string& host) {
  X509_VERIFY_PARAM* expected = ::SSL_get0_param(stream.native_handle());
  if (::X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str()) == 1) return;
  ::SSL_set_tlsext_host_name(stream.native_handle(), host.c_str());
  ::SSL_set1_host(stream.native_handle(), host.c_str());
}

Error handshake_error(TlsStream& stream, const Endpoint& endpoint, const beast::error_code& failure) {
  const std::string where = endpoint.host + ":" + endpoint.port;
  const long verified = ::SSL_get_verify_result(stream.native_handle());
  if (verified == X509_V_OK) return Error{fmt::format("{}: no TLS: {}", where, failure.message())};
  return Error{fmt::format("{}: its certificate is refused: {} (other authorities than the system's: --ca-file)",
                           where, ::X509_verify_cert_error_string(verified)),
               ErrorKind::refused};
}

}  // namespace

Result<std::unique_ptr<asio::ssl::context>> make_tls(const std::string& ca_file) {
  auto context = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_client);
  ::SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  context->set_verify_mode(asio::ssl::verify_peer);
  beast::error_code failure;
  if (ca_file.empty()) {
    context->set_default_verify_paths(failure);
    if (failure) return Error{"the system's certificates cannot be read: " + failure.message() + "; install ca-certificates"};
  } else {
    context->load_verify_file(ca_file, failure);
    if (failure) return Error{fmt::format("--ca-file {}: {}", ca_file, failure.message())};
  }
  return context;
}

asio::awaitable<Result<void>> open_tls(TlsStream& stream, const Endpoint& endpoint, std::chrono::seconds at_most) {
  beast::error_code failure;
  asio::ip::tcp::resolver resolver(co_await asio::this_coro::executor);
  const auto addresses = co_await resolver.async_resolve(endpoint.host, endpoint.port, into(failure));
  if (failure) co_return Error{fmt::format("{}: {}", endpoint.host, failure.message())};
  beast::get_lowest_layer(stream).expires_after(at_most);
  co_await beast::get_lowest_layer(stream).async_connect(addresses, into(failure));
  if (failure) {
    co_return Error{fmt::format("cannot connect to {}:{}: {}", endpoint.host, endpoint.port, failure.message())};
  }
  beast::error_code ignored;
  beast::get_lowest_layer(stream).socket().set_option(asio::ip::tcp::no_delay(true), ignored);
  expect_host(stream, endpoint.host);
  co_await stream.async_handshake(asio::ssl::stream_base::client, into(failure));
  if (failure) co_return handshake_error(stream, endpoint, failure);
  co_return Result<void>();
}

}  // namespace streamd::feed
