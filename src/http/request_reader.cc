#include "http/request_reader.h"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace streamd {
namespace {

namespace http = boost::beast::http;
using boost::beast::iequals;
using boost::system::error_code;

constexpr std::size_t kMaxBetweenBytes = 4096;  // between two pieces of a body that comes in pieces

std::string text_of(boost::beast::string_view text) { return std::string(text.data(), text.size()); }

HttpResponse refusal_of(const error_code& failure) {
  if (failure == http::error::header_limit) return HttpResponse::error(431, "the request's header is too large");
  if (failure == http::error::body_limit) return HttpResponse::error(413, "the request's body is too large");
  if (failure == http::error::bad_version) return HttpResponse::error(400, "HTTP/1.1 and HTTP/1.0 are spoken here");
  return HttpResponse::error(400, "the request is malformed: " + failure.message());
}

}  // namespace

struct RequestReader::Impl {
  // Once, with the header complete.
  void look_at_header();
  void refuse(HttpResponse answer) {
    refusal = std::move(answer);
    state = State::refused;
  }

  http::request_parser<http::string_body> parser;
  std::size_t max_header_bytes = 0;
  State state = State::wants_more;
  bool has_header = false;
  bool wants_continue = false;
  RequestFields fields;
  HttpResponse refusal;
};

RequestReader::RequestReader(std::size_t max_header_bytes, std::size_t max_body_bytes)
    : impl_(std::make_unique<Impl>()) {
  impl_->max_header_bytes = max_header_bytes;
  impl_->parser.header_limit(static_cast<std::uint32_t>(max_header_bytes));
  impl_->parser.body_limit(max_body_bytes);
}
RequestReader::~RequestReader() = default;

std::size_t RequestReader::take(std::string_view input) {
  Impl& impl = *impl_;
  std::size_t taken = 0;
  if (!impl.parser.got_some()) {  // some clients end a body with a line's end too many
    while (input.substr(taken).starts_with("\r\n")) taken += 2;
    if (input.substr(taken) == "\r") return taken;
  }
  while (taken < input.size() && impl.state == State::wants_more) {
    error_code failure;
    const std::size_t rest = input.size() - taken;
    const std::size_t count = impl.parser.put(boost::asio::buffer(input.data() + taken, rest), failure);
    taken += count;
    if (failure && failure != http::error::need_more) {
      impl.refuse(refusal_of(failure));
      break;
    }
    if (!impl.has_header && impl.parser.is_header_done()) impl.look_at_header();
    if (impl.state == State::wants_more && impl.parser.is_done()) impl.state = State::complete;
    if (failure || count == 0) {
      const bool is_between = impl.has_header && input.size() - taken > kMaxBetweenBytes;
      if (is_between) impl.refuse(HttpResponse::error(400, "the request's body comes in malformed pieces"));
      break;
    }
  }
  return taken;
}

void RequestReader::Impl::look_at_header() {
  has_header = true;
  parser.eager(true);
  const auto& message = parser.get();
  fields.method = text_of(message.method_string());
  fields.target = text_of(message.target());
  fields.is_http_1_0 = message.version() < 11;
  fields.accept = text_of(message[http::field::accept]);
  fields.authorization = text_of(message[http::field::authorization]);
  fields.content_type = text_of(message[http::field::content_type]);
  fields.fetch_site = text_of(message["Sec-Fetch-Site"]);
  fields.last_event_id = text_of(message["Last-Event-ID"]);
  fields.origin = text_of(message[http::field::origin]);
  const auto hosts = message.count(http::field::host);
  if (hosts > 1) return refuse(HttpResponse::error(400, "there is more than one Host field"));
  if (hosts == 1) fields.host = text_of(message[http::field::host]);

  const auto encodings = message.count(http::field::transfer_encoding);
  if (encodings > 1 || (encodings == 1 && !iequals(message[http::field::transfer_encoding], "chunked"))) {
    return refuse(HttpResponse::error(501, "of the transfer encodings, only chunked is known here"));
  }
  const auto expectation = message[http::field::expect];
  if (expectation.empty() || fields.is_http_1_0) return;
  if (!iequals(expectation, "100-continue")) {
    return refuse(HttpResponse::error(417, "only 100-continue can be expected"));
  }
  wants_continue = !parser.is_done();
}

RequestReader::State RequestReader::state() const { return impl_->state; }

bool RequestReader::take_continue() {
  return std::exchange(impl_->wants_continue, false);
}

const RequestFields& RequestReader::fields() const { return impl_->fields; }
std::string RequestReader::take_body() { return std::move(impl_->parser.get().body()); }
bool RequestReader::keeps_alive() const { return impl_->parser.keep_alive(); }
const HttpResponse& RequestReader::refusal() const { return impl_->refusal; }

}  // namespace streamd
