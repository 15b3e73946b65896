// The figures as JSON.
#include "http/json_object.h"
#include "http/metrics_page.h"

namespace streamd {
namespace {

// What is 0 is not there.
void add_time(JsonObject& json, const char* name, std::uint64_t ms) {
  if (ms == 0) return json.add_null(name);
  json.add(name, ms);
}

std::string tables(std::uint64_t bars, std::uint64_t decisions, std::uint64_t summaries) {
  JsonObject json;
  add_time(json, "ohlc_1s", bars);
  add_time(json, "stream_state", decisions);
  add_time(json, "stream_actions", decisions);
  add_time(json, "quotient_summaries", summaries);
  return json.text();
}

std::string histogram(const HistogramCopy& copy) {
  JsonObject json;
  json.add("count", copy.count);
  json.add("sum_s", copy.sum_s);
  std::string buckets = "[";
  for (std::size_t i = 0; i < copy.buckets.size(); ++i) {
    const bool last = i == kLatencyBoundsUs.size();
    buckets += fmt::format("{}[{},{}]", i == 0 ? "" : ",",
                           last ? "null" : fmt::format("{}", static_cast<double>(kLatencyBoundsUs[i]) / 1e6),
                           copy.buckets[i]);
  }
  json.add_raw("buckets", buckets + "]");  // [at most so many seconds, how many], not cumulated
  return json.text();
}

std::string rejects(const Figures& figures) {
  JsonObject json;
  for (const RejectFigures& reject : figures.rejected_by_reason) {
    if (reject.lines > 0) json.add(reject.reason, reject.lines);
  }
  return json.text();
}

std::string gate(const GateFigures& gate) {
  JsonObject json;
  json.add("open", gate.open);
  json.add_raw("reason", gate.reason_json.empty() ? "null" : gate.reason_json);
  if (gate.file.empty()) json.add_null("file");
  else json.add("file", gate.file);
  if (gate.age_s) json.add("age_s", *gate.age_s);
  else json.add_null("age_s");
  return json.text();
}

std::string sinks(const std::vector<SinkFigures>& sinks) {
  std::string text = "[";
  for (const SinkFigures& sink : sinks) {
    JsonObject json;
    json.add("sink", sink.name);
    json.add("lines", sink.takes_bars ? "bars" : "decisions");
    json.add("connected", sink.connected);
    json.add("detached", sink.detached);
    json.add("lines_delivered", sink.lines_delivered);
    json.add("bytes_delivered", sink.bytes_delivered);
    json.add("bytes_waiting", sink.bytes_waiting);
    json.add("spool_limit_bytes", sink.spool_limit_bytes);
    json.add("connects", sink.connects);
    json.add("failures", sink.failures);
    json.add("lag_s", sink.lag_s);
    json.add_raw("delivered", histogram(sink.delivered));
    if (text.size() > 1) text += ',';
    text += json.text();
  }
  return text + "]";
}

std::string latencies(const Figures& figures) {
  JsonObject json;
  json.add_raw("journalled", histogram(figures.journalled));
  json.add_raw("applied", histogram(figures.applied));
  json.add_raw("committed", histogram(figures.committed));
  json.add_raw("commit_to_log", histogram(figures.commit_to_log));
  json.add_raw("commit_to_file", histogram(figures.commit_to_file));
  json.add_raw("journal_sync", histogram(figures.journal_sync));
  return json.text();
}

std::string process(const ProcessFigures& process) {
  JsonObject json;
  json.add("resident_bytes", process.resident_bytes);
  json.add("virtual_bytes", process.virtual_bytes);
  json.add("cpu_s", process.cpu_s);
  json.add("open_fds", process.open_fds);
  json.add("max_fds", process.max_fds);
  json.add("threads", process.threads);
  json.add("start_time_s", process.start_time_s);
  return json.text();
}

void add_intake(JsonObject& json, const Figures& figures) {
  json.add("connections", figures.connections);
  json.add("connections_total", figures.connections_total);
  json.add("producers", figures.producers);
  json.add("producers_connected", figures.producers_connected);
  json.add("bytes", figures.bytes);
  json.add("lines", figures.lines);
  json.add("invalid_lines", figures.rejected);
  json.add_raw("rejected_by_reason", rejects(figures));
  json.add("control", figures.control);
  json.add("duplicates", figures.duplicates);
  json.add("trades", figures.trades);
  json.add("ohlc", figures.ohlc);
  json.add("fast_path_lines", figures.fast_path_lines);
}

void add_core(JsonObject& json, const Figures& figures) {
  json.add("trades_superseded", figures.trades_superseded);
  json.add("late_trades", figures.late_trades);
  json.add("seconds_closed", figures.seconds_closed);
  json.add("seconds_forced", figures.seconds_forced);
  json.add("bars_amended", figures.bars_amended);
  json.add("bars_merged", figures.bars_merged);
  json.add("decisions", figures.decisions);
  json.add("decisions_blocked", figures.decisions_blocked);
  json.add("decision_cost_estimate", figures.decision_cost_estimate);
  json.add("summaries", figures.summaries);
  json.add("bars_after_window", figures.bars_after_window);
  if (figures.gate) json.add_raw("gate", gate(*figures.gate));
  else json.add_null("gate");
}

void add_store(JsonObject& json, const Figures& figures) {
  json.add("rows_committed", figures.rows_committed);
  json.add("decisions_committed", figures.decisions_committed);
  json.add("summaries_committed", figures.summaries_committed);
  json.add("decisions_passed_over", figures.decisions_passed_over);
  json.add("summaries_passed_over", figures.summaries_passed_over);
  json.add("commits", figures.commits);
  json.add("pending_rows", figures.pending_rows);
  json.add("pending_age_s", figures.pending_age_s);
  json.add("flush_interval_s", figures.flush_interval_s);
  json.add("database_bytes", figures.database_bytes);
  json.add("database_log_bytes", figures.database_log_bytes);
  json.add("queue_depth", figures.queue_depth);
  json.add("effect_queue_bytes", figures.effect_queue_bytes);
  json.add("delivery_queue_bytes", figures.delivery_queue_bytes);
  json.add("journal_bytes", figures.journal_bytes);
  json.add("journal_position", figures.journal_position);
  json.add("journal_synced_position", figures.journal_synced_position);
  json.add("journal_bytes_cut", figures.journal_bytes_cut);
  const double now_ms = static_cast<double>(figures.wall_ms);
  if (figures.last_commit_wall_ms == 0) {
    json.add_null("last_flush_age_s");
  } else {
    json.add("last_flush_age_s", std::max(0.0, (now_ms - static_cast<double>(figures.last_commit_wall_ms)) / 1000));
  }
  add_time(json, "last_bar_ts_ms", figures.last_bar_ms);
  add_time(json, "last_action_ts_ms", figures.last_decision_ms);
  add_time(json, "last_state_ts_ms", figures.last_decision_ms);
  add_time(json, "last_summary_ts_ms", figures.last_summary_ms);
  add_time(json, "last_write_ts_ms", figures.last_commit_wall_ms);
  json.add_raw("last_write",
               tables(figures.last_bars_wall_ms, figures.last_decisions_wall_ms, figures.last_summaries_wall_ms));
}

}  // namespace

std::string metrics_json(const Figures& figures) {
  JsonObject json;
  json.add("ts", static_cast<double>(figures.wall_ms) / 1000);
  json.add("host", figures.host);
  if (figures.listens) json.add("port", figures.port);
  else json.add_null("port");
  json.add("version", figures.version);
  json.add("run_id", figures.run_id);
  json.add("uptime_s", figures.uptime_s);
  json.add("ready", figures.not_ready.empty());
  if (figures.not_ready.empty()) json.add_null("not_ready");
  else json.add("not_ready", figures.not_ready);
  add_intake(json, figures);
  add_core(json, figures);
  add_store(json, figures);
  json.add_raw("sinks", sinks(figures.sinks));
  json.add_raw("latencies", latencies(figures));
  json.add_raw("process", process(figures.process));
  return json.text() + "\n";
}

}  // namespace streamd
