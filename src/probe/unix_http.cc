#include "probe/unix_http.h"

#include <fmt/format.h>
#include <sys/un.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>

namespace streamd::probe {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

constexpr std::uint64_t kMaxBodyBytes = 128 << 20;
constexpr std::chrono::seconds kPatience{30};

Result<std::string> exchange(const std::string& socket_path, http::request<http::string_body> request) {
  if (socket_path.size() >= sizeof(sockaddr_un::sun_path)) {
    return Error{fmt::format("{}: too long for the path of a Unix socket", socket_path)};
  }
  asio::io_context context;
  beast::basic_stream<asio::local::stream_protocol> stream(context);
  http::response_parser<http::string_body> parser;
  parser.body_limit(kMaxBodyBytes);
  beast::flat_buffer buffer;
  beast::error_code failure;
  request.set(http::field::host, "localhost");
  request.prepare_payload();
  stream.expires_after(kPatience);
  stream.async_connect(asio::local::stream_protocol::endpoint(socket_path), [&](beast::error_code connected) {
    if ((failure = connected)) return;
    http::async_write(stream, request, [&](beast::error_code written, std::size_t) {
      if ((failure = written)) return;
      http::async_read(stream, buffer, parser, [&](beast::error_code read, std::size_t) { failure = read; });
    });
  });
  context.run();
  if (failure) return Error{fmt::format("no answer on {}: {}", socket_path, failure.message())};
  if (parser.get().result() != http::status::ok) {
    std::string text = parser.get().body();
    while (text.ends_with('\n')) text.pop_back();
    return Error{fmt::format("{}: {}", socket_path, text)};
  }
  return std::move(parser.get().body());
}

}  // namespace

Result<std::string> unix_http_get(const std::string& socket_path, const std::string& target) {
  return exchange(socket_path, {http::verb::get, target, 11});
}

Result<std::string> unix_http_post(const std::string& socket_path, const std::string& target,
                                   const std::string& content_type, const std::string& body) {
  http::request<http::string_body> request(http::verb::post, target, 11);
  request.set(http::field::content_type, content_type);
  request.body() = body;
  return exchange(socket_path, std::move(request));
}

}  // namespace streamd::probe
