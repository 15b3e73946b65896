#include "feed/rest_client.h"

#include <fmt/format.h>

#include <boost/beast/http.hpp>
#include <charconv>

#include "feed/awaiting.h"

namespace streamd::feed {
namespace {

namespace http = beast::http;

constexpr std::chrono::seconds kPatience{15};
constexpr std::uint64_t kMaxBodyBytes = 64 << 20;

template <typename Number>
std::optional<Number> number_in(beast::string_view text) {
  Number number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

void RestClient::close() {
  is_closed_ = true;
  beast::error_code ignored;
  if (stream_) beast::get_lowest_layer(*stream_).socket().close(ignored);
}

// A connection that was kept may have been closed meanwhile: then once more over a new one.
asio::awaitable<Result<RestAnswer>> RestClient::get(const std::string& target) {
  const bool was_kept = stream_ != nullptr;
  auto answer = co_await exchange(target);
  if (!answer && was_kept && !is_closed_) answer = co_await exchange(target);
  co_return answer;
}

asio::awaitable<Result<RestAnswer>> RestClient::exchange(const std::string& target) {
  if (is_closed_) co_return Error{"closed"};
  if (!stream_) {
    stream_ = std::make_unique<TlsStream>(co_await asio::this_coro::executor, tls_);
    buffer_.clear();
    if (auto opened = co_await open_tls(*stream_, endpoint_, kPatience); !opened) {
      stream_.reset();
      co_return opened.error();
    }
  }
  http::request<http::empty_body> request(http::verb::get, endpoint_.target(target), 11);
  request.set(http::field::host, endpoint_.host);
  request.set(http::field::user_agent, "stream_daemon_live");
  http::response_parser<http::string_body> parser;
  parser.body_limit(kMaxBodyBytes);
  beast::error_code failure;
  beast::get_lowest_layer(*stream_).expires_after(kPatience);
  co_await http::async_write(*stream_, request, into(failure));
  if (!failure) co_await http::async_read(*stream_, buffer_, parser, into(failure));
  if (failure) {
    stream_.reset();
    co_return Error{fmt::format("{}: no answer: {}", endpoint_.host, failure.message())};
  }
  const auto& response = parser.get();
  RestAnswer answer;
  answer.status = static_cast<int>(response.result_int());
  answer.used_weight = number_in<std::uint32_t>(response["X-MBX-USED-WEIGHT-1M"]);
  answer.retry_after_s = number_in<std::int64_t>(response[http::field::retry_after]);
  answer.body = response.body();
  if (!response.keep_alive()) stream_.reset();
  co_return answer;
}

}  // namespace streamd::feed
