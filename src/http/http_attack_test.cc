// Clients that are slow, greedy, silent or mad: each costs a bounded time and a bounded memory, and the others are
// served.
#include <sys/resource.h>

#include <fstream>
#include <random>

#include "support/http_fixture.h"

namespace streamd {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;  // takes memory and open files of its own
#else
constexpr bool kSanitized = false;
#endif

const std::string kHello = "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n";

long resident_kb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stol(line.substr(6));
  }
  return 0;
}

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

// Sends a byte every few milliseconds; how long the server let that go on.
std::chrono::milliseconds drip(HttpClient& client, std::string_view bytes) {
  const auto begun = std::chrono::steady_clock::now();
  for (std::size_t i = 0; std::chrono::steady_clock::now() - begun < 5s; ++i) {
    if (!client.send(bytes.substr(i % bytes.size(), 1))) break;
    if (client.read_through("\r\n\r\n", 10ms)) break;
  }
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
}

class OpenFilesLimit {
 public:
  explicit OpenFilesLimit(rlim_t limit) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    is_set_ = set(limit);
  }
  ~OpenFilesLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  bool set(rlim_t limit) {
    const rlimit wanted{limit, before_.rlim_max};
    return ::setrlimit(RLIMIT_NOFILE, &wanted) == 0;
  }
  bool is_set() const { return is_set_; }

 private:
  rlimit before_{};
  bool is_set_ = false;
};

using HttpAttackTest = HttpServerTest;

TEST_F(HttpAttackTest, SlowHeadersEnd) {
  start();
  HttpClient client = connect();
  client.send("GET /hello HTTP/1.1\r\n");
  const auto took = drip(client, "X-Slow: loris\r\n");
  EXPECT_GE(took, 300ms);
  EXPECT_LE(took, 4s);
  expect_well();
}

TEST_F(HttpAttackTest, SlowBodiesEnd) {
  start();
  HttpClient client = connect();
  client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n");
  EXPECT_LE(drip(client, "body"), 4s);
  HttpClient silent = connect();
  silent.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n");
  const auto reply = silent.read_reply();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 408u);
  EXPECT_EQ(silent.read_to_end(), "");
}

TEST_F(HttpAttackTest, LargeHeadersAreRefused) {
  start();
  for (const std::string& bytes :
       {"GET /hello HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(1 << 20, 'x') + "\r\n\r\n",
        "GET /" + std::string(1 << 20, 'x') + " HTTP/1.1\r\n\r\n", std::string(1 << 20, 'x')}) {
    HttpClient client = connect();
    client.send(bytes);
    const auto reply = client.read_reply();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 431u);
    EXPECT_EQ(client.read_to_end(), "");
    EXPECT_FALSE(client.was_reset());
  }
  expect_well();
}

TEST_F(HttpAttackTest, LargeBodiesAreRefused) {
  start();
  const std::string head = "POST /echo HTTP/1.1\r\nHost: localhost\r\n";
  const std::string body(1 << 20, 'x');
  for (const std::string& bytes : {head + "Content-Length: 1048576\r\n\r\n" + body,
                                   head + "Content-Length: 18446744073709551615\r\n\r\n",
                                   head + "Transfer-Encoding: chunked\r\n\r\n100000\r\n" + body + "\r\n0\r\n\r\n",
                                   head + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n" + body}) {
    HttpClient client = connect();
    client.send(bytes);
    const auto reply = client.read_reply();
    ASSERT_TRUE(reply) << bytes.substr(0, 100);
    EXPECT_EQ(reply->status, 413u) << bytes.substr(0, 100);
    EXPECT_EQ(client.read_to_end(), "");
  }
  std::string many_pieces;
  for (int i = 0; i < 70'000; ++i) many_pieces += "1\r\nx\r\n";
  EXPECT_EQ(ask(head + "Transfer-Encoding: chunked\r\n\r\n" + many_pieces).status, 413u);
  EXPECT_EQ(ask(head + "Transfer-Encoding: chunked\r\n\r\n1;" + body).status, 400u);
  EXPECT_EQ(ask(head + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + body).status, 400u);
  expect_well();
}

TEST_F(HttpAttackTest, AThousandRequestsInOneWrite) {
  start();
  HttpClient client = connect();
  std::string requests;
  for (int i = 0; i < 1000; ++i) {
    requests += "GET /echo?i=" + std::to_string(i) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  }
  client.send(requests);
  for (int i = 0; i < 1000; ++i) {
    const auto reply = client.read_reply();
    ASSERT_TRUE(reply) << i;
    ASSERT_EQ(reply->body, "GET /echo trusted [i=" + std::to_string(i) + "] {} |");
  }
}

TEST_F(HttpAttackTest, RequestsAheadDoNotPileUp) {
  start();
  HttpClient client = connect();
  client.get("/slow");
  ASSERT_TRUE(comes_true([&] { return slow_running == 1; }));
  const long before = resident_kb();
  std::string requests;
  for (int i = 0; i < 100; ++i) requests += kHello;
  while (client.send(requests, 100ms)) {
  }
  EXPECT_LT(resident_kb() - before, kSanitized ? 1 << 20 : 4096);
  expect_well();
  slow_may_end = true;
  EXPECT_EQ(client.read_reply()->body, "at last\n");
  EXPECT_EQ(client.read_reply()->body, "hello\n");
}

TEST_F(HttpAttackTest, AClientThatDoesNotReadIsHungUpOn) {
  start();
  HttpClient client(server->port(), 4096);
  client.get("/large");
  EXPECT_TRUE(comes_true([&] { return server->counts().sessions_open == 1; }));
  EXPECT_TRUE(comes_true([&] { return server->counts().sessions_open == 0; }, 5s));
  client.read_to_end();
  EXPECT_TRUE(client.was_reset());
  expect_well();
}

TEST_F(HttpAttackTest, AClientThatReadsSlowlyGetsItsAnswer) {
  start();
  HttpClient client(server->port(), 64 << 10);
  client.get("/large", "Connection: close\r\n");
  ASSERT_TRUE(client.read_through("\r\n\r\n"));
  std::size_t size = 0;
  for (; size < (8u << 20); size += 256 << 10) {
    std::this_thread::sleep_for(50ms);  // longer in all than write_time
    ASSERT_TRUE(client.read_bytes(256 << 10));
  }
  EXPECT_EQ(client.read_to_end(), "");
}

TEST_F(HttpAttackTest, GarbageIsAnsweredOrHungUpOn) {
  start();
  std::mt19937_64 random(7);
  for (int i = 0; i < 300; ++i) {
    std::string bytes = i % 3 == 0 ? kHello : "";
    const std::size_t size = random() % 3000;
    for (std::size_t j = 0; j < size; ++j) bytes += static_cast<char>(random());
    if (i % 3 == 1) bytes += "\r\n\r\n";
    HttpClient client = connect();
    client.send(bytes);
    client.half_close();
    ASSERT_TRUE(client.read_to_end(3s)) << i;
  }
  expect_well();
  EXPECT_TRUE(comes_true([&] { return server->counts().sessions_open == 0; }));
}

TEST_F(HttpAttackTest, BrokenRequestsAreAnsweredOrHungUpOn) {
  start();
  std::mt19937_64 random(8);
  const std::string good = "POST /echo?a=b HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                           "3\r\nabc\r\n0\r\n\r\n";
  for (int i = 0; i < 500; ++i) {
    std::string bytes = good + good;
    for (std::size_t flips = 1 + random() % 4; flips > 0; --flips) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    HttpClient client = connect();
    client.send(bytes);
    client.half_close();
    ASSERT_TRUE(client.read_to_end(3s)) << bytes;
  }
  expect_well();
}

TEST_F(HttpAttackTest, TooManyConnectionsAreRefusedAtOnce) {
  limits.max_sessions = 20;
  start();
  std::vector<HttpClient> clients;
  for (int i = 0; i < 20; ++i) clients.push_back(connect());
  ASSERT_TRUE(comes_true([&] { return server->counts().sessions_open == 20; }));
  for (int i = 0; i < 400; ++i) {
    HttpClient client = connect();
    client.send(kHello);
    const auto reply = client.read_reply();
    ASSERT_TRUE(reply) << i;
    EXPECT_EQ(reply->status, 503u);
    EXPECT_EQ(reply->field("retry-after"), "1");
    EXPECT_EQ(client.read_to_end(), "");
    EXPECT_FALSE(client.was_reset());
  }
  EXPECT_EQ(server->counts().sessions_refused, 400u);
  clients.clear();
  ASSERT_TRUE(comes_true([&] { return server->counts().sessions_open == 0; }));
  expect_well();
}

TEST_F(HttpAttackTest, TwoThousandIdleConnectionsCostLittle) {
  const OpenFilesLimit files(6000);
  if (!files.is_set()) GTEST_SKIP() << "needs 6000 open files";
  limits.max_sessions = 3000;
  start();
  std::vector<HttpClient> clients;
  clients.reserve(2000);
  const long before = resident_kb();
  for (int i = 0; i < 2000; ++i) {
    clients.push_back(connect());
    ASSERT_TRUE(clients.back().is_connected()) << i;
    if (i % 2 == 0) clients.back().send(kHello);
  }
  ASSERT_TRUE(comes_true([&] { return server->counts().sessions_open == 2000 && server->counts().requests == 1000; }));
  EXPECT_LT(resident_kb() - before, kSanitized ? 1 << 20 : 2000 * 4);
  expect_well();
  const double cpu_before = cpu_seconds();
  std::this_thread::sleep_for(500ms);
  EXPECT_LT(cpu_seconds() - cpu_before, 0.1);
  const auto begun = std::chrono::steady_clock::now();
  server->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 3s);
}

TEST_F(HttpAttackTest, NoMoreFilesIsWaitedFor) {
  if (kSanitized) GTEST_SKIP() << "the sanitizers need open files";
  start();
  expect_well();
  ASSERT_TRUE(comes_true([&] { return server->counts().sessions_open == 0; }));
  HttpClient client = HttpClient::unconnected();
  std::vector<HttpClient> more;  // the lowest free numbers
  OpenFilesLimit files(64);
  ASSERT_TRUE(files.is_set());
  for (;;) {
    HttpClient next = HttpClient::unconnected();
    if (!next.is_open()) break;
    more.push_back(std::move(next));
  }
  client.connect_to(server->port());
  client.send(kHello);
  const double cpu_before = cpu_seconds();
  EXPECT_FALSE(client.read_reply(true, 500ms));
  EXPECT_LT(cpu_seconds() - cpu_before, 0.1);
  more.clear();
  const auto reply = client.read_reply();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body, "hello\n");
}

}  // namespace
}  // namespace streamd
