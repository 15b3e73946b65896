// An HTTP/1.1 server for an operator and a few browsers, on Boost.Beast, on a thread of its own: TCP and a Unix socket,
// the same routes on both. Everything is bounded: sessions, sizes of header and body, the time that each step may take,
// what waits for a slow client (who is hung up on, never waited for). It never touches what the daemon does: handlers
// get at that by functions that they were given.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "http/http_message.h"

namespace streamd {

struct HttpLimits {
  std::size_t max_sessions = 256;  // beyond it a new one gets 503 and is closed
  std::size_t max_header_bytes = 16 << 10;
  std::size_t max_body_bytes = 1 << 20;
  std::size_t max_stream_bytes = 8 << 20;              // that wait for one event stream; beyond it, it is ended
  std::chrono::milliseconds request_time{10'000};      // for a request's header and body, from its first byte
  std::chrono::milliseconds idle_time{60'000};         // between two requests of a session
  std::chrono::milliseconds write_time{10'000};        // for an answer to make some way
  std::chrono::milliseconds keep_alive_time{15'000};   // an event stream that is silent for so long gets a comment
  std::size_t slow_threads = 2;
  std::size_t max_waiting_slow = 16;  // requests that wait for a thread; beyond it, 503
};

// Text of a server-sent event stream on its way to one client. Any thread.
class HttpStream {
 public:
  virtual ~HttpStream() = default;
  // Sent as it is, in order: whole events, for comments go between texts. False: the stream has ended, by the client or
  // its bound; nobody will read it.
  virtual bool send(std::shared_ptr<const std::string> text) = 0;
  // What was sent before still goes out.
  virtual void end() = 0;
  virtual bool is_open() const = 0;
};

class HttpServer {
 public:
  // On the server's thread: must be quick.
  using Handler = std::function<HttpResponse(const HttpRequest&)>;
  // On one of the server's few worker threads; may take its time. `is_gone()`: the client has left, or the server
  // stops, which waits for the handler: one that takes long asks often.
  using SlowHandler = std::function<HttpResponse(const HttpRequest&, const std::function<bool()>& is_gone)>;
  // On the server's thread. Answers with status 200, keeps the stream and sends from any thread; or answers with
  // another status, and the stream has ended.
  using StreamHandler = std::function<HttpResponse(const HttpRequest&, std::shared_ptr<HttpStream>)>;

  // `token`: who brings it (Authorization: Bearer) is trusted; empty: none is asked for, loopback is trusted alone. The
  // Unix socket always is.
  HttpServer(const HttpLimits& limits, std::string token);
  ~HttpServer();  // stops

  // Before start(). Of several routes the one with exactly this path counts. Other methods are answered with 405.
  void route(const std::string& path, Handler handler, HttpMethods methods = HttpMethods::get);
  void route_slow(const std::string& path, SlowHandler handler, HttpMethods methods = HttpMethods::get_and_post);
  void route_stream(const std::string& path, StreamHandler handler);

  // Before start(). Port 0 picks one. Listening on loopback, only requests for an address, localhost or `host` are
  // answered: a page whose name leads here is not.
  Result<void> listen_tcp(const std::string& host, std::uint16_t port);
  std::uint16_t port() const;
  // A socket that nobody listens on any more is replaced. Mode 0600, from its first moment.
  Result<void> listen_unix(const std::string& path);

  void start();
  // Ends all sessions and joins its threads; the Unix socket's file goes. Not from a handler.
  void stop();

  struct Counts {
    std::uint64_t sessions_open = 0;
    std::uint64_t sessions_refused = 0;
    std::uint64_t requests = 0;
    std::uint64_t errors = 0;   // answers of 400 and above
    std::uint64_t streams_open = 0;
    std::uint64_t streams_cut = 0;  // by their bound
  };
  Counts counts() const;  // any thread

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace streamd
