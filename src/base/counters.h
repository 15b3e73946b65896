// One table of every number that the daemon counts. Each counter is written by one stage and read by anyone.
// The accounting equation holds whenever no batch is under way:
//   lines = trades + ohlc + control + rejected + duplicates
#pragma once

#include <atomic>
#include <cstdint>

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
  Counter last_commit_wall_ms;
};

}  // namespace streamd
