// What pages live on: SQL, history and events of a real daemon.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <filesystem>

#include <csignal>
#include <fstream>

#include "system/bar_oracle.h"
#include "system/daemon_process.h"
#include "system/http_client.h"
#include "system/stored_bars.h"
#include "system/tcp_client.h"

namespace streamd {
namespace {

constexpr std::int64_t kSecond = 1'700'000'000;

class PagesTest : public testing::Test {
 protected:
  static Arguments serving(Arguments more = {}) {
    more.insert(more.end(), {"--metrics-port", "0", "--flush-interval", "0.2"});
    return listening(more);
  }
  simdjson::dom::element parse(const std::string& text) {
    simdjson::dom::element element;
    EXPECT_EQ(parser_.parse(text).get(element), simdjson::SUCCESS) << text;
    return element;
  }
  static std::string minified(simdjson::dom::element element) { return simdjson::minify(element); }
  // Once it is answered so.
  HttpAnswer get(std::uint16_t port, const std::string& path, int status = 200) {
    HttpAnswer answer;
    EXPECT_TRUE(eventually([&] {
      answer = http_get(port, path);
      return answer.status == status;
    })) << path << ": " << answer.status << ' ' << answer.body;
    return answer;
  }

  // Not if only its number is left.
  static bool is_running(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string text;
    std::getline(file, text);
    const std::size_t name_end = text.rfind(") ");
    return name_end != std::string::npos && text[name_end + 2] != 'Z';
  }

  TempFolder folder_;
  const std::string db_ = folder_ / "bars.duckdb";
  simdjson::dom::parser parser_;
};

TEST_F(PagesTest, SqlAndHistoryOfALiveDaemon) {
  DaemonProcess daemon(folder_, serving({"--emit-decisions", "--no-decision-stdout"}));
  TcpClient client(daemon.port());
  const std::uint16_t port = daemon.metrics_port();
  EXPECT_EQ(minified(parse(get(port, "/history").body)["symbols"]), "[]");
  for (int i = 0; i < 20; ++i) {
    client.send(bar_line(flat_bar("A", kSecond + i, 100 + i)));
    client.send(bar_line(flat_bar("it's", kSecond + i, 5)));
  }
  ASSERT_TRUE(wait_for_bars(db_, 40));

  const HttpAnswer rows = get(port, "/query?sql=SELECT+symbol,+count(*)+AS+n+FROM+ohlc_1s+GROUP+BY+1+ORDER+BY+1");
  EXPECT_EQ(minified(parse(rows.body)["rows"]), R"([["A",20],["it's",20]])");
  EXPECT_EQ(get(port, "/query?format=csv&sql=SELECT+max(close)+AS+most+FROM+ohlc_1s").body, "most\r\n119.0\r\n");
  EXPECT_EQ(get(port, "/query?sql=DROP+TABLE+ohlc_1s", 400).status, 400);

  const simdjson::dom::element all = parse(get(port, "/history").body);
  EXPECT_EQ(minified(all["symbols"].at(0)),
            R"({"symbol":"A","ts_ms":1700000019000,"close":119.0,"open_close":100.0,"state":1,"direction":0,)"
            R"("target_exposure":0.0,"hold":true,"posture":"OBSERVE","gate_open":false})");
  EXPECT_EQ(minified(all["costs"]), R"({"fee_rate":0.0005,"slippage":0.0003})");
  EXPECT_EQ(minified(all["decisions"]), "true");

  const simdjson::dom::element one =
      parse(get(port, "/history?symbol=A&from=1700000003000&to=1700000010000&limit=3").body);
  EXPECT_EQ(minified(one["bars"]["ts_ms"]), "[1700000007000,1700000008000,1700000009000]");
  EXPECT_EQ(minified(one["bars"]["close"]), "[107.0,108.0,109.0]");
  EXPECT_EQ(minified(one["decisions"]["ts_ms"]), "[1700000007000,1700000008000,1700000009000]");
  EXPECT_EQ(minified(one["decisions"]["posture"]), R"(["OBSERVE","OBSERVE","OBSERVE"])");
  EXPECT_EQ(minified(one["held"]), "null") << "all before are holds";
  EXPECT_EQ(minified(parse(get(port, "/history?symbol=it's").body)["bars"]["close"].at(0)), "5.0");
  EXPECT_EQ(minified(parse(get(port, "/history?symbol=none").body)["bars"]["close"]), "[]");
  for (const char* wrong : {"from=x", "to=-1", "limit=0", "limit=1000000", "from=1e3"}) {
    EXPECT_EQ(get(port, std::string("/history?symbol=A&") + wrong, 400).status, 400) << wrong;
  }
  EXPECT_EQ(daemon.stop(), 0);
}

TEST_F(PagesTest, AKilledDaemonLeavesNoProcessOfQueries) {
  DaemonProcess daemon(folder_, serving());
  const std::uint16_t port = daemon.metrics_port();
  get(port, "/query?sql=SELECT+1");
  TcpClient client(port);
  client.send("GET /query?sql=SELECT+count(*)+FROM+range(100000000000),range(1000000) HTTP/1.1\r\n"
              "Host: localhost\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return daemon.children().size() == 1; })) << "the process that waits ready";
  const pid_t ready = daemon.children().front();
  pid_t query = 0;
  ASSERT_TRUE(eventually([&] {
    std::ifstream children("/proc/" + std::to_string(ready) + "/task/" + std::to_string(ready) + "/children");
    return static_cast<bool>(children >> query);
  }));
  daemon.signal(SIGKILL);
  EXPECT_TRUE(eventually([&] { return !is_running(ready) && !is_running(query); }));
}

// An answer that begins within holds tells what is held.
TEST_F(PagesTest, HistoryTellsWhatIsHeld) {
  std::filesystem::create_directories(folder_ / "phase6");
  write_file(folder_ / "phase6/capital_controls_1.jsonl", "{\"allowed\":true}\n");
  DaemonProcess daemon(folder_, serving({"--emit-decisions", "--no-decision-stdout", "--phase6-log-dir", "phase6"}));
  TcpClient client(daemon.port());
  const std::uint16_t port = daemon.metrics_port();
  for (int i = 0; i < 20; ++i) client.send(bar_line(flat_bar("A", kSecond + i, 100 + i)));
  ASSERT_TRUE(wait_for_bars(db_, 20));
  write_file(folder_ / "phase6/capital_controls_2.jsonl", "{\"allowed\":false}\n");
  ASSERT_TRUE(daemon.wait_errors("gate: closed"));
  for (int i = 20; i < 30; ++i) client.send(bar_line(flat_bar("A", kSecond + i, 100 + i)));
  ASSERT_TRUE(wait_for_bars(db_, 30));
  const auto target = read_table(db_, "SELECT (direction * target_exposure)::VARCHAR FROM stream_actions WHERE NOT hold "
                                      "ORDER BY timestamp DESC LIMIT 1");
  ASSERT_EQ(target.size(), 1u);
  const simdjson::dom::element held = parse(get(port, "/history?symbol=A&from=1700000025000").body);
  EXPECT_EQ(minified(held["decisions"]["hold"].at(0)), "true");
  EXPECT_EQ(double(held["held"]), std::stod(target[0][0]));
  EXPECT_NE(double(held["held"]), 0);
  EXPECT_EQ(minified(parse(get(port, "/history?symbol=A").body)["held"]), "null") << "the first decision of all";
  EXPECT_EQ(daemon.stop(), 0);
}

TEST_F(PagesTest, EventsComeAsTheyHappenAndGoOnAfterACut) {
  DaemonProcess daemon(folder_, serving({"--emit-decisions", "--no-decision-stdout"}));
  TcpClient client(daemon.port());
  const std::uint16_t port = daemon.metrics_port();
  const auto open_stream = [&](const std::string& more) {
    TcpClient stream(port);
    stream.send("GET /stream?symbol=A HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n");
    return stream;
  };
  // Up to and with those words.
  const auto read_until = [](TcpClient& stream, const std::string& words) {
    std::string text;
    EXPECT_TRUE(eventually([&] {
      if (const auto line = stream.read_line(milliseconds(50))) text += *line + "\n";
      return text.find(words) != std::string::npos;
    })) << words << " in: " << text;
    return text;
  };
  std::string id;
  {
    TcpClient stream = open_stream("");
    read_until(stream, "retry: 1000");
    client.send(bar_line(flat_bar("B", kSecond, 7)));
    client.send(bar_line(flat_bar("A", kSecond, 100)));
    const std::string text = read_until(stream, "event: decision");
    EXPECT_NE(text.find(R"(event: bar
data: {"type":"ohlc1s","symbol":"A","ts_ms":1700000000000,"open":100)"),
              std::string::npos)
        << text;
    EXPECT_EQ(text.find("\"B\""), std::string::npos) << text;
    read_until(stream, "event: health");
    const auto at = text.rfind("id: ");  // health may have come before the bar
    id = text.substr(at + 4, text.find('\n', at) - at - 4);
  }
  client.send(bar_line(flat_bar("A", kSecond + 1, 101)));
  ASSERT_TRUE(wait_for_bars(db_, 3));
  TcpClient again = open_stream("Last-Event-ID: " + id + "\r\n");
  const std::string text = read_until(again, "\"ts_ms\":1700000001000");
  EXPECT_EQ(text.find("event: reset"), std::string::npos) << text;
  EXPECT_EQ(text.find("\"ts_ms\":1700000000000"), std::string::npos) << "it has that bar: " << text;
  TcpClient stranger = open_stream("Last-Event-ID: other-5\r\n");
  read_until(stranger, "event: reset");
  EXPECT_EQ(daemon.stop(), 0) << "with streams open";
}

TEST_F(PagesTest, ABrowserGetsThePageAndOthersTheFigures) {
  DaemonProcess daemon(folder_, serving());
  const std::uint16_t port = daemon.metrics_port();
  const HttpAnswer page = http_get(port, "/", "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.headers.at("content-type"), "text/html; charset=utf-8");
  EXPECT_NE(page.headers.at("content-security-policy").find("default-src 'none'; script-src 'self'"), std::string::npos);
  EXPECT_EQ(page.headers.at("vary"), "Accept");
  // It loads what is here, and nothing else.
  EXPECT_NE(page.body.find("src=\"./app.js\""), std::string::npos) << page.body;
  EXPECT_NE(page.body.find("href=\"./app.css\""), std::string::npos) << page.body;
  EXPECT_EQ(page.body.find("=\"http"), std::string::npos) << page.body;
  const HttpAnswer script = http_get(port, "/app.js");
  EXPECT_EQ(script.headers.at("content-type"), "text/javascript; charset=utf-8");
  EXPECT_GT(script.body.size(), 100'000u);
  EXPECT_NE(script.body.find("Licensed under Apache License 2.0"), std::string::npos);
  EXPECT_EQ(http_get(port, "/app.css").headers.at("content-type"), "text/css; charset=utf-8");
  for (const char* headers : {"", "Accept: */*\r\n", "Accept: application/json\r\n"}) {
    const HttpAnswer figures = http_get(port, "/", headers);
    EXPECT_EQ(figures.headers.at("content-type"), "application/json");
    EXPECT_EQ(minified(parse(figures.body)["lines"]), "0");
  }
  EXPECT_EQ(daemon.stop(), 0);
}

TEST_F(PagesTest, WithoutAPortForPagesTheStreamSaysWhatItTakes) {
  DaemonProcess daemon(folder_, listening());
  daemon.port();
  const HttpAnswer answer = http_get_unix(folder_ / "bars.duckdb.state/http.sock", "/stream");
  EXPECT_EQ(answer.status, 404);
  EXPECT_NE(answer.body.find("--metrics-port"), std::string::npos) << answer.body;
  EXPECT_EQ(daemon.stop(), 0);
}

TEST_F(PagesTest, WithATokenOnlyWhoBringsItIsAnswered) {
  write_file(folder_ / "token", "secret\n");
  DaemonProcess daemon(folder_, serving({"--http-token-file", "token"}));
  const std::uint16_t port = daemon.metrics_port();
  for (const char* path : {"/", "/metrics", "/history", "/stream"}) EXPECT_EQ(http_get(port, path).status, 401) << path;
  EXPECT_EQ(http_get(port, "/query?sql=SELECT+1").status, 401);
  EXPECT_EQ(http_get(port, "/", "Accept: text/html\r\n").status, 200) << "the page, which asks for the token";
  EXPECT_EQ(http_get(port, "/app.js").status, 200);
  EXPECT_EQ(http_get(port, "/query?sql=SELECT+1", "Authorization: Bearer secret\r\n").status, 200);
  EXPECT_EQ(http_get_unix(folder_ / "bars.duckdb.state/http.sock", "/query?sql=SELECT+1").status, 200);
  EXPECT_EQ(daemon.stop(), 0);
}

}  // namespace
}  // namespace streamd
