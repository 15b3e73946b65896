// One connection: requests in, one after another, their answers out. It reads a request only when the one before has
// been answered, so what a client sends ahead waits with the client. Each step has its time. The server's thread only.
//
//   idle → reading → (working →) writing → idle …, or → streaming until one of the two ends it
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "http/http_server.h"
#include "http/lingering_sockets.h"
#include "http/request_reader.h"
#include "http/request_target.h"
#include "http/stream_queue.h"
#include "http/worker_pool.h"
#include "io/file.h"

namespace streamd {

// One of the three.
struct HttpRoute {
  HttpServer::Handler handler;
  HttpServer::SlowHandler slow_handler;
  HttpServer::StreamHandler stream_handler;
};

struct HttpCounters {
  std::atomic<std::uint64_t> sessions_open{0};
  std::atomic<std::uint64_t> sessions_refused{0};
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> errors{0};
  std::atomic<std::uint64_t> streams_open{0};
  std::atomic<std::uint64_t> streams_cut{0};
};

class HttpSession;

// What all sessions share.
struct HttpShared {
  boost::asio::io_context& context;
  const HttpLimits& limits;
  const std::string& token;
  const std::map<std::string, HttpRoute>& routes;
  const std::map<std::string, HttpMethods>& methods;  // of the routes
  const std::atomic<bool>& stopping;
  WorkerPool& workers;
  LingeringSockets& lingering;
  HttpCounters& counters;
  std::vector<char>& scratch;  // to read into
  std::function<void(HttpSession&)> ended;
};

class HttpSession : public std::enable_shared_from_this<HttpSession> {
 public:
  using Clock = std::chrono::steady_clock;

  HttpSession(HttpShared& shared, FileDescriptor fd, const RequestDoor& door);

  void start();
  // Ends what has taken too long.
  void look_at_time(Clock::time_point now);
  // At once.
  void close();

 private:
  enum class State { idle, reading, working, writing, streaming, closed };
  enum class Written { all, some, failed };

  // Requests that have come, until one has to wait.
  void run();
  // False: it waits for more bytes, or has ended.
  bool read_request();
  void handle_request();
  void start_slow(const HttpServer::SlowHandler& handler, HttpRequest request);
  void start_stream(const HttpServer::StreamHandler& handler, const HttpRequest& request);
  void answer(HttpResponse response);
  void refuse(HttpResponse response);  // and ends the session
  void pump_stream();
  void finish();        // after the last answer
  void cut();           // a client that does not take what is sent

  void put(std::string text);
  Written write_some();
  void write();
  void wrote_all();

  void watch_readable();
  void watch_writable();
  void watch_hang_up();
  void on_readable();
  void take_in();
  void on_client_half_closed();

  HttpShared& shared_;
  boost::asio::posix::stream_descriptor descriptor_;
  const RequestDoor door_;
  State state_ = State::idle;
  Clock::time_point deadline_;
  bool is_watching_readable_ = false;
  bool is_watching_writable_ = false;
  bool is_watching_hang_up_ = false;
  bool has_ended_ = false;       // the client sends no more
  bool closes_ = false;          // after this answer
  bool is_head_ = false;
  bool is_http_1_0_ = false;
  std::string input_;            // and not taken by the reader
  std::unique_ptr<RequestReader> reader_;
  std::deque<std::shared_ptr<const std::string>> output_;
  std::size_t output_offset_ = 0;  // in the first of them
  std::shared_ptr<StreamQueue> stream_;
  std::shared_ptr<std::atomic<bool>> gone_;  // for slow handlers
};

}  // namespace streamd
