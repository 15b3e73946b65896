// The daemon's figures as they are served: by TCP and by the socket in the state dir, sound at any time, under load.
#include <gtest/gtest.h>
#include <simdjson.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <sstream>
#include <thread>

#include "system/daemon_process.h"
#include "system/database_holder.h"
#include "system/http_client.h"
#include "system/mixed_lines.h"
#include "system/tcp_client.h"
#include "system/test_seed.h"

namespace streamd {
namespace {

class MetricsTest : public testing::Test {
 protected:
  // By TCP, on a port of its choice.
  static Arguments serving(Arguments more = {}) {
    more.insert(more.end(), {"--metrics-port", "0"});
    return listening(more);
  }
  std::uint16_t metrics_port(DaemonProcess& daemon) {
    EXPECT_TRUE(daemon.wait_errors("metrics on http://")) << daemon.errors();
    const std::string log = daemon.errors();
    const auto at = log.find("metrics on http://");
    const auto colon = log.find(':', at + sizeof("metrics on http://") - 1);
    return static_cast<std::uint16_t>(std::stoul(log.substr(colon + 1)));
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
    EXPECT_EQ(number(json, "lines"), number(json, "trades") + number(json, "ohlc") + number(json, "control") + rejected +
                                         number(json, "duplicates"));
    std::uint64_t sum = 0;
    for (const auto& reason : simdjson::dom::object(json["rejected_by_reason"])) sum += std::uint64_t(reason.value);
    EXPECT_EQ(sum, rejected);
  }
  static double sample(const std::string& text, const std::string& name) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with(name + " ")) return std::stod(line.substr(name.size() + 1));
    }
    ADD_FAILURE() << "no " << name << " in\n" << text;
    return -1;
  }

  TempFolder folder_;
  const std::string socket_ = folder_ / "bars.duckdb.state/http.sock";
  simdjson::dom::parser parser_;
};

TEST_F(MetricsTest, TheAccountIsClosedInEveryAnswerUnderLoad) {
  DaemonProcess daemon(folder_, serving({"--max-symbols", "3", "--max-line-bytes", "4096", "--flush-interval", "0.1"}));
  const std::uint16_t port = daemon.port();
  const std::uint16_t http = metrics_port(daemon);
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> sent{0};
  std::thread producer([&] {
    BarOracle oracle;
    TcpClient client(port);
    MixedLines prelude(test_seed(), {"A", "B", "C"}, "", oracle);
    prelude.add_prelude();
    client.send(prelude.text());
    sent += prelude.lines();
    for (std::uint64_t round = 1; !stop.load(); ++round) {
      MixedLines lines(test_seed() + round, {"A", "B", "C"}, "", oracle);
      lines.add(200, 0.2);
      client.send(lines.text());
      sent += lines.lines();
    }
    client.finish();
  });
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
  stop.store(true);
  producer.join();
  EXPECT_TRUE(eventually([&] { return number(parse(http_get(http, "/metrics.json").body), "lines") == sent.load(); }));
  std::string text;
  ASSERT_TRUE(eventually([&] {
    text = http_get(http, "/metrics").body;
    return sample(text, "stream_daemon_stage_latency_seconds_count{stage=\"committed\"}") > 0;
  })) << text;
  EXPECT_EQ(sample(text, "stream_daemon_lines_total"), static_cast<double>(sent.load()));
  EXPECT_GT(sample(text, "stream_daemon_rejected_total{reason=\"invalid_json\"}"), 0);
  EXPECT_GT(sample(text, "stream_daemon_stage_latency_seconds_count{stage=\"journalled\"}"), 0);
  EXPECT_GT(sample(text, "stream_daemon_journal_sync_duration_seconds_count"), 0);
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_TRUE(daemon.account().is_closed());
  EXPECT_EQ(daemon.account()["lines"], sent.load());
}

TEST_F(MetricsTest, WhatWasStoredAndDeliveredIsThere) {
  DaemonProcess daemon(folder_, serving({"--flush-interval", "0.1", "--emit-decisions", "--no-decision-stdout",
                                         "--decision-sink", "file:" + folder_ / "d.ndjson", "--ohlc-sink",
                                         "file:" + folder_ / "b.ndjson", "--summarise-window", "60"}));
  TcpClient client(daemon.port());
  client.send("{\"type\":\"hello\",\"producer\":\"p\"}\n");
  for (int second : {100, 101, 102, 101, 200}) {
    client.send("{\"type\":\"trade\",\"symbol\":\"A\",\"ts_ms\":" + std::to_string(second) + "500,\"price\":1,\"qty\":2}\n");
  }
  client.send("{\"type\":\"sync\",\"id\":\"x\"}\n");
  ASSERT_TRUE(client.read_line().has_value());  // welcome
  ASSERT_TRUE(client.read_line().has_value());  // synced
  const std::uint16_t http = metrics_port(daemon);
  ASSERT_TRUE(eventually([&] {
    const auto json = parse(http_get(http, "/metrics.json").body);
    return !json["last_bar_ts_ms"].is_null() && !json["last_state_ts_ms"].is_null() && number(json, "pending_rows") == 0;
  }));
  const std::string body = http_get(http, "/metrics", "Accept: application/json\r\n").body;
  const simdjson::dom::object json = parse(body);
  for (const char* name :
       {"ts", "host", "port", "connections", "lines", "invalid_lines", "rejected_by_reason", "control", "duplicates",
        "trades", "ohlc", "trades_superseded", "late_trades", "bars_amended", "bars_merged", "decisions",
        "decisions_blocked", "decision_cost_estimate", "pending_rows", "queue_depth", "journal_bytes",
        "last_flush_age_s", "last_bar_ts_ms", "last_action_ts_ms", "last_state_ts_ms", "last_summary_ts_ms",
        "last_write_ts_ms", "last_write"}) {
    EXPECT_EQ(json[name].error(), simdjson::SUCCESS) << name;
  }
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
  const std::uint16_t http = metrics_port(daemon);
  EXPECT_EQ(http_get(http, "/metrics").status, 401);
  EXPECT_EQ(http_get(http, "/metrics", "Authorization: Bearer wrong\r\n").status, 401);
  EXPECT_EQ(http_get(http, "/metrics", "Authorization: Bearer sesame\r\n").status, 200);
  EXPECT_EQ(http_get(http, "/healthz").status, 200);
  EXPECT_EQ(http_get_unix(socket_, "/metrics").status, 200);
  EXPECT_EQ(daemon.errors().find("sesame"), std::string::npos);
  EXPECT_EQ(daemon.stop(), 0);
}

TEST_F(MetricsTest, APortThatIsTakenIsACouldNotStart) {
  DaemonProcess first(folder_, serving());
  const std::uint16_t http = metrics_port(first);
  TempFolder other;
  DaemonProcess second(other, listening({"--metrics-port", std::to_string(http)}));
  EXPECT_EQ(second.wait_exit(), 3);
  EXPECT_NE(second.errors().find("--metrics-port"), std::string::npos) << second.errors();
}

TEST_F(MetricsTest, PrometheusTakesThePage) {
  if (std::system("command -v promtool >/dev/null 2>&1") != 0) {
    GTEST_SKIP() << "promtool is not installed (Debian package prometheus)";
  }
  DaemonProcess daemon(folder_, serving({"--emit-decisions", "--no-decision-stdout", "--decision-sink",
                                         "file:" + folder_ / "d.ndjson"}));
  TcpClient(daemon.port()).send("{\"type\":\"trade\",\"symbol\":\"A\",\"ts_ms\":1500,\"price\":1,\"qty\":2}\n");
  const HttpAnswer answer = http_get(metrics_port(daemon), "/metrics");
  EXPECT_EQ(answer.headers.at("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  write_file(folder_ / "page", answer.body);
  Process check({"sh", "-c", "promtool check metrics <page 2>&1"}, folder_.path());
  EXPECT_EQ(check.wait(), 0) << check.output();
  EXPECT_EQ(check.output(), "");
  Process rules({"promtool", "check", "rules", std::string(STREAMD_SOURCE_DIR) + "/packaging/prometheus_alerts.yml"},
                folder_.path());
  EXPECT_EQ(rules.wait(), 0) << rules.output() << rules.errors();
}

}  // namespace
}  // namespace streamd
