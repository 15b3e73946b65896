// The server's sockets: TCP, and the Unix socket's file.
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "support/http_fixture.h"

namespace streamd {
namespace {

namespace fs = std::filesystem;

class HttpListenerTest : public HttpServerTest {
 protected:
  HttpListenerTest() { fs::create_directories(folder); }
  ~HttpListenerTest() override { fs::remove_all(folder); }

  const fs::path folder = fs::temp_directory_path() / ("http_listener_" + std::to_string(::getpid()));
  const std::string path = folder / "http.sock";
};

TEST_F(HttpListenerTest, APortInUseIsAnError) {
  start();
  HttpServer other(limits, "");
  const auto listening = other.listen_tcp("127.0.0.1", server->port());
  ASSERT_FALSE(listening.ok());
  EXPECT_NE(listening.error().message.find("is another daemon running?"), std::string::npos);
  EXPECT_FALSE(other.listen_tcp("no.such.host.invalid", 0).ok());
}

TEST_F(HttpListenerTest, APortMayBeUsedAgainAtOnce) {
  start();
  const std::uint16_t port = server->port();
  HttpClient client = connect();
  client.get("/hello");
  EXPECT_TRUE(client.read_reply());
  server->stop();
  HttpServer other(limits, "");
  EXPECT_TRUE(other.listen_tcp("127.0.0.1", port).ok());
}

TEST_F(HttpListenerTest, TheUnixSocketIsTrustedAndPrivate) {
  const mode_t mask = ::umask(0);
  start("secret", path);
  ::umask(mask);
  struct stat status {};
  ASSERT_EQ(::lstat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  HttpClient client(path);
  client.send("GET /echo HTTP/1.1\r\nHost: any.name\r\n\r\n");
  const auto reply = client.read_reply();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body, "GET /echo trusted {} |");
  EXPECT_EQ(get("/echo").body, "GET /echo stranger {} |");
  server->stop();
  EXPECT_FALSE(fs::exists(path));
}

TEST_F(HttpListenerTest, TheUnixSocketsClientMayLeave) {
  limits.keep_alive_time = 20s;
  start("", path);
  HttpClient listener(path);
  listener.get("/events");
  ASSERT_TRUE(listener.read_through("first\n\n"));
  listener.close();
  EXPECT_TRUE(comes_true([&] { return !stream(0)->is_open(); }, 4s));
  HttpClient waiting(path);
  waiting.get("/slow");
  ASSERT_TRUE(comes_true([&] { return slow_running == 1; }));
  waiting.close();
  EXPECT_TRUE(comes_true([&] { return slow_left == 1; }, 4s));
}

TEST_F(HttpListenerTest, AStaleSocketIsReplaced) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::close(fd);
  ASSERT_TRUE(fs::exists(path));
  start("", path);
  HttpClient client(path);
  client.get("/hello");
  EXPECT_TRUE(client.read_reply());
}

TEST_F(HttpListenerTest, ASocketThatSomebodyListensOnIsNot) {
  start("", path);
  HttpServer other(limits, "");
  const auto listening = other.listen_unix(path);
  ASSERT_FALSE(listening.ok());
  EXPECT_EQ(listening.error().kind, ErrorKind::locked);
  EXPECT_NE(listening.error().message.find("somebody listens there"), std::string::npos);
  other.stop();
  EXPECT_TRUE(HttpClient(path).is_connected());
}

TEST_F(HttpListenerTest, AnotherFileIsLeftAlone) {
  std::ofstream(path) << "precious";
  HttpServer other(limits, "");
  const auto listening = other.listen_unix(path);
  ASSERT_FALSE(listening.ok());
  EXPECT_NE(listening.error().message.find("is not a socket"), std::string::npos);
  EXPECT_EQ(fs::file_size(path), 8u);
}

TEST_F(HttpListenerTest, AFileThatTookItsPlaceStays) {
  start("", path);
  fs::remove(path);
  std::ofstream(path) << "new";
  server->stop();
  EXPECT_TRUE(fs::exists(path));
}

TEST_F(HttpListenerTest, ALongPathIsAClearError) {
  HttpServer other(limits, "");
  const auto listening = other.listen_unix(folder / std::string(100, 'x'));
  ASSERT_FALSE(listening.ok());
  EXPECT_NE(listening.error().message.find("1 to 107 bytes"), std::string::npos);
  EXPECT_FALSE(other.listen_unix("").ok());
  EXPECT_FALSE(other.listen_unix(folder / "no" / "folder").ok());
}

TEST_F(HttpListenerTest, ListeningForOthersAnyNameWillDo) {
  HttpServer open(limits, "");
  open.route("/hello", [](const HttpRequest& request) {
    return HttpResponse{.body = request.is_trusted ? "trusted" : "stranger"};
  });
  ASSERT_TRUE(open.listen_tcp("0.0.0.0", 0).ok());
  open.start();
  HttpClient client(open.port());
  client.send("GET /hello HTTP/1.1\r\nHost: any.name\r\n\r\n");
  EXPECT_EQ(client.read_reply()->body, "stranger");
  client.get("/hello");
  EXPECT_EQ(client.read_reply()->body, "trusted");
}

TEST_F(HttpListenerTest, AServerThatNeverStartedStops) {
  HttpServer other(limits, "");
  ASSERT_TRUE(other.listen_unix(path).ok());
  other.stop();
  EXPECT_FALSE(fs::exists(path));
}

}  // namespace
}  // namespace streamd
