#include "http/http_server.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <ctime>
#include <exception>
#include <map>
#include <memory>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/log.h"
#include "http/http_listener.h"
#include "http/http_session.h"
#include "http/response_text.h"

namespace streamd {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kReadBytes = 16 << 10;
constexpr std::size_t kMaxLingering = 256;
constexpr milliseconds kLingerTime{1000};

// How exactly times are kept.
milliseconds interval_of(const HttpLimits& limits) {
  const milliseconds shortest =
      std::min({limits.request_time, limits.idle_time, limits.write_time, limits.keep_alive_time});
  return std::clamp(shortest / 8, milliseconds(5), milliseconds(250));
}

}  // namespace

struct HttpServer::Parts {
  Parts(const HttpLimits& limits_, std::string token_)
      : limits(limits_), token(std::move(token_)), workers(limits.slow_threads, limits.max_waiting_slow) {}

  void take(FileDescriptor fd, const RequestDoor& door);
  void refuse(FileDescriptor fd);
  void keep_time();
  void close_all();
  void run();

  const HttpLimits limits;
  const std::string token;
  HttpCounters counters;
  std::atomic<bool> stopping{false};
  std::map<std::string, HttpRoute> routes;
  std::map<std::string, HttpMethods> methods;
  std::vector<char> scratch = std::vector<char>(kReadBytes);
  UnixSocketFile unix_file;
  std::uint16_t port = 0;
  bool is_running = false;

  asio::io_context context{1};
  WorkerPool workers;
  LingeringSockets lingering{context, kMaxLingering, kLingerTime};
  std::vector<std::unique_ptr<HttpListener>> listeners;
  asio::steady_timer timer{context};
  bool is_keeping_time = false;
  std::unordered_map<HttpSession*, std::shared_ptr<HttpSession>> sessions;
  HttpShared shared{context,  limits,  token,     routes,   methods,
                    stopping, workers, lingering, counters, scratch,
                    [this](HttpSession& session) {
                      sessions.erase(&session);
                      counters.sessions_open = sessions.size();
                    }};
  std::thread thread;
};

HttpServer::HttpServer(const HttpLimits& limits, std::string token)
    : parts_(std::make_unique<Parts>(limits, std::move(token))) {}
HttpServer::~HttpServer() { stop(); }

void HttpServer::route(const std::string& path, Handler handler, HttpMethods methods) {
  parts_->routes[path] = {std::move(handler), nullptr, nullptr};
  parts_->methods[path] = methods;
}

void HttpServer::route_slow(const std::string& path, SlowHandler handler, HttpMethods methods) {
  parts_->routes[path] = {nullptr, std::move(handler), nullptr};
  parts_->methods[path] = methods;
}

void HttpServer::route_stream(const std::string& path, StreamHandler handler) {
  parts_->routes[path] = {nullptr, nullptr, std::move(handler)};
  parts_->methods[path] = HttpMethods::get;
}

Result<void> HttpServer::listen_tcp(const std::string& host, std::uint16_t port) {
  Parts& parts = *parts_;
  auto socket = listen_on_tcp(host, port);
  if (!socket) return socket.error();
  parts.port = socket->port;
  parts.listeners.push_back(std::make_unique<HttpListener>(
      parts.context, std::move(*socket),
      [&parts](FileDescriptor fd, const RequestDoor& door) { parts.take(std::move(fd), door); }));
  return {};
}

std::uint16_t HttpServer::port() const { return parts_->port; }

Result<void> HttpServer::listen_unix(const std::string& path) {
  Parts& parts = *parts_;
  auto socket = listen_on_unix(path, parts.unix_file);
  if (!socket) return socket.error();
  parts.listeners.push_back(std::make_unique<HttpListener>(
      parts.context, std::move(*socket),
      [&parts](FileDescriptor fd, const RequestDoor& door) { parts.take(std::move(fd), door); }));
  return {};
}

void HttpServer::start() {
  Parts& parts = *parts_;
  parts.is_running = true;
  parts.workers.start();
  for (const auto& listener : parts.listeners) listener->start();
  parts.thread = std::thread([&parts] { parts.run(); });
}

void HttpServer::Parts::run() {
  const auto guard = asio::make_work_guard(context);
  while (!context.stopped()) {
    try {
      context.run();
    } catch (const std::exception& failure) {  // of one session, which its time limits end
      log_error("HTTP: {}", failure.what());
    } catch (...) {
      log_error("HTTP: something that is no exception");
    }
  }
}

void HttpServer::stop() {
  Parts& parts = *parts_;
  if (parts.is_running) {
    parts.is_running = false;
    parts.stopping = true;
    asio::post(parts.context, [&parts] { parts.close_all(); });
    parts.workers.stop();
    parts.thread.join();
  }
  parts.listeners.clear();
  parts.unix_file.remove();
  parts.unix_file = {};
}

void HttpServer::Parts::close_all() {
  for (const auto& listener : listeners) listener->close();
  while (!sessions.empty()) {
    const std::shared_ptr<HttpSession> session = sessions.begin()->second;
    session->close();
  }
  lingering.close_all();
  timer.cancel();
  context.stop();
}

void HttpServer::Parts::take(FileDescriptor fd, const RequestDoor& door) {
  if (sessions.size() >= limits.max_sessions) return refuse(std::move(fd));
  const auto session = std::make_shared<HttpSession>(shared, std::move(fd), door);
  sessions.emplace(session.get(), session);
  counters.sessions_open = sessions.size();
  session->start();
  keep_time();
}

void HttpServer::Parts::refuse(FileDescriptor fd) {
  counters.sessions_refused += 1;
  counters.errors += 1;
  HttpResponse response = HttpResponse::error(503, "too many connections are open");
  response.headers.emplace_back("Retry-After", "1");
  const std::string text =
      response_head(response, {response.body.size(), true, false, static_cast<std::int64_t>(std::time(nullptr))}) +
      response.body;
  const ssize_t count = ::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (count <= 0) return;
  lingering.add(fd.release());
  keep_time();
}

void HttpServer::Parts::keep_time() {
  if (is_keeping_time) return;
  is_keeping_time = true;
  timer.expires_after(interval_of(limits));
  timer.async_wait([this](const boost::system::error_code& failure) {
    is_keeping_time = false;
    if (failure || stopping) return;
    std::vector<std::shared_ptr<HttpSession>> all;
    all.reserve(sessions.size());
    for (const auto& [key, session] : sessions) all.push_back(session);
    const auto now = Clock::now();
    for (const auto& session : all) session->look_at_time(now);
    lingering.look_at_time(now);
    if (!sessions.empty() || !lingering.empty()) keep_time();
  });
}

HttpServer::Counts HttpServer::counts() const {
  const HttpCounters& counters = parts_->counters;
  return {counters.sessions_open, counters.sessions_refused, counters.requests,
          counters.errors,        counters.streams_open,     counters.streams_cut};
}

}  // namespace streamd
