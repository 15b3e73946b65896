// The daemon's figures, for its HTTP endpoint: read from what its stages count, on any thread at any time. It takes no
// lock that a stage holds for longer than it takes to look at a number.
#include <fmt/format.h>

#include <filesystem>

#include "daemon/pipeline_parts.h"
#include "daemon/process_figures.h"

namespace streamd {
namespace {

constexpr double kLateFlushes = 10;  // flush intervals that a row may wait

std::uint64_t size_of(const std::string& path) {
  std::error_code absent;
  const auto size = std::filesystem::file_size(path, absent);
  return absent ? 0 : size;
}

void add_intake(Figures& figures, const IntakeCounts& counts) {
  figures.bytes = counts.bytes;
  figures.lines = counts.lines;
  figures.trades = counts.trades;
  figures.ohlc = counts.ohlc;
  figures.control = counts.control;
  figures.rejected = counts.rejected();
  figures.duplicates = counts.duplicates;
  figures.fast_path_lines = counts.fast_path_lines;
  for (std::size_t i = 0; i < kRejectReasons; ++i) {
    figures.rejected_by_reason.push_back({std::string(kRejectTexts[i]), counts.rejected_by_reason[i]});
  }
}

void add_counters(Figures& figures, const Counters& counters) {
  figures.connections = counters.connections.get();
  figures.connections_total = counters.connections_total.get();
  figures.late_trades = counters.late_trades.get();
  figures.seconds_closed = counters.seconds_closed.get();
  figures.seconds_forced = counters.seconds_forced.get();
  figures.bars_amended = counters.bars_amended.get();
  figures.decisions = counters.decisions.get();
  figures.decisions_blocked = counters.decisions_blocked.get();
  figures.decision_cost_estimate = counters.decision_cost_estimate.get();
  figures.summaries = counters.summaries.get();
  figures.bars_after_window = counters.bars_after_window.get();
  figures.rows_committed = counters.rows_committed.get();
  figures.decisions_committed = counters.decisions_committed.get();
  figures.summaries_committed = counters.summaries_committed.get();
  figures.decisions_passed_over = counters.decisions_passed_over.get();
  figures.summaries_passed_over = counters.summaries_passed_over.get();
  figures.bars_merged = counters.bars_merged.get();
  figures.trades_superseded = counters.trades_superseded.get();
  figures.commits = counters.commits.get();
  figures.pending_rows = counters.pending_rows.get();
  figures.last_bar_ms = counters.newest_bar_ms.get();
  figures.last_decision_ms = counters.newest_decision_ms.get();
  figures.last_summary_ms = counters.newest_summary_ms.get();
  figures.last_commit_wall_ms = counters.last_commit_wall_ms.get();
  figures.last_bars_wall_ms = counters.last_bars_wall_ms.get();
  figures.last_decisions_wall_ms = counters.last_decisions_wall_ms.get();
  figures.last_summaries_wall_ms = counters.last_summaries_wall_ms.get();
  figures.journal_bytes_cut = counters.journal_bytes_cut.get();
  figures.journalled = counters.latencies.journalled.copy();
  figures.applied = counters.latencies.applied.copy();
  figures.committed = counters.latencies.committed.copy();
  figures.commit_to_log = counters.latencies.commit_to_log.copy();
  figures.commit_to_file = counters.latencies.commit_to_file.copy();
}

HttpFigures http_figures(const HttpServer::Counts& counts, std::uint64_t floods) {
  return {.requests = counts.requests,
          .errors = counts.errors,
          .sessions_open = counts.sessions_open,
          .sessions_refused = counts.sessions_refused,
          .streams_open = counts.streams_open,
          .streams_cut = counts.streams_cut,
          .stream_floods = floods};
}

QueryFigures query_figures(const QueryDesk& desk) {
  const QueryDesk::Counts counts = desk.counts();
  return {.done = counts.done,
          .refused = counts.refused,
          .killed_for_time = counts.killed_for_time,
          .killed_for_batch = counts.killed_for_batch,
          .template_starts = desk.workers().starts(),
          .longest_batch_wait_s = static_cast<double>(counts.longest_wait.count()) / 1000};
}

}  // namespace

Figures Pipeline::Parts::figures() const {
  Figures figures;
  figures.version = STREAMD_VERSION;
  figures.host = options.host;
  figures.listens = !options.no_listen;
  figures.flush_interval_s = options.flush_interval_s;
  add_intake(figures, intake.counts());
  add_counters(figures, counters);
  figures.database_bytes = size_of(options.db);
  figures.database_log_bytes = size_of(options.db + ".wal");
  figures.queue_depth = events.weight();
  figures.effect_queue_bytes = effects.weight();
  if (http) figures.http = http_figures(http->counts(), feed ? feed->floods() : 0);
  if (query_desk != nullptr) figures.queries = query_figures(*query_desk);
  figures.process = process_figures();
  const ElapsedMillis now_ms = clock.elapsed_ms();
  figures.wall_ms = clock.wall_ms();
  figures.uptime_s = static_cast<double>(now_ms - made_ms) / 1000;
  if (const auto since_ms = static_cast<ElapsedMillis>(counters.pending_since_ms.get()); since_ms > 0) {
    figures.pending_age_s = static_cast<double>(std::max<ElapsedMillis>(0, now_ms - since_ms)) / 1000;
  }
  if (has_started.load(std::memory_order_acquire)) add_stages(figures);
  figures.not_ready = why_not_ready(figures);
  return figures;
}

// What is made while the daemon starts, and stays until it ends.
void Pipeline::Parts::add_stages(Figures& figures) const {
  figures.run_id = protocol->run_id;
  figures.producers = book.known();
  figures.producers_connected = book.connected();
  if (tcp != nullptr) figures.port = listening_port;
  if (verdicts != nullptr) {
    GateFigures& gate = figures.gate.emplace();
    if (const auto verdict = verdicts->gate()) {
      gate.open = verdict->open;
      gate.reason_json = verdict->reason_json;
      gate.file = verdict->source;
    }
    if (const auto age_ms = verdicts->gate_age_ms()) gate.age_s = static_cast<double>(*age_ms) / 1000;
  }
  if (delivery->queue() != nullptr) figures.delivery_queue_bytes = delivery->queue()->weight();
  figures.sinks = delivery->figures();
  if (journal == nullptr) return;
  figures.has_journal = true;
  figures.journal_bytes = journal->bytes();
  figures.journal_synced_position = journal->synced().position;
  figures.journal_position = journal->end();
  figures.journal_sync = journal->sync_times();
}

std::string Pipeline::Parts::why_not_ready(const Figures& figures) const {
  if (!has_started.load(std::memory_order_acquire)) return "it is starting";
  if (stop.load()) return "it is stopping";
  if (journal != nullptr && (journal->has_failed() || core_stage->waits_for_journal())) {
    return "the journal cannot be written";
  }
  if (delivery->has_failed()) return "the spool of a sink cannot be written";
  if (figures.pending_age_s > kLateFlushes * options.flush_interval_s) {
    return fmt::format("{} rows wait for the database, the oldest for {:.1f} s", figures.pending_rows,
                       figures.pending_age_s);
  }
  return "";
}

}  // namespace streamd
