// Every option of stream_daemon, checked: command line over config file over defaults. No other place reads flags.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "decide/decision_options.h"
#include "flags/places.h"
#include "quotient/summary_options.h"

namespace streamd {

// When the journal reaches the disk: when a producer waits for an ack and before each commit; each batch; or when the
// system likes.
enum class JournalSync { ack, always, never };

// What happens when the spool of a sink is full: nothing is read any more, or that sink misses lines.
enum class WhenFull { block, detach };

struct Options {
  std::string host = "0.0.0.0";
  std::uint16_t port = 9009;
  bool no_listen = false;

  std::string db = kDefaultDatabase;
  std::size_t batch_size = 100'000;  // rows
  double flush_interval_s = 1.0;
  bool db_exclusive = false;
  std::string state_dir;  // default: <db>.state

  bool no_journal = false;
  JournalSync journal_sync = JournalSync::ack;
  double snapshot_interval_s = 30;
  std::uint64_t journal_keep_bytes = 1 << 30;
  std::string auth_token_file;

  std::vector<std::string> tail;
  bool tail_follow = false;
  bool tail_parallel = false;
  bool tail_again = false;
  bool exit_at_eof = false;

  std::int64_t lateness_ms = 0;
  std::int64_t idle_close_ms = 1000;
  double producer_grace_s = 10;
  std::int64_t max_future_ms = 60'000;

  std::uint64_t max_line_bytes = 1 << 20;
  std::size_t max_connections = 1024;
  std::size_t max_symbols = 50'000;
  std::uint64_t max_pending_bytes = 256 << 20;
  std::string reject_file;

  SummaryOptions summaries;

  DecisionOptions decisions;
  bool no_decision_stdout = false;
  std::string phase6_log_dir = "logs/phase6";
  double gate_max_age_s = 0;  // 0: any age will do
  std::string influence_log_dir = "logs/asymmetry";

  std::vector<std::string> decision_sinks;
  std::vector<std::string> ohlc_sinks;
  std::uint64_t sink_spool_bytes = 8ull << 30;  // for each
  WhenFull when_full = WhenFull::block;
  double sink_resend_s = 5;
  std::uint64_t sink_resend_bytes = 16 << 20;
  std::int64_t amend_window_s = 300;
  std::uint64_t amend_memory = 64 << 20;

  std::string metrics_host;  // default: 127.0.0.1
  std::optional<std::uint16_t> metrics_port;  // absent: no TCP
  std::string http_token_file;

  LogLevel log_level = LogLevel::info;
  LogFormat log_format = LogFormat::text;
};

// What the command line asks for.
struct Invocation {
  enum class Action { run, exit } action = Action::run;
  int exit_code = 0;      // action exit: help, version and print-config are done; 2 is bad usage
  std::string output;     // action exit: for stdout
  std::string complaint;  // exit code 2: one line for stderr
  Options options;
};

// `arguments` without the program's name.
Invocation parse_options(std::vector<std::string> arguments);

}  // namespace streamd
