#include "http/metrics_page.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <limits>

#include "support/metrics_text.h"

namespace streamd {
namespace {

Figures some_figures() {
  Figures figures;
  figures.wall_ms = 1'700'000'010'500;
  figures.version = "1.2.3";
  figures.run_id = "r\"1";
  figures.host = "0.0.0.0";
  figures.port = 9009;
  figures.listens = true;
  figures.lines = 15;
  figures.trades = 7;
  figures.ohlc = 1;
  figures.control = 1;
  figures.rejected = 4;
  figures.duplicates = 2;
  figures.rejected_by_reason = {{"invalid_json", 3}, {"missing_field:qty", 1}, {"bad_field:qty", 0}};
  figures.gate = GateFigures{true, "\"why not\"", "capital_controls_1.jsonl", 2.5};
  figures.last_bar_ms = 1'700'000'009'000;
  figures.last_commit_wall_ms = 1'700'000'010'000;
  figures.last_bars_wall_ms = 1'700'000'010'000;
  figures.has_journal = true;
  figures.journal_bytes = 4096;
  SinkFigures sink;
  sink.name = "tcp://a:1";
  sink.connected = true;
  sink.lines_delivered = 12;
  sink.lag_s = 0.25;
  sink.delivered.buckets[2] = 2;
  sink.delivered.count = 2;
  sink.delivered.sum_s = 0.0007;
  figures.sinks = {sink, sink};
  figures.sinks[1].name = "file:b\\c";
  figures.sinks[1].takes_bars = true;
  figures.commit_to_log.buckets[0] = 1;
  figures.commit_to_log.buckets[19] = 1;
  figures.commit_to_log.count = 2;
  return figures;
}

TEST(MetricsPage, PrometheusTextHasFamiliesWithLabels) {
  const MetricsText text(prometheus_text(some_figures()));
  EXPECT_EQ(text.text_of("stream_daemon_lines_total"), "15");
  EXPECT_EQ(text.text_of("stream_daemon_rejected_total{reason=\"invalid_json\"}"), "3");
  EXPECT_EQ(text.text_of("stream_daemon_rejected_total{reason=\"bad_field:qty\"}"), "0");
  EXPECT_EQ(text.text_of("stream_daemon_sink_lines_total{sink=\"tcp://a:1\",lines=\"decisions\"}"), "12");
  EXPECT_EQ(text.text_of("stream_daemon_sink_lag_seconds{sink=\"file:b\\\\c\",lines=\"bars\"}"), "0.25");
  EXPECT_EQ(text.text_of("stream_daemon_build_info{version=\"1.2.3\",run_id=\"r\\\"1\"}"), "1");
  EXPECT_EQ(text.text_of("stream_daemon_gate_open"), "1");
  EXPECT_EQ(text.text_of("stream_daemon_gate_file_age_seconds"), "2.5");
  EXPECT_EQ(text.text_of("stream_daemon_newest_row_timestamp_seconds{table=\"ohlc_1s\"}"), "1700000009");
  EXPECT_FALSE(text.has("stream_daemon_newest_row_timestamp_seconds{table=\"quotient_summaries\"}"));
  EXPECT_EQ(text.text_of("stream_daemon_journal_bytes"), "4096");
}

TEST(MetricsPage, HistogramsCumulateToTheirCount) {
  const MetricsText text(prometheus_text(some_figures()));
  const std::string name = "stream_daemon_commit_duration_seconds";
  EXPECT_EQ(text.text_of(name + "_bucket{target=\"log\",le=\"100\"}"), "1");
  EXPECT_EQ(text.text_of(name + "_bucket{target=\"log\",le=\"+Inf\"}"), "2");
  EXPECT_EQ(text.text_of(name + "_count{target=\"log\"}"), "2");
  EXPECT_EQ(text.text_of(name + "_bucket{target=\"file\",le=\"+Inf\"}"), "0");
  EXPECT_TRUE(text.has(name + "_bucket{target=\"log\",le=\"0.0001\"}"));
}

TEST(MetricsPage, EveryFamilyHasHelpAndAUnit) {
  const MetricsText text(prometheus_text(some_figures()));
  for (const auto& [name, family] : text.families()) expect_told(name, family);
}

TEST(MetricsPage, JsonHasEveryFieldOfTheContract) {
  simdjson::dom::parser parser;
  const std::string text = metrics_json(some_figures());
  EXPECT_TRUE(text.ends_with("}\n"));
  const simdjson::dom::object json = parser.parse(text);
  for (const char* name : kJsonNames) EXPECT_EQ(json[name].error(), simdjson::SUCCESS) << name;
  EXPECT_DOUBLE_EQ(double(json["ts"]), 1'700'000'010.5);
  EXPECT_EQ(std::uint64_t(json["port"]), 9009u);
  EXPECT_EQ(std::uint64_t(json["lines"]), 15u);
  EXPECT_EQ(std::uint64_t(json["invalid_lines"]), 4u);
  EXPECT_EQ(std::uint64_t(json["rejected_by_reason"]["missing_field:qty"]), 1u);
  EXPECT_EQ(std::uint64_t(json["last_bar_ts_ms"]), 1'700'000'009'000u);
  EXPECT_TRUE(json["last_summary_ts_ms"].is_null());
  EXPECT_DOUBLE_EQ(double(json["last_flush_age_s"]), 0.5);
  EXPECT_EQ(std::uint64_t(json["last_write"]["ohlc_1s"]), 1'700'000'010'000u);
  EXPECT_TRUE(json["last_write"]["stream_state"].is_null());
  EXPECT_EQ(std::string_view(json["gate"]["reason"]), "why not");
  EXPECT_EQ(std::string_view(json["run_id"]), "r\"1");
  EXPECT_EQ(simdjson::dom::array(json["sinks"]).size(), 2u);
}

TEST(MetricsPage, JsonOfADaemonWithoutAnythingIsSound) {
  simdjson::dom::parser parser;
  Figures figures;
  figures.decision_cost_estimate = std::numeric_limits<double>::infinity();
  const std::string text = metrics_json(figures);
  const simdjson::dom::object json = parser.parse(text);
  EXPECT_TRUE(json["gate"].is_null());
  EXPECT_TRUE(json["port"].is_null());
  EXPECT_TRUE(json["decision_cost_estimate"].is_null());
  EXPECT_EQ(prometheus_text(figures).find("nan"), std::string::npos);
}

TEST(MetricsPage, AcceptChooses) {
  HttpRequest request;
  const Figures figures = some_figures();
  EXPECT_EQ(metrics_answer(request, figures).content_type, kPrometheusType);
  for (const char* accept : {"*/*", "text/plain;version=0.0.4", "text/plain, application/json",
                             "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"}) {
    request.accept = accept;
    EXPECT_EQ(metrics_answer(request, figures).content_type, kPrometheusType) << accept;
  }
  for (const char* accept : {"application/json", "application/json, text/plain, */*", "text/html, application/json"}) {
    request.accept = accept;
    EXPECT_EQ(metrics_answer(request, figures).content_type, "application/json") << accept;
    EXPECT_EQ(metrics_answer(request, figures).body, metrics_json(figures));
  }
}

TEST(MetricsPage, ReadinessSaysWhyNot) {
  Figures figures = some_figures();
  EXPECT_EQ(ready_answer(figures).status, 200u);
  figures.not_ready = "the journal cannot be written";
  EXPECT_EQ(ready_answer(figures).status, 503u);
  EXPECT_NE(ready_answer(figures).body.find("the journal cannot be written"), std::string::npos);
  EXPECT_EQ(MetricsText(prometheus_text(figures)).text_of("stream_daemon_ready"), "0");
  EXPECT_EQ(health_answer().status, 200u);
}

}  // namespace
}  // namespace streamd
