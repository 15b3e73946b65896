// One WebSocket connection: TLS, the upgrade, requests in, messages out, with the faults of its stream. What it is
// subscribed to, the server knows. On the thread of the io_context.
//
//   handshake → open → closing → closed; from each to closed
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "exchange/faults.h"
#include "exchange/ledger.h"
#include "exchange/limits.h"
#include "probe/random.h"

namespace streamd::exchange {

struct StreamLimits {
  std::int64_t ping_ms = 20'000;
  std::int64_t pong_ms = 60'000;
  std::int64_t life_ms = 24 * 60 * 60 * 1000LL;
  std::size_t streams = 1024;
  std::size_t messages_a_second = 5;
  std::size_t message_bytes = 4000;
  std::size_t target_bytes = 8000;
};

class StreamSession;

// What a session tells its server.
class StreamSessionOwner {
 public:
  virtual ~StreamSessionOwner() = default;
  // It is open. False: there is no such path.
  virtual bool opened(StreamSession& session, const std::string& target) = 0;
  virtual void said(StreamSession& session, std::string_view text) = 0;
  virtual void ended(StreamSession& session) = 0;
};

// What all sessions share.
struct StreamShared {
  StreamSessionOwner& owner;
  const StreamLimits& limits;
  const Faults& faults;
  Ledger& ledger;
  probe::Random& random;
};

class StreamSession : public std::enable_shared_from_this<StreamSession> {
 public:
  using Text = std::shared_ptr<const std::string>;

  StreamSession(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context& tls, StreamShared& shared);

  void start();
  // A message of a stream: may be skipped, repeated or held back.
  void offer(const Text& text, std::int64_t now_ms);
  // What no fault but a stall touches.
  void say(std::string text);
  // Pings, ends what has lasted too long, sends what was held back.
  void tick(std::int64_t now_ms);
  void close(boost::beast::websocket::close_code code, std::int64_t now_ms);  // with a close frame
  void close_at(std::int64_t then_ms) { close_at_ms_ = then_ms; }
  void drop();  // without one
  void freeze() { is_frozen_ = true; }

  bool is_open() const { return state_ == State::open; }
  bool is_frozen() const { return is_frozen_; }
  bool is_combined = false;
  std::set<std::string> streams;

 private:
  enum class State { handshake, open, closing, closed };
  using Request = boost::beast::http::request_parser<boost::beast::http::string_body>;

  void read_upgrade();
  void answer_upgrade();
  void refuse_upgrade(boost::beast::http::status status);
  void read();
  void take(std::string_view text);
  bool count_message(std::int64_t now_ms);
  void on_control(boost::beast::websocket::frame_type kind, std::string_view payload);
  void put(const Text& text);
  void write();
  void look_at_pings(std::int64_t now_ms);
  bool is_stalled(std::int64_t now_ms) const { return now_ms < shared_.faults.stalled_until_ms; }

  StreamShared& shared_;
  boost::beast::websocket::stream<boost::beast::ssl_stream<boost::beast::tcp_stream>> socket_;
  State state_ = State::handshake;
  Request request_;
  boost::beast::http::response<boost::beast::http::string_body> refusal_;
  boost::beast::flat_buffer input_;
  SlidingWindow messages_;
  bool is_frozen_ = false;
  bool is_doomed_ = false;  // reads too slowly
  bool is_writing_ = false;
  bool is_pinging_ = false;
  std::deque<Text> output_;
  std::size_t output_bytes_ = 0;
  Text older_;  // one that was sent before
  Text held_;   // until so many others have been sent
  std::uint32_t held_for_ = 0;
  std::int64_t held_until_ms_ = 0;
  std::int64_t opened_ms_ = 0;
  std::int64_t closing_ms_ = 0;
  std::optional<std::int64_t> close_at_ms_;
  std::int64_t next_ping_ms_ = 0;
  std::deque<std::pair<std::string, std::int64_t>> unanswered_;  // pings, and when their answer is due
};

}  // namespace streamd::exchange
