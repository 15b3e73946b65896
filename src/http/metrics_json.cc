// The figures as JSON.
#include <algorithm>
#include <optional>

#include "wire/json_object.h"
#include "http/metrics_page.h"

namespace streamd {
namespace {

template <typename Value>
std::optional<Value> value_if(bool is_there, Value value) {
  return is_there ? std::optional(value) : std::nullopt;
}
// What is 0 is not there.
std::optional<std::uint64_t> known_time(std::uint64_t ms) { return value_if(ms != 0, ms); }
std::optional<std::string_view> known_text(std::string_view text) { return value_if(!text.empty(), text); }

std::string tables(std::uint64_t bars, std::uint64_t decisions, std::uint64_t summaries) {
  JsonObject json;
  json.add("ohlc_1s", known_time(bars));
  json.add("stream_state", known_time(decisions));
  json.add("stream_actions", known_time(decisions));
  json.add("quotient_summaries", known_time(summaries));
  return json.text();
}

std::string histogram(const HistogramCopy& copy) {
  JsonObject json;
  json.add("count", copy.count);
  json.add("sum_s", copy.sum_s);
  std::string buckets = "[";
  for (std::size_t i = 0; i < copy.buckets.size(); ++i) {
    const bool last = i == kLatencyBoundsUs.size();
    buckets +=
        fmt::format("{}[{},{}]", i == 0 ? "" : ",",
                    last ? "null" : fmt::format("{}", static_cast<double>(kLatencyBoundsUs[i]) / 1e6), copy.buckets[i]);
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
  json.add("file", known_text(gate.file));
  json.add("age_s", gate.age_s);
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

std::string http(const HttpFigures& http) {
  JsonObject json;
  json.add("requests", http.requests);
  json.add("errors", http.errors);
  json.add("sessions_open", http.sessions_open);
  json.add("sessions_refused", http.sessions_refused);
  json.add("streams_open", http.streams_open);
  json.add("streams_cut", http.streams_cut);
  json.add("stream_floods", http.stream_floods);
  return json.text();
}

std::string queries(const QueryFigures& queries) {
  JsonObject json;
  json.add("done", queries.done);
  json.add("refused", queries.refused);
  json.add("killed_for_time", queries.killed_for_time);
  json.add("killed_for_batch", queries.killed_for_batch);
  json.add("template_starts", queries.template_starts);
  json.add("longest_batch_wait_s", queries.longest_batch_wait_s);
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
  json.add_raw("gate", figures.gate ? gate(*figures.gate) : "null");
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
  const double flush_age_ms = static_cast<double>(figures.wall_ms) - static_cast<double>(figures.last_commit_wall_ms);
  json.add("last_flush_age_s", value_if(figures.last_commit_wall_ms != 0, std::max(0.0, flush_age_ms / 1000)));
  json.add("last_bar_ts_ms", known_time(figures.last_bar_ms));
  json.add("last_action_ts_ms", known_time(figures.last_decision_ms));
  json.add("last_state_ts_ms", known_time(figures.last_decision_ms));
  json.add("last_summary_ts_ms", known_time(figures.last_summary_ms));
  json.add("last_write_ts_ms", known_time(figures.last_commit_wall_ms));
  json.add_raw("last_write",
               tables(figures.last_bars_wall_ms, figures.last_decisions_wall_ms, figures.last_summaries_wall_ms));
}

}  // namespace

std::string metrics_json(const Figures& figures) {
  JsonObject json;
  json.add("ts", static_cast<double>(figures.wall_ms) / 1000);
  json.add("host", figures.host);
  json.add("port", value_if(figures.listens, figures.port));
  json.add("version", figures.version);
  json.add("run_id", figures.run_id);
  json.add("uptime_s", figures.uptime_s);
  json.add("ready", figures.not_ready.empty());
  json.add("not_ready", known_text(figures.not_ready));
  add_intake(json, figures);
  add_core(json, figures);
  add_store(json, figures);
  json.add_raw("sinks", sinks(figures.sinks));
  json.add_raw("latencies", latencies(figures));
  json.add_raw("http", http(figures.http));
  json.add_raw("queries", queries(figures.queries));
  json.add_raw("process", process(figures.process));
  return json.text() + "\n";
}

}  // namespace streamd
