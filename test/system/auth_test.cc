// --auth-token-file: who does not give the token stores nothing, hears it in one line and is closed; and the token
// stays what it is, a secret.
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "system/bar_oracle.h"
#include "system/daemon_process.h"
#include "system/stored_bars.h"
#include "system/tcp_client.h"

namespace streamd {
namespace {

constexpr std::int64_t kSecond = 1'700'000'000;
constexpr const char* kToken = "open-sesame/42";
constexpr const char* kUnauthorized = "{\"type\":\"error\",\"reason\":\"unauthorized\"}\n";

class AuthTest : public testing::Test {
 protected:
  AuthTest() { write_file(folder_ / "token", std::string(kToken) + "\n"); }

  static Arguments guarded(Arguments more = {}) {
    more.insert(more.end(), {"--auth-token-file", "token", "--reject-file", "rejects.ndjson"});
    return listening(more);
  }
  static std::string hello(const std::string& token, const std::string& more = "") {
    return R"({"type":"hello","token":")" + token + "\"" + more + "}\n";
  }
  // Says this, hears that it is not authorized, and is closed.
  static void expect_refused(std::uint16_t port, const std::string& text) {
    TcpClient client(port);
    client.send(text);
    EXPECT_EQ(client.read_to_end(), kUnauthorized) << text;
  }
  void expect_token_kept_secret(const DaemonProcess& daemon) {
    EXPECT_EQ(daemon.errors().find(kToken), std::string::npos) << daemon.errors();
    EXPECT_EQ(daemon.output().find(kToken), std::string::npos);
    EXPECT_EQ(read_file(folder_ / "rejects.ndjson").find(kToken), std::string::npos);
  }

  TempFolder folder_;
  const std::string db_ = folder_ / "bars.duckdb";
};

TEST_F(AuthTest, WhoDoesNotGiveTheTokenStoresNothing) {
  DaemonProcess daemon(folder_, guarded({"--log-level", "debug"}));
  const std::uint16_t port = daemon.port();
  const std::string bar = bar_line(flat_bar("A", kSecond, 5));
  expect_refused(port, bar + bar + bar);
  expect_refused(port, trade_line("A", kSecond * 1000, 5, 1));
  expect_refused(port, "no json\n");
  expect_refused(port, std::string(3 << 20, 'x'));  // longer than a line may be
  expect_refused(port, "{\"type\":\"ping\"}\n");
  expect_refused(port, "{\"type\":\"sync\",\"id\":\"x\"}\n");
  expect_refused(port, "{\"type\":\"hello\",\"producer\":\"p\",\"ack\":true}\n" + bar);
  expect_refused(port, hello("wrong") + bar);
  expect_refused(port, hello(std::string(kToken) + "x") + bar);
  expect_refused(port, hello("open-sesame/4") + bar);
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(daemon.account()["lines"], 10u);
  EXPECT_EQ(daemon.account().rejected(), (std::map<std::string, std::uint64_t>{{"unauthorized", 10}}));
  EXPECT_EQ(count_bars(db_), 0);
  const std::string rejects = read_file(folder_ / "rejects.ndjson");
  EXPECT_EQ(lines_of(rejects).size(), 10u);
  EXPECT_NE(rejects.find(R"(\"token\":\"wrong\")"), std::string::npos);
}

TEST_F(AuthTest, ABrowserAtTheWrongPortIsToldSo) {
  DaemonProcess daemon(folder_, guarded());
  TcpClient client(daemon.port());
  client.send("GET / HTTP/1.1\r\nAuthorization: Bearer " + std::string(kToken) + "\r\n\r\n");
  EXPECT_TRUE(client.read_to_end().starts_with("HTTP/1.1 400 "));
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(daemon.account().rejected(), (std::map<std::string, std::uint64_t>{{"unauthorized", 1}}));
}

TEST_F(AuthTest, WhoGivesTheTokenIsHeard) {
  DaemonProcess daemon(folder_, guarded({"--log-level", "debug"}));
  TcpClient client(daemon.port());
  client.send("\n" + hello(kToken) + bar_line(flat_bar("A", kSecond, 5)));
  EXPECT_TRUE(client.read_line().value_or("nothing").starts_with(R"({"type":"welcome")"));
  client.send("{\"type\":\"hello\",\"label\":\"known by now\"}\n");
  EXPECT_TRUE(client.read_line().value_or("nothing").starts_with(R"({"type":"welcome")"));
  client.send("no json\n" + bar_line(flat_bar("A", kSecond + 1, 5)));
  client.finish();
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(daemon.account()["ohlc"], 2u);
  EXPECT_EQ(daemon.account().rejected(), (std::map<std::string, std::uint64_t>{{"invalid_json", 1}}));
  expect_same_bars({flat_bar("A", kSecond, 5), flat_bar("A", kSecond + 1, 5, "known by now")}, read_bars(db_));
  expect_token_kept_secret(daemon);
}

TEST_F(AuthTest, AWrongTokenLaterEndsTheConnectionToo) {
  DaemonProcess daemon(folder_, guarded());
  TcpClient client(daemon.port());
  client.send(hello(kToken));
  ASSERT_TRUE(client.read_line());
  client.send(hello("wrong") + bar_line(flat_bar("A", kSecond, 5)));
  EXPECT_EQ(client.read_to_end(), kUnauthorized);
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(daemon.account().rejected(), (std::map<std::string, std::uint64_t>{{"unauthorized", 1}}));
  EXPECT_EQ(count_bars(db_), 0);
}

// Lines that give the right token and are refused for another reason.
TEST_F(AuthTest, TheTokenIsNeverWrittenDown) {
  DaemonProcess daemon(folder_, guarded({"--log-level", "debug", "--max-line-bytes", "300"}));
  const std::uint16_t port = daemon.port();
  TcpClient client(port);
  client.send(hello(kToken));
  ASSERT_TRUE(client.read_line());
  client.send(hello(kToken, R"(,"label":5)"));
  client.send(hello(kToken, R"(,"ack":true)"));
  client.send(hello(kToken, R"(,"ack":"yes")"));
  client.send(hello(kToken, R"(,"producer":"")"));
  client.send(hello("open-sesame\\/42", R"(,"producer":"")"));
  client.send(hello("\\u006fpen-sesame/42", R"(,"producer":"")"));
  client.send(hello(kToken, " torn"));
  client.send(hello(kToken, ",\"x\":\"" + std::string(1000, 'x') + "\""));
  client.half_close();
  client.read_to_end();
  for (const char* bad : {R"(,"label":5)", R"(,"ack":true)", R"(,"producer":7)", " torn"}) {
    TcpClient unknown(port);
    unknown.send(hello(kToken, bad));
    unknown.half_close();
    unknown.read_to_end();
  }
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(daemon.account()["rejected"], 12u);
  expect_token_kept_secret(daemon);
  const std::string rejects = read_file(folder_ / "rejects.ndjson");
  EXPECT_EQ(rejects.find("pen-sesame"), std::string::npos) << rejects;
}

TEST_F(AuthTest, ATokenFileThatIsMissingOrEmptyIsRefused) {
  write_file(folder_ / "empty", "\n");
  for (const char* name : {"nowhere", "empty", "."}) {
    DaemonProcess daemon(folder_, listening({"--auth-token-file", name}));
    EXPECT_EQ(daemon.wait_exit(), 3);
    EXPECT_EQ(lines_of(daemon.errors()).size(), 1u) << daemon.errors();
    EXPECT_NE(daemon.errors().find("--auth-token-file"), std::string::npos);
    EXPECT_NE(daemon.errors().find(name), std::string::npos);
  }
  EXPECT_FALSE(std::ifstream(db_).good());
}

}  // namespace
}  // namespace streamd
