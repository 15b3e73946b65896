#include "exchange/stream_session.h"

#include <fmt/format.h>

#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>

#include "base/clock.h"

namespace streamd::exchange {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using beast::error_code;

constexpr std::chrono::seconds kHandshakeTime{10};
constexpr std::size_t kMostWaitingBytes = 64 << 20;
constexpr std::int64_t kHoldMs = 50;
constexpr std::int64_t kClosingMs = 5000;
constexpr std::uint32_t kHeaderBytes = 256 << 10;

std::int64_t wall_ms() {
  return SystemClock().wall_ms();
}

}  // namespace

StreamSession::StreamSession(asio::ip::tcp::socket socket, asio::ssl::context& tls, StreamShared& shared)
    : shared_(shared), socket_(std::move(socket), tls), messages_(shared.limits.messages_a_second, 1000) {}

void StreamSession::start() {
  beast::get_lowest_layer(socket_).expires_after(kHandshakeTime);
  socket_.next_layer().async_handshake(asio::ssl::stream_base::server, [self = shared_from_this()](error_code failure) {
    if (!failure) return self->read_upgrade();
    ++self->shared_.ledger.failed_handshakes;
    self->drop();
  });
}

void StreamSession::read_upgrade() {
  request_.header_limit(kHeaderBytes);
  http::async_read(socket_.next_layer(), input_, request_,
                   [self = shared_from_this()](error_code failure, std::size_t) {
                     if (failure || self->state_ == State::closed) return self->drop();
                     self->answer_upgrade();
                   });
}

void StreamSession::answer_upgrade() {
  const std::int64_t now_ms = wall_ms();
  const std::string target(request_.get().target());
  if (target.size() > shared_.limits.target_bytes) {
    shared_.ledger.violation("url_too_long", fmt::format("{} bytes", target.size()), now_ms);
    return refuse_upgrade(http::status::uri_too_long);
  }
  if (!websocket::is_upgrade(request_.get())) return refuse_upgrade(http::status::bad_request);
  opened_ms_ = now_ms;
  next_ping_ms_ = now_ms + shared_.limits.ping_ms;
  if (!shared_.owner.opened(*this, target)) {
    shared_.ledger.violation("unknown_path", target.substr(0, 100), now_ms);
    return refuse_upgrade(http::status::not_found);
  }
  beast::get_lowest_layer(socket_).expires_never();
  socket_.set_option(websocket::stream_base::timeout{kHandshakeTime, websocket::stream_base::none(), false});
  socket_.control_callback([this](websocket::frame_type kind, beast::string_view payload) {
    on_control(kind, {payload.data(), payload.size()});
  });
  socket_.async_accept(request_.get(), [self = shared_from_this()](error_code failure) {
    if (failure || self->state_ == State::closed) return self->drop();
    self->state_ = State::open;
    self->socket_.text(true);
    self->read();
    self->write();
  });
}

void StreamSession::refuse_upgrade(http::status status) {
  refusal_.result(status);
  refusal_.version(11);
  refusal_.keep_alive(false);
  refusal_.prepare_payload();
  http::async_write(socket_.next_layer(), refusal_,
                    [self = shared_from_this()](error_code, std::size_t) { self->drop(); });
}

void StreamSession::read() {
  socket_.async_read(input_, [self = shared_from_this()](error_code failure, std::size_t) {
    if (failure || self->state_ == State::closed) return self->drop();
    const std::string text = beast::buffers_to_string(self->input_.data());
    self->input_.clear();
    if (self->state_ == State::open && !self->is_frozen_ && !self->is_doomed_) self->take(text);
    if (self->state_ != State::closed) self->read();
  });
}

void StreamSession::take(std::string_view text) {
  const std::int64_t now_ms = wall_ms();
  if (!count_message(now_ms)) return;
  if (text.size() > shared_.limits.message_bytes) {  // meets silence
    return shared_.ledger.violation("message_too_long", fmt::format("{} bytes", text.size()), now_ms);
  }
  shared_.owner.said(*this, text);
}

bool StreamSession::count_message(std::int64_t now_ms) {
  const bool is_within = messages_.add(now_ms);
  shared_.ledger.most_messages_a_second = std::max(shared_.ledger.most_messages_a_second, messages_.most());
  if (is_within) return true;
  shared_.ledger.violation("messages_per_second", fmt::format("{} in a second", messages_.most()), now_ms);
  is_doomed_ = true;  // is dropped at the next tick: this may be in the middle of a read
  return false;
}

void StreamSession::on_control(websocket::frame_type kind, std::string_view payload) {
  if (kind == websocket::frame_type::close || is_doomed_) return;
  const std::int64_t now_ms = wall_ms();
  if (!count_message(now_ms) || kind == websocket::frame_type::ping) return;
  ++shared_.ledger.pongs;
  const auto answered =
      std::find_if(unanswered_.begin(), unanswered_.end(), [&](const auto& ping) { return ping.first == payload; });
  if (answered != unanswered_.end()) {
    unanswered_.erase(unanswered_.begin(), answered + 1);
  } else if (!payload.empty()) {
    shared_.ledger.violation("wrong_pong", std::string(payload), now_ms);
  }
}

void StreamSession::offer(const Text& text, std::int64_t now_ms) {
  if (state_ == State::closing || state_ == State::closed) return;
  if (is_frozen_) {
    ++shared_.ledger.lost_in_frozen;
    return;
  }
  const Faults& faults = shared_.faults;
  if (shared_.random.chance(faults.skip.at(now_ms))) {
    ++shared_.ledger.skipped;
    return;
  }
  if (!held_ && shared_.random.chance(faults.reorder.at(now_ms))) {
    held_ = text;
    held_for_ = 1 + shared_.random.below(3);
    held_until_ms_ = now_ms + kHoldMs;
    return;
  }
  put(text);
  if (shared_.random.chance(faults.repeat.at(now_ms))) {
    ++shared_.ledger.repeated;
    put(older_ && shared_.random.chance(0.5) ? older_ : text);
  }
  if (!older_ || shared_.random.chance(0.05)) older_ = text;
  if (held_ && --held_for_ == 0) {
    ++shared_.ledger.reordered;
    put(std::exchange(held_, nullptr));
  }
}

void StreamSession::say(std::string text) {
  if (!is_frozen_) put(std::make_shared<const std::string>(std::move(text)));
}

void StreamSession::put(const Text& text) {
  if (state_ == State::closing || state_ == State::closed) return;
  output_.push_back(text);
  output_bytes_ += text->size();
  if (output_bytes_ > kMostWaitingBytes && !is_doomed_) {
    shared_.ledger.violation("reads_too_slowly", fmt::format("{} bytes wait", output_bytes_), wall_ms());
    is_doomed_ = true;
  }
  write();
}

void StreamSession::write() {
  if (is_writing_ || output_.empty() || state_ != State::open || is_frozen_ || is_stalled(wall_ms())) return;
  is_writing_ = true;
  socket_.async_write(asio::buffer(*output_.front()), [self = shared_from_this()](error_code failure, std::size_t) {
    self->is_writing_ = false;
    if (self->state_ == State::closing) return;
    if (failure || self->state_ == State::closed) return self->drop();
    ++self->shared_.ledger.sent;
    self->output_bytes_ -= self->output_.front()->size();
    self->output_.pop_front();
    self->write();
  });
}

void StreamSession::tick(std::int64_t now_ms) {
  if (is_doomed_) return drop();
  if (state_ == State::closing && now_ms > closing_ms_ + kClosingMs) return drop();
  if (state_ != State::open || is_frozen_) return;
  if (close_at_ms_ && now_ms >= *close_at_ms_) return close(websocket::close_code::going_away, now_ms);
  if (now_ms >= opened_ms_ + shared_.limits.life_ms) return close(websocket::close_code::normal, now_ms);
  if (held_ && now_ms >= held_until_ms_) put(std::exchange(held_, nullptr));
  look_at_pings(now_ms);
  write();
}

void StreamSession::look_at_pings(std::int64_t now_ms) {
  if (!unanswered_.empty() && now_ms >= unanswered_.front().second) {
    shared_.ledger.violation("no_pong", fmt::format("to {}", unanswered_.front().first), now_ms);
    return drop();
  }
  if (now_ms < next_ping_ms_ || is_pinging_ || is_stalled(now_ms)) return;
  next_ping_ms_ = now_ms + shared_.limits.ping_ms;
  const std::string payload = std::to_string(now_ms);
  unanswered_.emplace_back(payload, now_ms + shared_.limits.pong_ms);
  ++shared_.ledger.pings;
  is_pinging_ = true;
  socket_.async_ping(websocket::ping_data(payload), [self = shared_from_this()](error_code failure) {
    self->is_pinging_ = false;
    if (failure) self->drop();
  });
}

void StreamSession::close(websocket::close_code code, std::int64_t now_ms) {
  if (state_ != State::open) return drop();
  state_ = State::closing;
  closing_ms_ = now_ms;
  if (is_frozen_) return;
  socket_.async_close(code, [self = shared_from_this()](error_code) { self->drop(); });
}

void StreamSession::drop() {
  if (state_ == State::closed) return;
  state_ = State::closed;
  const auto self = shared_from_this();
  shared_.owner.ended(*this);
  auto& tcp = beast::get_lowest_layer(socket_);
  error_code ignored;
  if (shared_.random.chance(0.5)) tcp.socket().set_option(asio::socket_base::linger(true, 0), ignored);
  tcp.close();
}

}  // namespace streamd::exchange
