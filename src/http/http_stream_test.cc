// Event streams, and handlers that take their time.
#include "http/stream_queue.h"
#include "support/http_fixture.h"

namespace streamd {
namespace {

using HttpStreamTest = HttpServerTest;
using HttpSlowTest = HttpServerTest;

TEST_F(HttpStreamTest, EventsArriveInOrder) {
  start();
  HttpClient client = connect();
  client.get("/events");
  const auto reply = client.read_reply();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200u);
  EXPECT_EQ(reply->field("content-type"), "text/event-stream");
  EXPECT_EQ(reply->field("cache-control"), "no-store");
  EXPECT_EQ(reply->fields.count("content-length"), 0u);
  EXPECT_EQ(client.read_through("\n\n"), "data: first\n\n");
  EXPECT_EQ(server->counts().streams_open, 1u);
  for (int i = 0; i < 2000; ++i) EXPECT_TRUE(stream(0)->send(event(std::to_string(i))));
  EXPECT_TRUE(stream(0)->send(std::make_shared<const std::string>()));
  stream(0)->end();
  EXPECT_FALSE(stream(0)->is_open());
  EXPECT_FALSE(stream(0)->send(event("too late")));
  for (int i = 0; i < 2000; ++i) ASSERT_EQ(client.read_through("\n\n"), *event(std::to_string(i)));
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_TRUE(comes_true([&] { return server->counts().streams_open == 0; }));
  EXPECT_EQ(server->counts().streams_cut, 0u);
}

TEST_F(HttpStreamTest, SendersMayBeMany) {
  start();
  HttpClient client = connect();
  client.get("/events");
  ASSERT_TRUE(client.read_through("first\n\n"));
  std::vector<std::thread> senders;
  for (int i = 0; i < 4; ++i) {
    senders.emplace_back([&, kept = stream(0)] {
      for (int j = 0; j < 200; ++j) kept->send(event("x"));
    });
  }
  for (int i = 0; i < 800; ++i) ASSERT_EQ(client.read_through("\n\n"), "data: x\n\n");
  for (std::thread& sender : senders) sender.join();
}

TEST_F(HttpStreamTest, ASilentStreamGetsComments) {
  start();
  HttpClient client = connect();
  client.get("/events");
  ASSERT_TRUE(client.read_through("first\n\n"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.read_through("\n\n"), ": keep-alive\n\n");
  EXPECT_TRUE(stream(0)->is_open());
}

TEST_F(HttpStreamTest, AHandlerMayRefuse) {
  start();
  HttpClient client = connect();
  client.get("/no_events");
  EXPECT_EQ(client.read_reply()->status, 400u);
  EXPECT_FALSE(stream(0)->is_open());
  EXPECT_FALSE(stream(0)->send(event("x")));
  client.get("/hello");
  EXPECT_EQ(client.read_reply()->status, 200u);
  EXPECT_EQ(server->counts().streams_open, 0u);
}

TEST_F(HttpStreamTest, AClientThatFallsBehindIsCut) {
  start();
  HttpClient client(server->port(), 4096);
  client.get("/events");
  ASSERT_TRUE(client.read_through("first\n\n"));
  const auto text = event(std::string(10'000, 'x'));
  int sent = 0;
  while (stream(0)->send(text)) ASSERT_LT(++sent, 10'000);
  EXPECT_FALSE(stream(0)->is_open());
  EXPECT_TRUE(comes_true([&] { return server->counts().streams_cut == 1 && server->counts().streams_open == 0; }));
  client.read_to_end();
  EXPECT_TRUE(client.was_reset());
}

TEST_F(HttpStreamTest, AClientThatStopsReadingIsCut) {
  limits.max_stream_bytes = 64 << 20;
  start();
  HttpClient client(server->port(), 4096);
  client.get("/events");
  ASSERT_TRUE(client.read_through("first\n\n"));
  EXPECT_TRUE(stream(0)->send(event(std::string(16 << 20, 'x'))));
  EXPECT_TRUE(comes_true([&] { return !stream(0)->is_open(); }, 5s));
  EXPECT_EQ(server->counts().streams_cut, 1u);
}

TEST_F(HttpStreamTest, AHalfClosedClientGetsEvents) {
  start();
  HttpClient client = connect();
  client.get("/events");
  client.half_close();
  ASSERT_TRUE(client.read_through("first\n\n"));
  std::this_thread::sleep_for(50ms);
  EXPECT_TRUE(stream(0)->send(event("more")));
  EXPECT_TRUE(client.read_through("data: more\n\n"));
  EXPECT_TRUE(client.read_through(": keep-alive\n\n"));
  client.reset();
  EXPECT_TRUE(comes_true([&] { return !stream(0)->is_open(); }, 4s));
}

TEST_F(HttpStreamTest, AResetAndACloseEndIt) {
  limits.keep_alive_time = 20s;
  start();
  for (std::size_t i = 0; i < 2; ++i) {
    HttpClient client = connect();
    client.get("/events");
    ASSERT_TRUE(client.read_through("first\n\n"));
    i == 0 ? client.reset() : client.close();
    EXPECT_TRUE(comes_true([&] { return !stream(i)->is_open(); }, 4s)) << i;
    EXPECT_FALSE(stream(i)->send(event("x")));
  }
  EXPECT_EQ(server->counts().streams_open, 0u);
  EXPECT_EQ(server->counts().streams_cut, 0u);
}

TEST_F(HttpStreamTest, StopEndsStreamsAndTheyMayOutliveTheServer) {
  start();
  std::vector<HttpClient> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(connect());
    clients.back().get("/events");
    ASSERT_TRUE(clients.back().read_through("first\n\n"));
  }
  std::atomic<bool> done{false};
  std::thread sender([&] {
    while (!done) {
      for (std::size_t i = 0; i < 20; ++i) stream(i)->send(event("x"));
    }
  });
  const auto begun = std::chrono::steady_clock::now();
  server->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 3s);
  server.reset();
  for (std::size_t i = 0; i < 20; ++i) EXPECT_FALSE(stream(i)->is_open());
  done = true;
  sender.join();
  for (HttpClient& client : clients) EXPECT_TRUE(client.read_to_end());
}

TEST(StreamQueue, IsBoundedAndWakesOnceForManyTexts) {
  int wakes = 0;
  StreamQueue queue(1000, [&] { ++wakes; });
  const auto text = std::make_shared<const std::string>(236, 'x');  // 300 with what it costs beside
  EXPECT_TRUE(queue.send(text));
  EXPECT_TRUE(queue.send(text));
  EXPECT_TRUE(queue.send(text));
  EXPECT_EQ(wakes, 1);
  EXPECT_EQ(queue.take(), text);
  EXPECT_EQ(queue.take(), text);  // the first has gone
  EXPECT_TRUE(queue.send(text));
  EXPECT_EQ(wakes, 2);
  EXPECT_FALSE(queue.send(text));  // the second is under way
  EXPECT_EQ(wakes, 3);
  EXPECT_EQ(queue.state(), StreamQueue::State::overrun);
  EXPECT_EQ(queue.take(), nullptr);
  EXPECT_FALSE(queue.is_open());
}

TEST_F(HttpSlowTest, DoesNotHoldUpTheOthers) {
  start();
  HttpClient client = connect();
  client.get("/slow");
  ASSERT_TRUE(comes_true([&] { return slow_running == 1; }));
  expect_well();
  std::this_thread::sleep_for(1200ms);  // longer than any limit but idle_time
  slow_may_end = true;
  EXPECT_EQ(client.read_reply()->body, "at last\n");
}

TEST_F(HttpSlowTest, TooManyAreTurnedAway) {
  limits.max_waiting_slow = 3;
  start();
  std::vector<HttpClient> clients;
  for (int i = 0; i < 5; ++i) {
    clients.push_back(connect());
    clients.back().get("/slow");
  }
  ASSERT_TRUE(comes_true([&] { return slow_running == 2 && server->counts().requests == 5; }));
  const HttpReply reply = get("/slow");
  EXPECT_EQ(reply.status, 503u);
  EXPECT_EQ(reply.field("retry-after"), "1");
  expect_well();
  slow_may_end = true;
  for (HttpClient& client : clients) EXPECT_EQ(client.read_reply()->body, "at last\n");
  EXPECT_EQ(get("/slow").status, 200u);
}

TEST_F(HttpSlowTest, LearnsThatItsClientHasLeft) {
  start();
  for (int i = 0; i < 4; ++i) {
    HttpClient client = connect();
    client.get("/slow");
    if (i == 2) client.get("/hello");  // waits
    ASSERT_TRUE(comes_true([&] { return slow_running == 1; }));
    i == 0 || i == 2 ? client.reset() : client.close();
    ASSERT_TRUE(comes_true([&] { return slow_left == i + 1 && slow_running == 0; }, 4s)) << i;
  }
  EXPECT_TRUE(comes_true([&] { return server->counts().sessions_open == 0; }));
}

TEST_F(HttpSlowTest, AHalfClosedClientWaitsForItsAnswer) {
  start();
  HttpClient client = connect();
  client.get("/slow");
  client.half_close();
  ASSERT_TRUE(comes_true([&] { return slow_running == 1; }));
  std::this_thread::sleep_for(50ms);
  slow_may_end = true;
  EXPECT_EQ(client.read_through("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(client.read_reply()->body, "at last\n");
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(slow_left, 0);
}

TEST_F(HttpSlowTest, StopsWhileBusy) {
  start();
  std::vector<HttpClient> clients;
  for (int i = 0; i < 10; ++i) {
    clients.push_back(connect());
    clients.back().get(i % 2 == 0 ? "/slow" : "/large");
  }
  ASSERT_TRUE(comes_true([&] { return slow_running == 2; }));
  const auto begun = std::chrono::steady_clock::now();
  server->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 3s);
  EXPECT_EQ(slow_running, 0);
  server->stop();
}

}  // namespace
}  // namespace streamd
