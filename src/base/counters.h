// One table of every number that the daemon counts. Each counter is written by one stage and read by anyone.
// The accounting equation holds whenever no batch is under way:
//   lines = trades + ohlc + control + rejected + duplicates
#pragma once

#include <atomic>
#include <cstdint>

#include "base/histogram.h"

namespace streamd {

class Counter {
 public:
  void add(std::uint64_t n) { value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
  void set(std::uint64_t n) { value_.store(n, std::memory_order_relaxed); }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

class Gauge {
 public:
  void set(double value) { value_.store(value, std::memory_order_relaxed); }
  double get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

// How long the way of lines takes, by stage. A batch counts from when its first bytes were read.
struct Latencies {
  Histogram journalled;   // until it was appended to the journal; batches of nothing but ticks aside, as in the next
  Histogram applied;      // until the core was done with it
  Histogram committed;    // until its rows were committed: the longest of each commit
  Histogram commit_to_log;   // a commit itself
  Histogram commit_to_file;  // likewise, with a checkpoint
};

struct Counters {
  // Intake.
  Counter bytes;             // read from sockets and files, decompressed
  Counter lines;             // blank ones aside
  Counter trades;            // accepted trade lines
  Counter ohlc;              // accepted ohlc1s lines
  Counter control;           // accepted control lines
  Counter rejected;          // the sum over all reasons (source/reject_log.h has them one by one)
  Counter duplicates;        // lines of a named producer that were in already
  Counter fast_path_lines;   // of trades + ohlc: read by wire/contract_fast_path.h
  Counter connections;       // open now
  Counter connections_total;
  // Core.
  Counter late_trades;       // trades for a second that had closed
  Counter seconds_closed;
  Counter seconds_forced;    // closed because a symbol had too many seconds open
  Counter decisions;         // made since the start
  Counter decisions_blocked;  // by the cost gate
  Gauge decision_cost_estimate;  // the sum over all decisions since the start, in quote currency
  Counter summaries;         // of windows, made since the start
  Counter bars_after_window;  // closed after their window had ended
  Counter bars_amended;      // told anew, because something came for their second when it had closed (with bar sinks)
  Counter journal_bytes_cut;  // of a record that was not whole, at the start
  // Store.
  Counter rows_committed;    // rows of ohlc_1s appended or changed
  Counter decisions_committed;   // rows of stream_actions, and of stream_state
  Counter decisions_passed_over;  // for a second at or before the newest that the database has of its symbol
  Counter summaries_committed;   // rows of quotient_summaries
  Counter summaries_passed_over;  // of a window at or before the newest of its length, likewise
  Counter bars_merged;       // late parts merged into a stored row
  Counter trades_superseded; // trades of a second for which an ohlc1s line stands
  Counter commits;
  Counter pending_rows;      // waiting for a commit
  Counter pending_since_ms;  // elapsed time at which the first of them came; 0: none waits
  // Of what is in the database; 0: nothing is.
  Counter newest_bar_ms;       // event times: where the newest row's second begins
  Counter newest_decision_ms;  // likewise
  Counter newest_summary_ms;   // likewise, its window
  // Wall clock; 0: not since the start.
  Counter last_commit_wall_ms;
  Counter last_bars_wall_ms;   // the last commit with rows of ohlc_1s
  Counter last_decisions_wall_ms;
  Counter last_summaries_wall_ms;

  Latencies latencies;
};

}  // namespace streamd
