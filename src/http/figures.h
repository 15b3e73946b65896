// Every figure of the daemon at one time, for whoever shows them: a plain copy that has no owner. Filled by
// daemon/pipeline_figures, written out by metrics_text and metrics_json.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/histogram.h"
#include "base/units.h"

namespace streamd {

struct SinkFigures {
  std::string name;  // as its flag says it
  bool takes_bars = false;  // else decisions
  bool connected = false;
  bool detached = false;  // its spool is full, and lines are left out
  std::uint64_t lines_delivered = 0;  // in this run; redelivered ones, too
  std::uint64_t bytes_delivered = 0;
  std::uint64_t bytes_waiting = 0;  // in its spool
  std::uint64_t spool_limit_bytes = 0;
  std::uint64_t connects = 0;  // or openings
  std::uint64_t failures = 0;
  double lag_s = 0;  // of the oldest line that waits; 0: none does
  HistogramCopy delivered;
};

struct RejectFigures {
  std::string reason;
  std::uint64_t lines = 0;
};

struct GateFigures {
  bool open = false;
  std::string reason_json;  // a JSON scalar; empty: none is given
  std::string file;         // empty: there is none
  std::optional<double> age_s;  // of the file
};

// Of this endpoint.
struct HttpFigures {
  std::uint64_t requests = 0;
  std::uint64_t errors = 0;  // answers of 400 and above
  std::uint64_t sessions_open = 0;
  std::uint64_t sessions_refused = 0;  // too many
  std::uint64_t streams_open = 0;
  std::uint64_t streams_cut = 0;    // clients that did not keep up
  std::uint64_t stream_floods = 0;  // events were left out, and all pages began anew
};

// Of SQL over HTTP, the pages' own included.
struct QueryFigures {
  std::uint64_t done = 0;
  std::uint64_t refused = 0;
  std::uint64_t killed_for_time = 0;
  std::uint64_t killed_for_batch = 0;  // runs; each may be tried once more
  std::uint64_t template_starts = 0;   // of the process that they are copies of
  double longest_batch_wait_s = 0;     // of a batch, for queries to end
};

// Of the operating system's view of this process; 0: unknown.
struct ProcessFigures {
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  double cpu_s = 0;
  std::uint64_t open_fds = 0;
  std::uint64_t max_fds = 0;
  std::uint64_t threads = 0;
  double start_time_s = 0;  // Unix
};

struct Figures {
  // Who it is.
  UnixMillis wall_ms = 0;  // when this was copied
  std::string version;
  std::string run_id;  // empty while it starts
  double uptime_s = 0;
  std::string host;
  std::uint16_t port = 0;
  bool listens = false;  // it was asked to

  // Intake: lines = trades + ohlc + control + rejected + duplicates, always.
  std::uint64_t bytes = 0;
  std::uint64_t lines = 0;
  std::uint64_t trades = 0;
  std::uint64_t ohlc = 0;
  std::uint64_t control = 0;
  std::uint64_t rejected = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t fast_path_lines = 0;
  std::vector<RejectFigures> rejected_by_reason;  // every reason that there is; the sum is `rejected`
  std::uint64_t connections = 0;
  std::uint64_t connections_total = 0;
  std::uint64_t producers = 0;
  std::uint64_t producers_connected = 0;

  // Core.
  std::uint64_t late_trades = 0;
  std::uint64_t seconds_closed = 0;
  std::uint64_t seconds_forced = 0;
  std::uint64_t bars_amended = 0;
  std::uint64_t decisions = 0;
  std::uint64_t decisions_blocked = 0;
  double decision_cost_estimate = 0;
  std::uint64_t summaries = 0;
  std::uint64_t bars_after_window = 0;
  std::optional<GateFigures> gate;  // absent without decisions

  // Store.
  std::uint64_t rows_committed = 0;
  std::uint64_t decisions_committed = 0;
  std::uint64_t summaries_committed = 0;
  std::uint64_t decisions_passed_over = 0;
  std::uint64_t summaries_passed_over = 0;
  std::uint64_t bars_merged = 0;
  std::uint64_t trades_superseded = 0;
  std::uint64_t commits = 0;
  std::uint64_t pending_rows = 0;
  double pending_age_s = 0;  // of the oldest row that waits; 0: none does
  double flush_interval_s = 1;
  std::uint64_t database_bytes = 0;
  std::uint64_t database_log_bytes = 0;
  // 0: nothing is stored. Event times of what is in the database.
  std::uint64_t last_bar_ms = 0;
  std::uint64_t last_decision_ms = 0;
  std::uint64_t last_summary_ms = 0;
  // 0: none since the start. Wall clock.
  std::uint64_t last_commit_wall_ms = 0;
  std::uint64_t last_bars_wall_ms = 0;
  std::uint64_t last_decisions_wall_ms = 0;
  std::uint64_t last_summaries_wall_ms = 0;

  // Queues.
  std::uint64_t queue_depth = 0;  // event batches between intake and core
  std::uint64_t effect_queue_bytes = 0;
  std::uint64_t delivery_queue_bytes = 0;

  // Journal; zeros without one.
  bool has_journal = false;
  std::uint64_t journal_bytes = 0;  // kept
  std::uint64_t journal_position = 0;
  std::uint64_t journal_synced_position = 0;
  std::uint64_t journal_bytes_cut = 0;

  std::vector<SinkFigures> sinks;

  // From the first bytes read of a batch to what the name says; see base/counters.h.
  HistogramCopy journalled;
  HistogramCopy applied;
  HistogramCopy committed;
  // How long these took.
  HistogramCopy commit_to_log;
  HistogramCopy commit_to_file;
  HistogramCopy journal_sync;

  HttpFigures http;
  QueryFigures queries;
  ProcessFigures process;

  // Why it is not ready; empty: it is.
  std::string not_ready;
};

}  // namespace streamd
