// The figures as Prometheus's text.
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <limits>
#include <utility>

#include "http/metrics_page.h"

namespace streamd {
namespace {

using Labels = std::vector<prometheus::ClientMetric::Label>;

double number(std::uint64_t value) { return static_cast<double>(value); }
double seconds(std::uint64_t ms) { return static_cast<double>(ms) / 1000; }

class Families {
 public:
  explicit Families(std::string prefix) : prefix_(std::move(prefix)) {}

  void counter(const std::string& name, const char* help, double value, Labels labels = {}) {
    metric(name, help, prometheus::MetricType::Counter, std::move(labels)).counter.value = value;
  }
  void gauge(const std::string& name, const char* help, double value, Labels labels = {}) {
    metric(name, help, prometheus::MetricType::Gauge, std::move(labels)).gauge.value = value;
  }
  void histogram(const std::string& name, const char* help, const HistogramCopy& copy, Labels labels = {}) {
    auto& histogram = metric(name, help, prometheus::MetricType::Histogram, std::move(labels)).histogram;
    histogram.sample_count = copy.count;
    histogram.sample_sum = copy.sum_s;
    std::uint64_t cumulated = 0;
    for (std::size_t i = 0; i < copy.buckets.size(); ++i) {
      cumulated += copy.buckets[i];
      const bool last = i == kLatencyBoundsUs.size();
      const double bound =
          last ? std::numeric_limits<double>::infinity() : static_cast<double>(kLatencyBoundsUs[i]) / 1e6;
      histogram.bucket.push_back({cumulated, bound});
    }
  }
  void use_prefix(std::string prefix) { prefix_ = std::move(prefix); }
  const std::vector<prometheus::MetricFamily>& all() const { return families_; }

 private:
  // Metrics of one family come one behind the other.
  prometheus::ClientMetric& metric(const std::string& name, const char* help, prometheus::MetricType type,
                                   Labels labels) {
    const std::string full_name = prefix_ + name;
    if (families_.empty() || families_.back().name != full_name) families_.push_back({full_name, help, type, {}});
    prometheus::ClientMetric& metric = families_.back().metric.emplace_back();
    metric.label = std::move(labels);
    return metric;
  }

  std::string prefix_;
  std::vector<prometheus::MetricFamily> families_;
};

void add_intake(Families& families, const Figures& figures) {
  families.gauge("build_info", "Version and run as labels; always 1", 1,
                 {{"version", figures.version}, {"run_id", figures.run_id}});
  families.gauge("uptime_seconds", "Time since the process began to start", figures.uptime_s);
  families.gauge("ready", "1: listens, can write its journal, stores in time", figures.not_ready.empty() ? 1 : 0);
  families.counter("read_bytes_total", "Bytes read from sockets and files, decompressed", number(figures.bytes));
  families.counter("lines_total", "Lines, blank ones aside: trades, bars, control, rejected and duplicates",
                   number(figures.lines));
  families.counter("trades_total", "Trades accepted, one a line", number(figures.trades));
  families.counter("ohlc_total", "Bars accepted, one an ohlc1s line", number(figures.ohlc));
  families.counter("control_total", "Lines of control that were accepted", number(figures.control));
  families.counter("duplicates_total", "Lines of a named producer that were in already", number(figures.duplicates));
  for (const RejectFigures& reject : figures.rejected_by_reason) {
    families.counter("rejected_total", "Lines refused, by reason", number(reject.lines), {{"reason", reject.reason}});
  }
  families.counter("fast_path_lines_total",
                   "Lines of trades and bars that were read at sight, in the contract's own form",
                   number(figures.fast_path_lines));
  families.gauge("connections", "Connections of producers that are open", number(figures.connections));
  families.counter("connections_total", "Connections of producers since the start", number(figures.connections_total));
  families.gauge("producers", "Producers that are known by name", number(figures.producers));
  families.gauge("producers_connected", "Producers known by name that are connected",
                 number(figures.producers_connected));
}

void add_core(Families& families, const Figures& figures) {
  families.counter("late_trades_total", "Trades for a second that had closed", number(figures.late_trades));
  families.counter("seconds_closed_total", "Seconds of symbols that have closed", number(figures.seconds_closed));
  families.counter("seconds_forced_total", "Seconds of symbols that closed because too many were open",
                   number(figures.seconds_forced));
  families.counter("bars_amended_total", "Bars told anew to bar sinks, because something came late",
                   number(figures.bars_amended));
  families.counter("decisions_total", "Decisions made since the start", number(figures.decisions));
  families.counter("decisions_blocked_total", "Decisions held by the cost gate", number(figures.decisions_blocked));
  families.gauge("decision_cost_estimate", "Units of quote currency: estimated cost of all decisions since the start",
                 figures.decision_cost_estimate);
  families.counter("summaries_total", "Summaries made of windows", number(figures.summaries));
  families.counter("bars_after_window_total", "Bars that closed after their window had ended",
                   number(figures.bars_after_window));
  if (!figures.gate) return;
  families.gauge("gate_open", "1: the exposure gate is open", figures.gate->open ? 1 : 0);
  if (figures.gate->age_s) {
    families.gauge("gate_file_age_seconds", "Time since the exposure gate's file was written", *figures.gate->age_s);
  }
}

void add_store(Families& families, const Figures& figures) {
  const char* committed = "Rows appended or changed; a decision is one of stream_state and one of stream_actions";
  families.counter("rows_committed_total", committed, number(figures.rows_committed), {{"table", "ohlc_1s"}});
  families.counter("rows_committed_total", committed, number(figures.decisions_committed), {{"table", "stream_state"}});
  families.counter("rows_committed_total", committed, number(figures.decisions_committed),
                   {{"table", "stream_actions"}});
  families.counter("rows_committed_total", committed, number(figures.summaries_committed),
                   {{"table", "quotient_summaries"}});
  const char* passed_over = "Rows that were not stored, because the database had one from another history";
  families.counter("rows_passed_over_total", passed_over, number(figures.decisions_passed_over),
                   {{"table", "stream_state"}});
  families.counter("rows_passed_over_total", passed_over, number(figures.summaries_passed_over),
                   {{"table", "quotient_summaries"}});
  families.counter("bars_merged_total", "Parts of seconds that came late, merged into a stored row",
                   number(figures.bars_merged));
  families.counter("trades_superseded_total", "Trades of a second for which an ohlc1s line stands",
                   number(figures.trades_superseded));
  families.counter("commits_total", "Commits to the database", number(figures.commits));
  families.gauge("pending_rows", "Rows that wait for a commit", number(figures.pending_rows));
  families.gauge("pending_age_seconds", "How long the oldest row that waits for a commit has waited",
                 figures.pending_age_s);
  families.gauge("flush_interval_seconds", "Longest time between two commits while rows wait (--flush-interval)",
                 figures.flush_interval_s);
  families.gauge("database_bytes", "Size of the database file", number(figures.database_bytes));
  families.gauge("database_log_bytes", "Size of the database's write-ahead log", number(figures.database_log_bytes));
  const char* newest = "Event time of the newest row in the database; absent: there is none";
  const char* write = "Wall clock of the last commit with such rows; absent: none since the start";
  const std::pair<const char*, std::uint64_t> newest_times[] = {{"ohlc_1s", figures.last_bar_ms},
                                                                {"stream_state", figures.last_decision_ms},
                                                                {"stream_actions", figures.last_decision_ms},
                                                                {"quotient_summaries", figures.last_summary_ms}};
  const std::pair<const char*, std::uint64_t> write_times[] = {{"ohlc_1s", figures.last_bars_wall_ms},
                                                               {"stream_state", figures.last_decisions_wall_ms},
                                                               {"stream_actions", figures.last_decisions_wall_ms},
                                                               {"quotient_summaries", figures.last_summaries_wall_ms}};
  for (const auto& [table, ms] : newest_times) {
    if (ms > 0) families.gauge("newest_row_timestamp_seconds", newest, seconds(ms), {{"table", table}});
  }
  for (const auto& [table, ms] : write_times) {
    if (ms > 0) families.gauge("last_write_timestamp_seconds", write, seconds(ms), {{"table", table}});
  }
  if (figures.last_commit_wall_ms > 0) {
    families.gauge("last_commit_timestamp_seconds", "Wall clock of the last commit",
                   seconds(figures.last_commit_wall_ms));
  }
}

void add_queues(Families& families, const Figures& figures) {
  families.gauge("event_queue_batches", "Batches between intake and core; 8 are full", number(figures.queue_depth));
  families.gauge("effect_queue_bytes", "Size of the effects between core and store",
                 number(figures.effect_queue_bytes));
  families.gauge("delivery_queue_bytes", "Size of the lines between core and spools",
                 number(figures.delivery_queue_bytes));
  if (!figures.has_journal) return;
  families.gauge("journal_bytes", "Size of the journal that is kept", number(figures.journal_bytes));
  families.counter("journal_appended_bytes_total", "Position of the journal's end, from its beginning",
                   number(figures.journal_position));
  families.counter("journal_synced_bytes_total", "Position up to which the journal has reached the disk",
                   number(figures.journal_synced_position));
  families.gauge("journal_cut_bytes", "Size of a record that was not whole at the start",
                 number(figures.journal_bytes_cut));
}

template <typename Add>
void for_each_sink(const Figures& figures, Add add) {
  for (const SinkFigures& sink : figures.sinks) {
    add(sink, Labels{{"sink", sink.name}, {"lines", sink.takes_bars ? "bars" : "decisions"}});
  }
}

void add_sinks(Families& families, const Figures& figures) {
  const auto gauges = [&](const char* name, const char* help, auto value) {
    for_each_sink(figures, [&](const SinkFigures& sink, Labels labels) {
      families.gauge(name, help, static_cast<double>(value(sink)), std::move(labels));
    });
  };
  const auto counters = [&](const char* name, const char* help, auto value) {
    for_each_sink(figures, [&](const SinkFigures& sink, Labels labels) {
      families.counter(name, help, static_cast<double>(value(sink)), std::move(labels));
    });
  };
  gauges("sink_connected", "1: its file is open, its peer connected", [](auto& sink) { return sink.connected; });
  gauges("sink_detached", "1: its spool is full, and lines are left out", [](auto& sink) { return sink.detached; });
  counters("sink_lines_total", "Lines delivered, redelivered ones, too",
           [](auto& sink) { return sink.lines_delivered; });
  counters("sink_bytes_total", "Bytes delivered, redelivered ones, too",
           [](auto& sink) { return sink.bytes_delivered; });
  gauges("sink_waiting_bytes", "Size of what waits in its spool", [](auto& sink) { return sink.bytes_waiting; });
  gauges("sink_spool_limit_bytes", "Size that its spool may have (--sink-spool-bytes)",
         [](auto& sink) { return sink.spool_limit_bytes; });
  counters("sink_connects_total", "Connections to its peer, or openings of its file",
           [](auto& sink) { return sink.connects; });
  counters("sink_failures_total", "Failures to connect, open or write", [](auto& sink) { return sink.failures; });
  gauges("sink_lag_seconds", "How long the oldest line that waits has been on its way; 0: none waits",
         [](auto& sink) { return sink.lag_s; });
  for_each_sink(figures, [&](const SinkFigures& sink, Labels labels) {
    families.histogram("sink_delivered_latency_seconds",
                       "From a batch's first bytes read until its lines were delivered", sink.delivered,
                       std::move(labels));
  });
}

void add_latencies(Families& families, const Figures& figures) {
  const char* stage = "From a batch's first bytes read until it was journalled, applied by the core, and until the "
                      "oldest one of a commit was committed";
  families.histogram("stage_latency_seconds", stage, figures.journalled, {{"stage", "journalled"}});
  families.histogram("stage_latency_seconds", stage, figures.applied, {{"stage", "applied"}});
  families.histogram("stage_latency_seconds", stage, figures.committed, {{"stage", "committed"}});
  const char* commit = "How long a commit took: into the log, or into the file with a checkpoint";
  families.histogram("commit_duration_seconds", commit, figures.commit_to_log, {{"target", "log"}});
  families.histogram("commit_duration_seconds", commit, figures.commit_to_file, {{"target", "file"}});
  if (!figures.has_journal) return;
  families.histogram("journal_sync_duration_seconds", "How long it took to bring the journal to the disk",
                     figures.journal_sync);
}

void add_http(Families& families, const HttpFigures& http, const QueryFigures& queries) {
  families.counter("http_requests_total", "Requests answered over HTTP", number(http.requests));
  families.counter("http_errors_total", "Answers of status 400 and above over HTTP", number(http.errors));
  families.gauge("http_sessions", "Connections open to the HTTP endpoint", number(http.sessions_open));
  families.counter("http_sessions_refused_total", "Connections refused by the HTTP endpoint: too many were open",
                   number(http.sessions_refused));
  families.gauge("http_streams", "Streams of events that are open", number(http.streams_open));
  families.counter("http_streams_cut_total", "Streams of events ended, for their clients did not keep up",
                   number(http.streams_cut));
  families.counter("http_stream_floods_total", "Floods of events, left out for some seconds before pages began anew",
                   number(http.stream_floods));
  const char* help = "Queries by what became of them; of killed_for_batch the runs, each may be tried once more";
  families.counter("queries_total", help, number(queries.done), {{"outcome", "done"}});
  families.counter("queries_total", help, number(queries.refused), {{"outcome", "refused"}});
  families.counter("queries_total", help, number(queries.killed_for_time), {{"outcome", "killed_for_time"}});
  families.counter("queries_total", help, number(queries.killed_for_batch), {{"outcome", "killed_for_batch"}});
  families.counter("query_template_starts_total", "Starts of the process that queries are copies of",
                   number(queries.template_starts));
  families.gauge("query_longest_batch_wait_seconds", "Longest time that a batch has waited for queries to end",
                 queries.longest_batch_wait_s);
}

void add_process(Families& families, const ProcessFigures& process) {
  families.use_prefix("process_");
  families.gauge("resident_memory_bytes", "Resident memory size in bytes.", number(process.resident_bytes));
  families.gauge("virtual_memory_bytes", "Virtual memory size in bytes.", number(process.virtual_bytes));
  families.counter("cpu_seconds_total", "Total user and system CPU time spent in seconds.", process.cpu_s);
  families.gauge("open_fds", "File descriptors that are open.", number(process.open_fds));
  families.gauge("max_fds", "File descriptors that may be open at most.", number(process.max_fds));
  families.gauge("threads", "Threads of the process.", number(process.threads));
  families.gauge("start_time_seconds", "Start time of the process since unix epoch in seconds.", process.start_time_s);
}

}  // namespace

std::string prometheus_text(const Figures& figures) {
  Families families("stream_daemon_");
  add_intake(families, figures);
  add_core(families, figures);
  add_store(families, figures);
  add_queues(families, figures);
  add_sinks(families, figures);
  add_latencies(families, figures);
  add_http(families, figures.http, figures.queries);
  add_process(families, figures.process);
  return prometheus::TextSerializer().Serialize(families.all());
}

}  // namespace streamd
