#include "http/http_session.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <boost/asio/post.hpp>
#include <cerrno>
#include <ctime>
#include <exception>
#include <utility>

#include "base/log.h"
#include "http/response_text.h"

namespace streamd {
namespace {

using boost::system::error_code;
using Wait = boost::asio::posix::descriptor_base;

constexpr int kRequestsATurn = 16;              // then other sessions have theirs
constexpr std::size_t kWriteBytesATurn = 1 << 20;
constexpr std::size_t kPiecesAWrite = 8;
constexpr int kTextsATurn = 256;                // of an event stream
constexpr std::size_t kKeptInputBytes = 4096;   // of memory, by a session that has nothing to do
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::string_view kComment = ": keep-alive\n\n";

template <typename Handler>
HttpResponse answer_of(const std::string& path, const Handler& handler) {
  std::string reason = "something that is no exception";
  try {
    return handler();
  } catch (const std::exception& failure) {
    reason = failure.what();
  } catch (...) {
  }
  log_error("HTTP: {} failed: {}", path, reason);
  return HttpResponse::error(500, "this page failed; the log says why");
}

}  // namespace

HttpSession::HttpSession(HttpShared& shared, FileDescriptor fd, const RequestDoor& door)
    : shared_(shared), descriptor_(shared.context, fd.release()), door_(door) {}

void HttpSession::start() {
  deadline_ = Clock::now() + shared_.limits.idle_time;
  watch_readable();
}

void HttpSession::look_at_time(Clock::time_point now) {
  if (now < deadline_) return;
  switch (state_) {
    case State::idle: return close();
    case State::reading: return refuse(HttpResponse::error(408, "the request took too long to come"));
    case State::writing: return cut();
    case State::streaming:
      if (!output_.empty()) {
        shared_.counters.streams_cut += 1;
        return cut();
      }
      put(std::string(kComment));
      return write();
    case State::working:
    case State::closed: return;
  }
}

void HttpSession::close() {
  if (state_ == State::closed) return;
  state_ = State::closed;
  if (gone_) gone_->store(true);
  if (stream_) {
    stream_->detach();
    shared_.counters.streams_open -= 1;
  }
  error_code ignored;
  descriptor_.close(ignored);
  shared_.ended(*this);
}

void HttpSession::cut() {
  const linger at_once{1, 0};  // the kernel's copy of what it does not take goes, too
  ::setsockopt(descriptor_.native_handle(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

void HttpSession::finish() {
  if (!has_ended_) shared_.lingering.add(descriptor_.release());
  close();
}

void HttpSession::watch_readable() {
  if (std::exchange(is_watching_readable_, true)) return;
  descriptor_.async_wait(Wait::wait_read, [self = shared_from_this()](const error_code&) {
    self->is_watching_readable_ = false;
    if (self->state_ != State::closed) self->on_readable();
  });
}

void HttpSession::watch_writable() {
  if (std::exchange(is_watching_writable_, true)) return;
  descriptor_.async_wait(Wait::wait_write, [self = shared_from_this()](const error_code&) {
    self->is_watching_writable_ = false;
    if (self->state_ != State::closed) self->write();
    if (self->state_ == State::idle) self->run();
  });
}

// Of both directions: by a reset, or a Unix socket's close.
void HttpSession::watch_hang_up() {
  if (std::exchange(is_watching_hang_up_, true)) return;
  descriptor_.async_wait(Wait::wait_error, [self = shared_from_this()](const error_code&) {
    self->is_watching_hang_up_ = false;
    if (self->state_ == State::closed) return;
    char ignored = 0;
    const ssize_t count = ::recv(self->descriptor_.native_handle(), &ignored, 1, MSG_PEEK | MSG_DONTWAIT);
    const bool is_reset = count < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR;
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(self->descriptor_.native_handle(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (is_reset || error != 0 || count == 0) self->close();
  });
}

void HttpSession::on_readable() {
  switch (state_) {
    case State::idle:
    case State::reading:
    case State::streaming: return take_in();
    case State::working: {
      char ignored = 0;
      const ssize_t count = ::recv(descriptor_.native_handle(), &ignored, 1, MSG_PEEK | MSG_DONTWAIT);
      if (count == 0) return on_client_half_closed();
      if (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) return close();
      return count < 0 ? watch_readable() : watch_hang_up();  // it asks for more already, which waits
    }
    case State::writing:
    case State::closed: return;
  }
}

void HttpSession::take_in() {
  std::vector<char>& scratch = shared_.scratch;
  const ssize_t count = ::recv(descriptor_.native_handle(), scratch.data(), scratch.size(), MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return watch_readable();
  if (count < 0) return close();
  if (count == 0) {
    has_ended_ = true;
    return state_ == State::streaming ? on_client_half_closed() : close();
  }
  if (state_ == State::streaming) return watch_readable();  // nothing more is answered here
  input_.append(scratch.data(), static_cast<std::size_t>(count));
  run();
}

// Or it has closed altogether: what it is sent then comes back as a reset.
void HttpSession::on_client_half_closed() {
  has_ended_ = true;
  watch_hang_up();
  if (state_ == State::streaming && output_.empty()) {
    put(std::string(kComment));
    write();
  } else if (state_ == State::working && !is_http_1_0_) {
    put(std::string(kContinue));
    write();
  }
}

void HttpSession::run() {
  for (int count = 0; count < kRequestsATurn; ++count) {
    if (!read_request()) return;
    handle_request();
    if (state_ != State::idle) return;
  }
  boost::asio::post(shared_.context, [self = shared_from_this()] {
    if (self->state_ == State::idle) self->run();
  });
}

bool HttpSession::read_request() {
  const auto now = Clock::now();
  if (input_.empty() && !reader_) {
    if (input_.capacity() > kKeptInputBytes) std::string().swap(input_);
    deadline_ = now + shared_.limits.idle_time;
    has_ended_ ? close() : watch_readable();
    return false;
  }
  if (!reader_) {
    reader_ = std::make_unique<RequestReader>(shared_.limits.max_header_bytes, shared_.limits.max_body_bytes);
    state_ = State::reading;
    deadline_ = now + shared_.limits.request_time;
  }
  input_.erase(0, reader_->take(input_));
  switch (reader_->state()) {
    case RequestReader::State::complete: return true;
    case RequestReader::State::refused: {
      shared_.counters.requests += 1;
      refuse(reader_->refusal());
      return false;
    }
    case RequestReader::State::wants_more: break;
  }
  if (reader_->take_continue()) {
    put(std::string(kContinue));
    write();
    if (state_ == State::closed) return false;
  }
  has_ended_ ? close() : watch_readable();
  return false;
}

void HttpSession::handle_request() {
  shared_.counters.requests += 1;
  const std::unique_ptr<RequestReader> reader = std::move(reader_);
  const RequestFields& fields = reader->fields();
  closes_ = !reader->keeps_alive();
  is_head_ = fields.method == "HEAD";
  is_http_1_0_ = fields.is_http_1_0;
  auto admitted = admit_request(fields, reader->take_body(), door_, shared_.token);
  if (auto* refused = std::get_if<HttpResponse>(&admitted)) return answer(std::move(*refused));
  HttpRequest& request = std::get<HttpRequest>(admitted);
  if (auto refused = refuse_route(shared_.methods, request.method, request.path)) return answer(std::move(*refused));
  const HttpRoute& route = shared_.routes.at(request.path);
  if (route.slow_handler) return start_slow(route.slow_handler, std::move(request));
  if (route.stream_handler) return start_stream(route.stream_handler, request);
  answer(answer_of(request.path, [&] { return route.handler(request); }));
}

void HttpSession::start_slow(const HttpServer::SlowHandler& handler, HttpRequest request) {
  const auto gone = std::make_shared<std::atomic<bool>>(false);
  // Only the server's thread may hold the session: it may be the last to do so.
  auto job = [weak = weak_from_this(), &shared = shared_, &handler, gone, request = std::move(request)] {
    const auto is_gone = [&] { return gone->load() || shared.stopping.load(); };
    if (is_gone()) return;
    HttpResponse response = answer_of(request.path, [&] { return handler(request, is_gone); });
    boost::asio::post(shared.context, [weak, response = std::move(response)]() mutable {
      const auto self = weak.lock();
      if (!self || self->state_ != State::working) return;
      self->gone_.reset();
      self->answer(std::move(response));
      if (self->state_ == State::idle) self->run();
    });
  };
  if (!shared_.workers.submit(std::move(job))) {
    HttpResponse response = HttpResponse::error(503, "too many requests of this kind wait already");
    response.headers.emplace_back("Retry-After", "1");
    return answer(std::move(response));
  }
  gone_ = gone;
  state_ = State::working;
  watch_readable();
}

void HttpSession::start_stream(const HttpServer::StreamHandler& handler, const HttpRequest& request) {
  HttpResponse response;
  if (!is_head_) {
    const auto stream = std::make_shared<StreamQueue>(
        shared_.limits.max_stream_bytes, [weak = weak_from_this(), &context = shared_.context] {
          boost::asio::post(context, [weak] {
            const auto self = weak.lock();
            if (self && self->state_ == State::streaming) self->pump_stream();
          });
        });
    response = answer_of(request.path, [&] { return handler(request, stream); });
    if (response.status != 200) {
      stream->detach();
      return answer(std::move(response));
    }
    stream_ = stream;
    shared_.counters.streams_open += 1;
  }
  response.content_type = "text/event-stream";
  closes_ = true;
  output_.push_back(std::make_shared<const std::string>(
      response_head(response, {std::nullopt, true, false, static_cast<std::int64_t>(std::time(nullptr))})));
  state_ = is_head_ ? State::writing : State::streaming;
  deadline_ = Clock::now() + shared_.limits.write_time;
  if (!is_head_) watch_readable();
  write();
}

void HttpSession::pump_stream() {
  if (stream_->state() == StreamQueue::State::overrun) {
    shared_.counters.streams_cut += 1;
    return cut();
  }
  write();
}

void HttpSession::refuse(HttpResponse response) {
  closes_ = true;
  is_head_ = false;
  answer(std::move(response));
}

void HttpSession::answer(HttpResponse response) {
  if (response.status < 200 || response.status > 599) response = HttpResponse::error(500, "this page failed");
  if (response.status >= 400) shared_.counters.errors += 1;
  ResponseFraming framing{std::nullopt, closes_, is_http_1_0_, static_cast<std::int64_t>(std::time(nullptr))};
  const bool has_body = status_has_body(response.status);
  if (has_body) framing.content_length = response.body.size();
  put(response_head(response, framing));
  if (has_body && !is_head_ && !response.body.empty()) put(std::move(response.body));
  state_ = State::writing;
  deadline_ = Clock::now() + shared_.limits.write_time;
  write();
}

void HttpSession::put(std::string text) {
  output_.push_back(std::make_shared<const std::string>(std::move(text)));
}

HttpSession::Written HttpSession::write_some() {
  std::size_t sum = 0;
  while (!output_.empty()) {
    if (sum >= kWriteBytesATurn) return Written::some;
    iovec pieces[kPiecesAWrite];
    std::size_t used = 0;
    for (const auto& text : output_) {
      if (used == kPiecesAWrite) break;
      const std::size_t offset = used == 0 ? output_offset_ : 0;
      pieces[used++] = {const_cast<char*>(text->data()) + offset, text->size() - offset};
    }
    msghdr message{};
    message.msg_iov = pieces;
    message.msg_iovlen = used;
    const ssize_t count = ::sendmsg(descriptor_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? Written::some : Written::failed;
    sum += static_cast<std::size_t>(count);
    output_offset_ += static_cast<std::size_t>(count);
    while (!output_.empty() && output_offset_ >= output_.front()->size()) {
      output_offset_ -= output_.front()->size();
      output_.pop_front();
    }
    const bool has_deadline_of_writing = state_ == State::writing || state_ == State::streaming;
    if (has_deadline_of_writing) deadline_ = Clock::now() + shared_.limits.write_time;
  }
  return Written::all;
}

void HttpSession::write() {
  for (int count = 0;; ++count) {
    switch (write_some()) {
      case Written::failed: return close();
      case Written::some: return watch_writable();
      case Written::all: break;
    }
    if (state_ != State::streaming) return wrote_all();
    if (count == kTextsATurn) return watch_writable();
    auto text = stream_->take();
    if (!text) break;
    if (text->empty()) continue;
    deadline_ = Clock::now() + shared_.limits.write_time;
    output_.push_back(std::move(text));
  }
  if (stream_->state() == StreamQueue::State::ended) return finish();
  deadline_ = Clock::now() + shared_.limits.keep_alive_time;
}

void HttpSession::wrote_all() {
  if (state_ != State::writing) return;  // it was an interim answer
  if (closes_) return finish();
  state_ = State::idle;  // whoever wrote goes on with run()
}

}  // namespace streamd
