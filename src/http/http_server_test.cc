// What the server answers. What it withstands: http_attack_test.cc; event streams and slow handlers:
// http_stream_test.cc; its sockets: http_listener_test.cc.
#include "http/http_server.h"

#include "support/http_fixture.h"

namespace streamd {
namespace {

TEST_F(HttpServerTest, AnswersAGet) {
  start();
  const HttpReply reply = get("/hello");
  EXPECT_EQ(reply.status, 200u);
  EXPECT_EQ(reply.body, "hello\n");
  EXPECT_EQ(reply.field("content-type"), "text/plain; charset=utf-8");
  EXPECT_EQ(reply.field("content-length"), "6");
  EXPECT_EQ(reply.field("x-content-type-options"), "nosniff");
  EXPECT_EQ(reply.field("cache-control"), "no-store");
  EXPECT_TRUE(reply.field("date").ends_with(" GMT"));
}

TEST_F(HttpServerTest, HandlersFieldsCannotBeginNewLines) {
  start();
  const HttpReply reply = get("/fields");
  EXPECT_EQ(reply.field("cache-control"), "max-age=9");
  EXPECT_EQ(reply.field("x-evil"), "a  X-Worse: b");
  EXPECT_EQ(reply.fields.count("x-worse"), 0u);
}

TEST_F(HttpServerTest, KeepsAConnection) {
  start();
  HttpClient client = connect();
  for (int i = 0; i < 3; ++i) {
    client.get("/echo?i=" + std::to_string(i), "Accept: text/csv\r\nLast-Event-ID: 7\r\n");
    const auto reply = client.read_reply();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->body, "GET /echo trusted [i=" + std::to_string(i) + "] {} text/csv|7");
  }
  client.get("/hello", "Connection: close\r\n");
  EXPECT_EQ(client.read_reply()->field("connection"), "close");
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(server->counts().requests, 4u);
  EXPECT_TRUE(comes_true([&] { return server->counts().sessions_open == 0; }));
}

TEST_F(HttpServerTest, HeadHasTheLengthAndNoBody) {
  start();
  HttpClient client = connect();
  for (const char* path : {"/hello", "/hello", "/nowhere"}) {
    client.send("HEAD " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const auto reply = client.read_reply(false);
    ASSERT_TRUE(reply);
    EXPECT_NE(reply->field("content-length"), "0");
  }
  client.send("HEAD /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.read_reply(false)->field("content-type"), "text/event-stream");
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_TRUE(streams.empty());
}

TEST_F(HttpServerTest, TakesBodiesAndForms) {
  start();
  EXPECT_EQ(ask("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello").body,
            "POST /echo trusted {hello} |");
  EXPECT_EQ(ask("POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                "3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nAuthorization: late\r\n\r\n").body,
            "POST /echo trusted {abc0123456789} |");
  EXPECT_EQ(ask("POST /echo?b=1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 11\r\n"
                "Content-Type: application/x-www-form-urlencoded\r\n\r\na=x+y%21%ff").body,
            "POST /echo trusted [a=x y!\xff] [b=1] {a=x+y%21%ff} |");
  EXPECT_EQ(ask("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n"
                "Content-Type: application/x-www-form-urlencoded\r\n\r\na=%").status, 400u);
  EXPECT_EQ(get("/echo?q=%FF+%C3%A4").body, "GET /echo trusted [q=\xff \xc3\xa4] {} |");
}

TEST_F(HttpServerTest, SaysWhatThereIsAndWhatIsTaken) {
  start();
  HttpClient client = connect();
  client.get("/nowhere");
  const auto not_found = client.read_reply();
  ASSERT_TRUE(not_found);
  EXPECT_EQ(not_found->status, 404u);
  EXPECT_NE(not_found->body.find("\n/hello\n"), std::string::npos);
  client.send("DELETE /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc");
  const auto not_allowed = client.read_reply();
  ASSERT_TRUE(not_allowed);
  EXPECT_EQ(not_allowed->status, 405u);
  EXPECT_EQ(not_allowed->field("allow"), "GET, HEAD");
  client.get("/hello");
  EXPECT_EQ(client.read_reply()->status, 200u);
  EXPECT_EQ(server->counts().errors, 2u);
}

TEST_F(HttpServerTest, AHandlerThatThrowsGives500) {
  start();
  HttpClient client = connect();
  for (const char* path : {"/throws", "/slow_throws"}) {
    client.get(path);
    const auto reply = client.read_reply();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 500u);
    EXPECT_EQ(reply->body.find("as it was told"), std::string::npos);
  }
  client.get("/hello");
  EXPECT_EQ(client.read_reply()->status, 200u);
}

TEST_F(HttpServerTest, SpeaksHttp10) {
  start();
  HttpClient client = connect();
  client.send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(client.read_reply()->field("connection"), "keep-alive");
  client.send("GET /hello HTTP/1.0\r\n\r\n");
  EXPECT_EQ(client.read_reply()->field("connection"), "close");
  EXPECT_EQ(client.read_to_end(), "");
}

TEST_F(HttpServerTest, RefusesWhatIsNoRequest) {
  start();
  const std::string host = "Host: localhost\r\n";
  const std::vector<std::pair<std::string, unsigned>> cases{
      {"hello\r\n\r\n", 400},
      {"GET /hello\r\n\r\n", 400},
      {"GET /hello HTTP/2.0\r\n" + host + "\r\n", 400},
      {"GET hello HTTP/1.1\r\n" + host + "\r\n", 400},
      {"OPTIONS * HTTP/1.1\r\n" + host + "\r\n", 400},
      {"GET /%zz HTTP/1.1\r\n" + host + "\r\n", 400},
      {"GET /hello HTTP/1.1\r\n\r\n", 400},
      {"GET /hello HTTP/1.1\r\n" + host + host + "\r\n", 400},
      {"GET /hello HTTP/1.1\r\n" + host + "no colon\r\n\r\n", 400},
      {"GET /hello HTTP/1.1\r\n" + host + "A: b\r\n folded\r\n\r\n", 200},
      {"GET /hello HTTP/1.1\nHost: localhost\n\n", 400},
      {"GET /hello HTTP/1.1\r\n" + host + "Expect: wonders\r\n\r\n", 417},
      {"POST /echo HTTP/1.1\r\n" + host + "Content-Length: x\r\n\r\n", 400},
      {"POST /echo HTTP/1.1\r\n" + host + "Content-Length: -1\r\n\r\n", 400},
      {"POST /echo HTTP/1.1\r\n" + host + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400},
      {"POST /echo HTTP/1.1\r\n" + host + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip\r\n\r\n", 501},
      {"POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
      {"POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nx\r\n", 400},
      {"GET /hello HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403},
  };
  for (const auto& [bytes, status] : cases) EXPECT_EQ(ask(bytes).status, status) << bytes;
  expect_well();
}

TEST_F(HttpServerTest, BlankLinesBetweenRequestsAreForgiven) {
  start();
  HttpClient client = connect();
  const std::string request = "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n";
  client.send("\r\n" + request + "\r\n\r\n" + request);
  EXPECT_EQ(client.read_reply()->status, 200u);
  EXPECT_EQ(client.read_reply()->status, 200u);
}

TEST_F(HttpServerTest, RequestsMayComeByteByByteAndManyAtOnce) {
  start();
  HttpClient client = connect();
  const std::string request = "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nhi";
  for (const char c : request) client.send({&c, 1});
  EXPECT_EQ(client.read_reply()->body, "POST /echo trusted {hi} |");
  client.send(request + request + "GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n" + request);
  EXPECT_EQ(client.read_reply()->status, 200u);
  EXPECT_EQ(client.read_reply()->status, 200u);
  slow_may_end = true;
  EXPECT_EQ(client.read_reply()->body, "at last\n");
  EXPECT_EQ(client.read_reply()->body, "POST /echo trusted {hi} |");
}

TEST_F(HttpServerTest, BodiesAreAskedForAndRefusedBeforeTheyCome) {
  start();
  HttpClient client = connect();
  client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_through("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("hi");
  EXPECT_EQ(client.read_reply()->body, "POST /echo trusted {hi} |");
  client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n");
  const auto reply = client.read_reply();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 413u);
  EXPECT_EQ(client.read_to_end(), "");
}

TEST_F(HttpServerTest, HalfClosedClientsGetTheirAnswers) {
  start();
  HttpClient client = connect();
  client.get("/hello");
  client.get("/large");
  client.half_close();
  EXPECT_EQ(client.read_reply()->body, "hello\n");
  EXPECT_EQ(client.read_reply()->body.size(), 8u << 20);
  EXPECT_EQ(client.read_to_end(), "");
}

TEST_F(HttpServerTest, TrustNeedsTheToken) {
  start("secret");
  EXPECT_EQ(get("/echo").body, "GET /echo stranger {} |");
  EXPECT_EQ(get("/echo", "Authorization: Bearer secret\r\n").body, "GET /echo trusted {} |");
  EXPECT_EQ(get("/echo", "Authorization: Bearer Secret\r\n").body, "GET /echo stranger {} |");
}

TEST_F(HttpServerTest, IdleConnectionsAreClosed) {
  limits.idle_time = 100ms;
  start();
  HttpClient silent = connect();
  HttpClient client = connect();
  client.get("/hello");
  EXPECT_EQ(client.read_reply()->status, 200u);
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(silent.read_to_end(), "");
}

}  // namespace
}  // namespace streamd
