// A server with short times and a few routes, and what tests of it ask again and again.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "http/http_server.h"
#include "support/http_client.h"

namespace streamd {

using namespace std::chrono_literals;

inline bool comes_true(const std::function<bool()>& condition, std::chrono::milliseconds limit = 30s) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

class HttpServerTest : public ::testing::Test {
 protected:
  ~HttpServerTest() override {
    if (server) server->stop();
  }

  // Routes: /hello, /echo (all of the request), /large (8 MiB), /throws, /slow (until `slow_may_end` or nobody waits),
  // /events (streams are kept in `streams`), /no_events (refuses).
  void start(std::string token = "", const std::string& unix_path = "") {
    server = std::make_unique<HttpServer>(limits, std::move(token));
    server->route("/hello", [](const HttpRequest&) { return HttpResponse{.body = "hello\n"}; });
    server->route("/echo", [](const HttpRequest& request) { return HttpResponse{.body = text_of(request)}; },
                  HttpMethods::get_and_post);
    server->route("/large", [](const HttpRequest&) { return HttpResponse{.body = std::string(8 << 20, 'x')}; });
    server->route("/throws", [](const HttpRequest&) -> HttpResponse { throw std::runtime_error("as it was told"); });
    server->route("/fields", [](const HttpRequest&) {
      return HttpResponse{200, "text/html", "x", {{"Cache-Control", "max-age=9"}, {"X-Evil", "a\r\nX-Worse: b"}}};
    });
    server->route_slow("/slow", [this](const HttpRequest&, const std::function<bool()>& is_gone) {
      slow_running += 1;
      while (!slow_may_end && !is_gone()) std::this_thread::sleep_for(1ms);
      if (is_gone()) slow_left += 1;
      slow_running -= 1;
      return HttpResponse{.body = "at last\n"};
    });
    server->route_slow("/slow_throws", [](const HttpRequest&, const auto&) -> HttpResponse { throw 7; });
    server->route_stream("/events", [this](const HttpRequest&, std::shared_ptr<HttpStream> stream) {
      stream->send(event("first"));
      std::lock_guard lock(mutex);
      streams.push_back(std::move(stream));
      return HttpResponse{};
    });
    server->route_stream("/no_events", [this](const HttpRequest&, std::shared_ptr<HttpStream> stream) {
      std::lock_guard lock(mutex);
      streams.push_back(std::move(stream));
      return HttpResponse::error(400, "no");
    });
    const auto listening = server->listen_tcp("127.0.0.1", 0);
    ASSERT_TRUE(listening.ok()) << listening.error().message;
    if (!unix_path.empty()) {
      const auto local = server->listen_unix(unix_path);
      ASSERT_TRUE(local.ok()) << local.error().message;
    }
    server->start();
  }

  static std::string text_of(const HttpRequest& request) {
    std::string text = request.method + " " + request.path + (request.is_trusted ? " trusted" : " stranger");
    for (const auto& [name, value] : request.query) text += " [" + name + "=" + value + "]";
    return text + " {" + request.body + "} " + request.accept + "|" + request.last_event_id;
  }

  static std::shared_ptr<const std::string> event(const std::string& text) {
    return std::make_shared<const std::string>("data: " + text + "\n\n");
  }

  HttpClient connect() const { return HttpClient(server->port()); }

  // Of a fresh connection that says `bytes`.
  HttpReply ask(const std::string& bytes) const {
    HttpClient client = connect();
    client.send(bytes);
    const auto reply = client.read_reply(!bytes.starts_with("HEAD"));
    return reply.value_or(HttpReply{});
  }
  HttpReply get(const std::string& target, const std::string& more_fields = "") const {
    return ask("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + more_fields + "\r\n");
  }
  void expect_well() const { EXPECT_EQ(get("/hello").body, "hello\n"); }

  std::shared_ptr<HttpStream> stream(std::size_t index) {
    comes_true([&] {
      std::lock_guard lock(mutex);
      return streams.size() > index;
    });
    std::lock_guard lock(mutex);
    return streams.at(index);
  }

  HttpLimits limits{.max_body_bytes = 64 << 10,
                    .max_stream_bytes = 256 << 10,
                    .request_time = 1s,
                    .idle_time = 5s,
                    .write_time = 1s,
                    .keep_alive_time = 300ms};
  std::atomic<int> slow_running{0};
  std::atomic<int> slow_left{0};
  std::atomic<bool> slow_may_end{false};
  std::mutex mutex;
  std::vector<std::shared_ptr<HttpStream>> streams;
  std::unique_ptr<HttpServer> server;
};

}  // namespace streamd
