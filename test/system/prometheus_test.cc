// Prometheus itself at work on a live daemon: its scrapes, its log, the alerts and the dashboard of packaging/.
#include <gtest/gtest.h>
#include <simdjson.h>
#include <unistd.h>

#include <cctype>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>

#include "support/metrics_text.h"
#include "support/paths.h"
#include "system/busy_producer.h"
#include "system/daemon_process.h"
#include "system/http_client.h"

namespace streamd {
namespace {

const std::string kPackaging = source_path("packaging/");
const std::string kAlerts = kPackaging + "prometheus_alerts.yml";

// As scripts/setup --tests fetches it, else an installed one; empty: neither is there.
std::string program(const std::string& name) {
  std::string folders = source_path(".deps/prometheus:");
  if (const char* path = std::getenv("PATH")) folders += path;
  std::istringstream list(folders);
  for (std::string folder; std::getline(list, folder, ':');) {
    if (::access((folder + "/" + name).c_str(), X_OK) == 0) return folder + "/" + name;
  }
  return "";
}

// A scrape must be done before the next one is due.
const std::string kInterval = kSanitized ? "5s" : "1s";

// Scrapes and evaluates at that interval.
class Prometheus : public Process {
 public:
  Prometheus(const TempFolder& folder, std::uint16_t target)
      : Process(
            {program("prometheus"), "--config.file=" + configured(folder, target),
             "--storage.tsdb.path=" + folder / "prometheus", "--web.listen-address=127.0.0.1:0", "--log.level=debug"},
            folder.path()) {}

  // Its API's answer. Valid until the next one.
  simdjson::dom::element get(const std::string& path) {
    const HttpAnswer answer = http_get(port(), "/api/v1/" + path);
    simdjson::dom::element json;
    if (parser_.parse(answer.body).get(json) != simdjson::SUCCESS || answer.status != 200) {
      throw std::runtime_error("Prometheus: " + path + ": " + answer.body);
    }
    return json["data"];
  }
  // The values of all series that the expression gives now.
  std::vector<double> query(const std::string& expression) {
    std::vector<double> values;
    for (const simdjson::dom::element series : get("query?query=" + encoded(expression))["result"]) {
      values.push_back(std::stod(std::string(series["value"].at(1))));
    }
    return values;
  }
  // Of an expression that gives one series; NaN while it gives none.
  double value(const std::string& expression) {
    const auto values = query(expression);
    return values.size() == 1 ? values[0] : std::nan("");
  }

 private:
  // As docs/operations.md prints it, but for these places.
  static std::string configured(const TempFolder& folder, std::uint16_t target) {
    const std::string page = read_file(source_path("docs/operations.md"));
    const std::size_t start = page.find("```yaml\n") + 8;
    std::string text =
        "global: {evaluation_interval: " + kInterval + "}\n" + page.substr(start, page.find("```", start) - start);
    const std::pair<std::string, std::string> places[] = {{"prometheus_alerts.yml", "'" + kAlerts + "'"},
                                                          {"15s", kInterval},
                                                          {"127.0.0.1:9100", "127.0.0.1:" + std::to_string(target)}};
    for (const auto& [printed, here] : places) {
      const std::size_t at = text.find(printed);
      if (at == std::string::npos) throw std::runtime_error("docs/operations.md does not print " + printed);
      text.replace(at, printed.size(), here);
    }
    write_file(folder / "prometheus.yml", text);
    return folder / "prometheus.yml";
  }
  static std::string encoded(const std::string& text) {
    std::string result;
    char code[4];
    for (const unsigned char c : text) {
      std::snprintf(code, sizeof code, "%%%02X", c);
      result += std::isalnum(c) != 0 ? std::string(1, static_cast<char>(c)) : code;
    }
    return result;
  }
  std::uint16_t port() {
    if (port_ != 0) return port_;
    static const std::regex kListening("msg=\"Listening on\" address=127\\.0\\.0\\.1:([0-9]+)");
    const bool ready = wait_errors("Server is ready");
    const std::string log = errors();
    std::smatch match;
    if (!ready || !std::regex_search(log, match, kListening)) throw std::runtime_error("Prometheus is not ready");
    return port_ = static_cast<std::uint16_t>(std::stoul(match[1].str()));
  }

  std::uint16_t port_ = 0;
  simdjson::dom::parser parser_;
};

// All strings of these names in a JSON document.
void collect(simdjson::dom::element element, const std::set<std::string_view>& names, std::set<std::string>& found) {
  if (element.is_array()) {
    for (const simdjson::dom::element item : element) collect(item, names, found);
  } else if (element.is_object()) {
    for (const auto& [name, value] : simdjson::dom::object(element)) {
      if (names.contains(name) && value.is_string()) found.insert(std::string(value));
      collect(value, names, found);
    }
  }
}

std::set<std::string> dashboard_texts(const std::set<std::string_view>& names) {
  simdjson::dom::parser parser;
  std::set<std::string> found;
  collect(parser.load(kPackaging + "grafana_dashboard.json"), names, found);
  return found;
}

// As Grafana does it.
std::string with_variables(std::string expression) {
  expression = std::regex_replace(expression, std::regex("\\$instance"), ".*");
  return std::regex_replace(expression, std::regex("\\$__rate_interval"), "1m");
}

class PrometheusTest : public testing::Test {
 protected:
  void SetUp() override {
    if (program("prometheus").empty() || program("promtool").empty()) {
      GTEST_SKIP() << "Prometheus is not there: scripts/setup --tests, or Debian's package prometheus";
    }
  }
  void expect_passes(const std::vector<std::string>& argv) {
    Process check(argv, folder_.path());
    EXPECT_EQ(check.wait(), 0) << check.output() << check.errors();
  }

  TempFolder folder_;
};

TEST_F(PrometheusTest, ScrapesADaemonUnderLoadWithoutAWarning) {
  DaemonProcess daemon(folder_, BusyProducer::daemon_flags(folder_));
  const std::uint16_t http = daemon.metrics_port();
  BusyProducer producer(daemon.port());
  Prometheus prometheus(folder_, http);
  ASSERT_TRUE(eventually([&] { return prometheus.value("count_over_time(up[1m])") >= 6; })) << prometheus.errors();
  EXPECT_EQ(prometheus.value("min_over_time(up[1m])"), 1);
  EXPECT_GT(prometheus.value("rate(stream_daemon_lines_total[1m])"), 0);
  for (const std::string& expression : dashboard_texts({"expr"})) {
    EXPECT_FALSE(prometheus.query(with_variables(expression)).empty()) << "shows nothing: " << expression;
  }

  const std::uint64_t sent = producer.finish();
  ASSERT_TRUE(eventually([&] {
    return prometheus.value("stream_daemon_lines_total") == static_cast<double>(sent) &&
           prometheus.value("stream_daemon_pending_rows") == 0;
  }));
  const std::pair<const char*, const char*> same[] = {{"stream_daemon_lines_total", "lines"},
                                                      {"stream_daemon_trades_total", "trades"},
                                                      {"stream_daemon_ohlc_total", "ohlc"},
                                                      {"stream_daemon_control_total", "control"},
                                                      {"stream_daemon_duplicates_total", "duplicates"},
                                                      {"sum(stream_daemon_rejected_total)", "invalid_lines"},
                                                      {"stream_daemon_late_trades_total", "late_trades"},
                                                      {"stream_daemon_read_bytes_total", "bytes"}};
  simdjson::dom::parser parser;
  for (const auto& [expression, name] : same) {
    std::uint64_t count = 0;  // the core may still be at work
    EXPECT_TRUE(eventually([&] {
      const std::string body = http_get(http, "/metrics.json").body;
      count = parser.parse(body)[name];
      return prometheus.value(expression) == static_cast<double>(count);
    })) << expression
        << ": " << prometheus.value(expression) << ' ' << name << ": " << count;
    EXPECT_GT(count, 0u) << name;
  }

  std::set<std::string> health;
  ASSERT_TRUE(eventually([&] {
    health.clear();
    collect(prometheus.get("rules"), {"health"}, health);
    return !health.contains("unknown");
  }));
  EXPECT_EQ(health, std::set<std::string>{"ok"});
  for (const simdjson::dom::element alert : prometheus.get("alerts")["alerts"]) {
    EXPECT_NE(std::string_view(alert["state"]), "firing") << simdjson::minify(alert);
  }
  for (const std::string& line : lines_of(prometheus.errors())) {
    EXPECT_EQ(line.find("level=warn"), std::string::npos) << line;
    EXPECT_EQ(line.find("level=error"), std::string::npos) << line;
    EXPECT_EQ(line.find("Scrape failed"), std::string::npos) << line;
  }
  EXPECT_EQ(daemon.stop(), 0);
}

TEST_F(PrometheusTest, PromtoolHasNothingToSayOfTheLivePage) {
  DaemonProcess daemon(folder_, BusyProducer::daemon_flags(folder_));
  const std::uint16_t http = daemon.metrics_port();
  BusyProducer producer(daemon.port());
  ASSERT_TRUE(eventually([&] {
    return MetricsText(http_get(http, "/metrics").body).value_of("stream_daemon_decisions_blocked_total") > 0;
  }));
  const HttpAnswer answer = http_get(http, "/metrics");
  EXPECT_EQ(answer.headers.at("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  write_file(folder_ / "page", answer.body);
  Process check({"sh", "-c", "exec '" + program("promtool") + "' check metrics <page"}, folder_.path());
  EXPECT_EQ(check.wait(), 0);
  EXPECT_EQ(check.output() + check.errors(), "");
}

TEST_F(PrometheusTest, AlertsAreSoundAndFireWhenTheyShould) {
  expect_passes({program("promtool"), "check", "rules", kAlerts});
  expect_passes({program("promtool"), "test", "rules", kPackaging + "prometheus_alerts_test.yml"});
}

TEST(PackagingTest, AlertsAndDashboardNameFiguresThatExist) {
  const TempFolder folder;
  DaemonProcess daemon(folder, BusyProducer::daemon_flags(folder));
  const std::uint16_t http = daemon.metrics_port();
  BusyProducer producer(daemon.port());
  std::string page;
  ASSERT_TRUE(eventually([&] {
    page = http_get(http, "/metrics").body;
    return page.find("stream_daemon_last_write_timestamp_seconds{") != std::string::npos;
  })) << page;
  std::string texts = read_file(kAlerts);
  for (const std::string& text : dashboard_texts({"expr", "query", "definition"})) texts += text + "\n";
  const std::set<std::string> names = MetricsText(page).names();
  const std::regex name("\\b(stream_daemon|process)_[a-z_]+");
  std::size_t named = 0;
  for (auto it = std::sregex_iterator(texts.begin(), texts.end(), name); it != std::sregex_iterator(); ++it, ++named) {
    EXPECT_TRUE(names.contains(it->str())) << it->str();
  }
  EXPECT_GT(named, 50u);
}

}  // namespace
}  // namespace streamd
