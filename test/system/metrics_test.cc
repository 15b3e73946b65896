// The daemon's figures as they are served: by TCP and by the socket in the state dir, sound at any time, under load.
#include <gtest/gtest.h>
#include <simdjson.h>
#include <sys/stat.h>
#include <unistd.h>

#include <regex>
#include <set>
#include <thread>

#include "support/metrics_text.h"
#include "support/paths.h"
#include "system/bar_oracle.h"
#include "system/busy_producer.h"
#include "system/daemon_process.h"
#include "system/database_holder.h"
#include "system/http_client.h"
#include "system/tcp_client.h"

namespace streamd {
namespace {

// All that the regular expression finds there, without its frame.
std::set<std::string> found_in(const std::string& text, const std::regex& name) {
  std::set<std::string> names;
  for (auto it = std::sregex_iterator(text.begin(), text.end(), name); it != std::sregex_iterator(); ++it) {
    names.insert((*it)[1].str());
  }
  return names;
}

// Of docs/operations.md, the part that has the figures.
std::string manual() {
  const std::string page = read_file(source_path("docs/operations.md"));
  const std::size_t start = page.find("\n## Metrics\n");
  return page.substr(start, page.find("\n## ", start + 1) - start);
}

const std::regex kName("`([a-z_0-9]+)(\\{[a-z_,]+\\})?`");

std::set<std::string> names_in_manual() { return found_in(manual(), kName); }

// The first column of its table.
std::set<std::string> metrics_of_manual() {
  std::set<std::string> metrics;
  for (const std::string& line : lines_of(manual())) {
    if (!line.starts_with("| `") || line.starts_with("| `/")) continue;
    metrics.merge(found_in(line.substr(0, line.find('|', 1)), kName));
  }
  return metrics;
}

class MetricsTest : public testing::Test {
 protected:
  // By TCP, on a port of its choice.
  static Arguments serving(Arguments more = {}) {
    more.insert(more.end(), {"--metrics-port", "0"});
    return listening(more);
  }
  simdjson::dom::object parse(const std::string& text) {
    simdjson::dom::element element;
    EXPECT_EQ(parser_.parse(text).get(element), simdjson::SUCCESS) << text;
    return element;
  }
  static std::uint64_t number(const simdjson::dom::object& json, const char* name) {
    std::uint64_t value = 0;
    EXPECT_EQ(json[name].get(value), simdjson::SUCCESS) << name;
    return value;
  }
  void expect_closed(const simdjson::dom::object& json) {
    const std::uint64_t rejected = number(json, "invalid_lines");
    EXPECT_EQ(number(json, "lines"), number(json, "trades") + number(json, "ohlc") + number(json, "control") +
                                         rejected + number(json, "duplicates"));
    std::uint64_t sum = 0;
    for (const auto& reason : simdjson::dom::object(json["rejected_by_reason"])) sum += std::uint64_t(reason.value);
    EXPECT_EQ(sum, rejected);
  }

  TempFolder folder_;
  const std::string socket_ = folder_ / "bars.duckdb.state/http.sock";
  simdjson::dom::parser parser_;
};

TEST_F(MetricsTest, TheAccountIsClosedInEveryAnswerUnderLoad) {
  DaemonProcess daemon(folder_, BusyProducer::daemon_flags(folder_));
  const std::uint16_t http = daemon.metrics_port();
  BusyProducer producer(daemon.port());
  std::uint64_t before = 0;
  int grown = 0;
  for (int i = 0; i < 200; ++i) {
    std::this_thread::sleep_for(milliseconds(2));
    const HttpAnswer answer = i % 2 == 0 ? http_get(http, "/metrics.json") : http_get_unix(socket_, "/metrics.json");
    ASSERT_EQ(answer.status, 200);
    const simdjson::dom::object json = parse(answer.body);
    expect_closed(json);
    const std::uint64_t lines = number(json, "lines");
    EXPECT_GE(lines, before);
    grown += lines > before ? 1 : 0;
    before = lines;
  }
  EXPECT_GT(grown, 10);
  EXPECT_TRUE(eventually([&] { return number(parse(http_get(http, "/metrics.json").body), "decisions_blocked") > 0; }));
  const std::uint64_t sent = producer.finish();
  std::string body;
  ASSERT_TRUE(eventually([&] { return number(parse(body = http_get(http, "/metrics.json").body), "lines") == sent; }));
  const simdjson::dom::object json = parse(body);
  expect_closed(json);
  for (const char* name : {"trades", "ohlc", "control", "invalid_lines", "duplicates", "late_trades", "decisions",
                           "decisions_blocked"}) {
    EXPECT_GT(number(json, name), 0u) << name;
  }
  const MetricsText text(http_get(http, "/metrics").body);
  EXPECT_EQ(text.value_of("stream_daemon_lines_total"), static_cast<double>(sent));
  EXPECT_GT(text.value_of("stream_daemon_rejected_total{reason=\"invalid_json\"}"), 0);
  for (const char* stage : {"journalled", "applied", "committed"}) {
    const std::string name = "stream_daemon_stage_latency_seconds_count{stage=\"" + std::string(stage) + "\"}";
    EXPECT_GT(text.value_of(name), 0) << name;
  }
  EXPECT_GT(text.value_of("stream_daemon_journal_sync_duration_seconds_count"), 0);
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_TRUE(daemon.account().is_closed());
  EXPECT_EQ(daemon.account()["lines"], sent);
}

TEST_F(MetricsTest, EveryFigureHasHelpAndAUnitAndIsInTheManual) {
  DaemonProcess daemon(folder_, BusyProducer::daemon_flags(folder_));
  const std::uint16_t http = daemon.metrics_port();
  BusyProducer producer(daemon.port());
  std::string body;
  ASSERT_TRUE(eventually([&] {
    body = http_get(http, "/metrics.json").body;
    return !parse(body)["last_write"]["quotient_summaries"].is_null();
  })) << body;
  const std::set<std::string> told = names_in_manual();
  for (const auto& field : parse(body)) EXPECT_TRUE(told.contains(std::string(field.key))) << field.key;

  const MetricsText text(http_get(http, "/metrics").body);
  constexpr std::string_view kPrefix = "stream_daemon_";
  for (const auto& [name, family] : text.families()) {
    expect_told(name, family);
    if (name.starts_with("process_")) continue;
    EXPECT_TRUE(told.contains(name.substr(kPrefix.size()))) << name;
  }
  for (const std::string& name : metrics_of_manual()) {
    EXPECT_TRUE(text.families().contains(std::string(kPrefix) + name)) << "docs/operations.md has " << name;
  }
  producer.finish();
  EXPECT_EQ(daemon.stop(), 0);
}

TEST_F(MetricsTest, WhatWasStoredAndDeliveredIsThere) {
  DaemonProcess daemon(folder_, serving({"--flush-interval", "0.1", "--emit-decisions", "--no-decision-stdout",
                                         "--decision-sink", "file:" + folder_ / "d.ndjson", "--ohlc-sink",
                                         "file:" + folder_ / "b.ndjson", "--summarise-window", "60"}));
  TcpClient client(daemon.port());
  client.send("{\"type\":\"hello\",\"producer\":\"p\"}\n");
  for (int second : {100, 101, 102, 101, 200}) {
    client.send(trade_line("A", second * 1000 + 500, 1, 2));
  }
  client.send("{\"type\":\"sync\",\"id\":\"x\"}\n");
  ASSERT_TRUE(client.read_line().has_value());  // welcome
  ASSERT_TRUE(client.read_line().has_value());  // synced
  const std::uint16_t http = daemon.metrics_port();
  ASSERT_TRUE(eventually([&] {
    const auto json = parse(http_get(http, "/metrics.json").body);
    return !json["last_bar_ts_ms"].is_null() && !json["last_state_ts_ms"].is_null() &&
           number(json, "pending_rows") == 0;
  }));
  const std::string body = http_get(http, "/metrics", "Accept: application/json\r\n").body;
  const simdjson::dom::object json = parse(body);
  for (const char* name : kJsonNames) EXPECT_EQ(json[name].error(), simdjson::SUCCESS) << name;
  EXPECT_EQ(number(json, "port"), daemon.port());
  EXPECT_EQ(number(json, "connections"), 1u);
  EXPECT_EQ(number(json, "producers_connected"), 1u);
  EXPECT_EQ(number(json, "trades"), 5u);
  EXPECT_EQ(number(json, "late_trades"), 1u);
  EXPECT_EQ(number(json, "bars_amended"), 1u);
  EXPECT_EQ(number(json, "last_bar_ts_ms"), 200'000u);
  EXPECT_GE(number(json, "last_action_ts_ms"), 102'000u);
  EXPECT_FALSE(bool(json["gate"]["open"]));
  EXPECT_GT(number(json, "journal_bytes"), 0u);
  EXPECT_GT(number(json, "database_bytes"), 0u);
  EXPECT_FALSE(json["last_write"]["ohlc_1s"].is_null());
  EXPECT_FALSE(json["last_write"]["stream_actions"].is_null());
  EXPECT_GT(std::uint64_t(json["process"]["threads"]), 4u);
  ASSERT_TRUE(eventually([&] {
    const auto now = parse(http_get(http, "/metrics.json").body);
    for (const simdjson::dom::object sink : simdjson::dom::array(now["sinks"])) {
      if (number(sink, "lines_delivered") < 3 || number(sink, "bytes_waiting") > 0 || double(sink["lag_s"]) > 0 ||
          std::uint64_t(sink["delivered"]["count"]) == 0) {
        return false;
      }
    }
    return true;
  })) << http_get(http, "/metrics.json").body;
  EXPECT_EQ(daemon.stop(), 0);
}

TEST_F(MetricsTest, TheSocketInTheStateDirIsAlwaysThereAndPrivate) {
  DaemonProcess daemon(folder_, listening());
  daemon.port();
  ASSERT_TRUE(eventually([&] { return ::access(socket_.c_str(), F_OK) == 0; }));
  struct stat status {};
  ASSERT_EQ(::stat(socket_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_EQ(http_get_unix(socket_, "/healthz").body, "ok\n");
  EXPECT_TRUE(eventually([&] { return http_get_unix(socket_, "/readyz").status == 200; }));
  EXPECT_EQ(http_get_unix(socket_, "/nothing").status, 404);
  EXPECT_EQ(daemon.errors().find("metrics on"), std::string::npos);
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_NE(::access(socket_.c_str(), F_OK), 0);
}

TEST_F(MetricsTest, ADaemonWhoseRowsWaitIsNotReady) {
  DaemonProcess daemon(folder_, listening({"--flush-interval", "0.05"}));
  TcpClient client(daemon.port());
  ASSERT_TRUE(eventually([&] { return http_get_unix(socket_, "/readyz").status == 200; }));
  DatabaseHolder holder(folder_ / "bars.duckdb", "read_write", folder_);
  client.send("{\"type\":\"ohlc1s\",\"symbol\":\"A\",\"ts_ms\":100000,\"open\":1,\"high\":1,\"low\":1,\"close\":1,"
              "\"volume\":1}\n");
  EXPECT_TRUE(eventually([&] { return http_get_unix(socket_, "/readyz").status == 503; }));
  EXPECT_NE(http_get_unix(socket_, "/readyz").body.find("rows wait"), std::string::npos);
  EXPECT_EQ(http_get_unix(socket_, "/healthz").status, 200);
  holder.release();
  EXPECT_TRUE(eventually([&] { return http_get_unix(socket_, "/readyz").status == 200; }));
  EXPECT_EQ(daemon.stop(), 0);
}

TEST_F(MetricsTest, WithATokenFiguresAreForThoseWhoBringIt) {
  write_file(folder_ / "token", "sesame\n");
  DaemonProcess daemon(folder_, serving({"--http-token-file", folder_ / "token"}));
  const std::uint16_t http = daemon.metrics_port();
  EXPECT_EQ(http_get(http, "/metrics").status, 401);
  EXPECT_TRUE(http_get(http, "/metrics").body.starts_with("bring the token"));
  for (const char* header :
       {"Authorization: Basic c2VzYW1l\r\n", "Authorization: sesame\r\n", "Authorization: Bearer \r\n"}) {
    EXPECT_TRUE(http_get(http, "/metrics", header).body.starts_with("bring the token")) << header;
  }
  for (const char* token : {"wrong", "sesamf", "sesame2", "sesam"}) {
    const HttpAnswer answer = http_get(http, "/metrics", "Authorization: Bearer " + std::string(token) + "\r\n");
    EXPECT_EQ(answer.status, 401);
    EXPECT_TRUE(answer.body.starts_with("that token is wrong")) << answer.body;
  }
  EXPECT_EQ(http_get(http, "/metrics", "Authorization: Bearer sesame\r\n").status, 200);
  EXPECT_EQ(http_get(http, "/healthz").status, 200);
  EXPECT_EQ(http_get_unix(socket_, "/metrics").status, 200);
  EXPECT_EQ(daemon.errors().find("sesame"), std::string::npos);
  EXPECT_EQ(daemon.stop(), 0);
}

TEST_F(MetricsTest, APortThatIsTakenIsACouldNotStart) {
  DaemonProcess first(folder_, serving());
  const std::uint16_t http = first.metrics_port();
  TempFolder other;
  DaemonProcess second(other, listening({"--metrics-port", std::to_string(http)}));
  EXPECT_EQ(second.wait_exit(), 3);
  EXPECT_NE(second.errors().find("--metrics-port"), std::string::npos) << second.errors();
}

}  // namespace
}  // namespace streamd
