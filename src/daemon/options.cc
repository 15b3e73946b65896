#include "daemon/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "daemon/decision_flags.h"
#include "flags/flag_checks.h"
#include "flags/toml_config.h"
#include "daemon/http_flags.h"
#include "io/file.h"

namespace streamd {
namespace {

constexpr const char* kVersion = STREAMD_VERSION;

constexpr const char* kDescription =
    "Takes trades and one-second bars as NDJSON over TCP or from files, makes one-second OHLCV bars,\n"
    "keeps them in DuckDB, one row per symbol and second, and makes a trading decision of each.\n"
    "Also: stream_daemon query --db FILE 'SELECT ...' reads a database,\n"
    "stream_daemon verify --db FILE compares its rows with the journal.";

constexpr const char* kExamples =
    "Examples:\n"
    "  stream_daemon                                    listen on port 9009, store in logs/research/market.duckdb\n"
    "  printf '{\"type\":\"trade\",\"symbol\":\"BTCUSDT\",\"ts_ms\":1700000000123,\"price\":95473.29,\"qty\":0.001}\\n' | nc -N localhost 9009\n"
    "  stream_daemon --tail day.ndjson.gz --exit-at-eof --no-listen --db day.duckdb    replay a file\n"
    "  stream_daemon --emit-decisions --decision-sink file:logs/decisions.ndjson        decide, and keep the decisions\n"
    "  stream_daemon --emit-decisions --no-decision-stdout --metrics-port 9100         watch it on http://127.0.0.1:9100/\n"
    "  stream_daemon query 'SELECT * FROM ohlc_1s ORDER BY timestamp DESC LIMIT 10'    look at what is stored\n"
    "  stream_daemon verify --db day.duckdb                                            does it have the journal's rows?\n"
    "Exit codes: 0 done, 1 failed while running, 2 bad usage or configuration, 3 could not start.";

CLI::Validator not_negative() { return between<std::int64_t>(0, 1'000'000'000'000); }

void add_input_options(CLI::App& app, Options& options) {
  const char* group = "Input";
  app.add_option("--host", options.host, "Address to listen on")->capture_default_str()->group(group);
  app.add_option("--port", options.port, "Port to listen on; 0 picks one and logs it")
      ->check(port_value())
      ->capture_default_str()
      ->group(group);
  app.add_flag("--no-listen", options.no_listen, "Open no socket (for replays)")->group(group);
  app.add_option("--tail", options.tail, "Replay this file (.gz and .zst too); repeatable, read in this order")
      ->group(group);
  app.add_flag("--tail-follow", options.tail_follow,
               "Go on reading as the last file grows (with --tail-parallel: all), through truncation and rotation")
      ->group(group);
  app.add_flag("--tail-parallel", options.tail_parallel, "Read the files side by side")->group(group);
  app.add_flag("--tail-again", options.tail_again, "Read files that are in already once more; their trades count again")
      ->group(group);
  app.add_flag("--exit-at-eof", options.exit_at_eof, "Stop when all files are read and stored")->group(group);
  app.add_option("--max-line-bytes", options.max_line_bytes, "Longer lines are rejected")
      ->transform(size_value())
      ->capture_default_str()
      ->group(group);
  app.add_option("--max-connections", options.max_connections, "Further connections wait")
      ->check(between<std::size_t>(1, 100'000))
      ->capture_default_str()
      ->group(group);
  app.add_option("--max-symbols", options.max_symbols, "Lines of further symbols are rejected")
      ->check(between<std::size_t>(1, 10'000'000))
      ->capture_default_str()
      ->group(group);
  app.add_option("--max-future-ms", options.max_future_ms, "Events further ahead of the clock are rejected")
      ->check(not_negative())
      ->capture_default_str()
      ->group(group);
  app.add_option("--auth-token-file", options.auth_token_file,
                 "Only connections whose hello has the token in this file may send")
      ->group(group);
  app.add_option("--reject-file", options.reject_file, "Keep every rejected line, with its reason, in this file")
      ->group(group);
}

void add_bar_options(CLI::App& app, Options& options) {
  const char* group = "Bars";
  app.add_option("--lateness-ms", options.lateness_ms, "Keep a second open until its source is this far past its end")
      ->check(not_negative())
      ->capture_default_str()
      ->group(group);
  app.add_option("--idle-close-ms", options.idle_close_ms, "Close a second that is over after this long without a trade")
      ->check(not_negative())
      ->capture_default_str()
      ->group(group);
  app.add_option("--producer-grace-s", options.producer_grace_s,
                 "Keep the seconds of a named producer open this long for it to come back, in seconds")
      ->check(between(0.0, 86'400.0))
      ->capture_default_str()
      ->group(group);
}

void add_store_options(CLI::App& app, Options& options) {
  const char* group = "Store";
  app.add_option("--db", options.db, "DuckDB file; folders are made")->capture_default_str()->group(group);
  app.add_option("--batch-size", options.batch_size, "Commit when this many rows wait")
      ->check(between<std::size_t>(1, 1'000'000))
      ->capture_default_str()
      ->group(group);
  app.add_option("--flush-interval", options.flush_interval_s, "Commit at least this often, in seconds, when rows wait")
      ->check(between(0.01, 3600.0))
      ->capture_default_str()
      ->group(group);
  app.add_flag("--db-exclusive", options.db_exclusive,
               "Hold the database open (other processes cannot read it); default: open only while writing")
      ->group(group);
  app.add_option("--max-pending-bytes", options.max_pending_bytes,
                 "When rows of this size wait for the database, inputs are not read until it has caught up")
      ->transform(size_value())
      ->capture_default_str()
      ->group(group);
}

struct KeepingNames {
  std::string sync = "ack";
};

void add_keeping_options(CLI::App& app, Options& options, KeepingNames& names) {
  const char* group = "Journal";
  app.add_option("--state-dir", options.state_dir, "Journal, snapshots and what else outlives the process [<db>.state]")
      ->group(group);
  app.add_option("--journal-sync", names.sync,
                 "When to the disk. ack: for an ack, and before a commit; always: each batch; never: no acks")
      ->check(CLI::IsMember({"ack", "always", "never"}).description(""))
      ->capture_default_str()
      ->group(group);
  app.add_option("--snapshot-interval", options.snapshot_interval_s,
                 "Keep the state at least this often, in seconds: a restart replays what came later")
      ->check(between(0.05, 86'400.0))
      ->capture_default_str()
      ->group(group);
  app.add_option("--journal-keep-bytes", options.journal_keep_bytes,
                 "Keep so much of the journal beyond need, for verify and for rebuilding a database")
      ->transform(size_value())
      ->capture_default_str()
      ->group(group);
  app.add_flag("--no-journal", options.no_journal, "Keep nothing but the database: a kill loses lines (benchmarks only)")
      ->group(group);
}

struct LogNames {
  std::string level = "info";
  std::string format = "text";
};

void add_log_options(CLI::App& app, LogNames& names) {
  app.add_option("--log-level", names.level, "debug, info, warn, error or off; the log goes to stderr")
      ->check(CLI::IsMember({"debug", "info", "warn", "error", "off"}).description(""))
      ->capture_default_str()
      ->group("Log");
  app.add_option("--log-format", names.format, "text or json")
      ->check(CLI::IsMember({"text", "json"}).description(""))
      ->capture_default_str()
      ->group("Log");
}

JournalSync journal_sync(const std::string& name) {
  if (name == "always") return JournalSync::always;
  return name == "never" ? JournalSync::never : JournalSync::ack;
}

LogLevel log_level(const std::string& name) {
  if (name == "debug") return LogLevel::debug;
  if (name == "warn") return LogLevel::warn;
  if (name == "error") return LogLevel::error;
  return name == "off" ? LogLevel::off : LogLevel::info;
}

// What single values cannot show. Empty when all is well.
std::string contradiction(const Options& options) {
  if (options.no_listen && options.tail.empty()) return "--no-listen without --tail leaves nothing to read; add --tail FILE";
  if (options.tail.empty() && options.exit_at_eof) return "--exit-at-eof needs a file to end; add --tail FILE";
  if (options.tail.empty() && options.tail_follow) return "--tail-follow needs a file to follow; add --tail FILE";
  if (options.tail_follow && options.exit_at_eof) {
    return "--tail-follow never ends, --exit-at-eof wants an end; use one of them";
  }
  if (options.max_line_bytes < 64 || options.max_line_bytes > (1u << 30)) {
    return fmt::format("--max-line-bytes {}: give 64 to 1 GiB", options.max_line_bytes);
  }
  if (options.max_pending_bytes < (1u << 20)) {
    return fmt::format("--max-pending-bytes {}: give 1 MiB or more", options.max_pending_bytes);
  }
  if (options.journal_keep_bytes > std::uint64_t{1} << 50) {
    return fmt::format("--journal-keep-bytes {}: give 0 to 1 PiB", options.journal_keep_bytes);
  }
  if (options.db.empty()) return "--db is empty; give a file";
  if (options.db == ":memory:") return "--db :memory: keeps nothing from one batch to the next; give a file";
  if (auto complaint = decision_contradiction(options); !complaint.empty()) return complaint;
  if (auto complaint = http_contradiction(options); !complaint.empty()) return complaint;
  auto paths = options.tail;
  std::sort(paths.begin(), paths.end());
  const auto twice = std::adjacent_find(paths.begin(), paths.end());
  if (twice != paths.end()) return fmt::format("--tail {} is given twice; give each file once", *twice);
  return "";
}

// Short names for what a flag takes.
void name_type(CLI::Option& option) {
  const std::string name = option.get_name();
  if (option.get_items_expected_max() == 0) return;  // a switch
  if (name.ends_with("-bytes") || name == "--amend-memory") {
    option.type_name("BYTES");
  } else if (name == "--db" || name == "--tail" || name == "--reject-file" || name.ends_with("-token-file")) {
    option.type_name("FILE");
  } else if (name == "--state-dir" || name.ends_with("-log-dir")) {
    option.type_name("FOLDER");
  } else if (name.ends_with("-sink")) {
    option.type_name("SPEC");
  } else if (name == "--host" || name == "--metrics-host") {
    option.type_name("ADDRESS");
  } else if (option.get_type_name() == "TEXT") {
    option.type_name("NAME");
  } else {
    const bool seconds = name == "--flush-interval" || name == "--snapshot-interval" || name.ends_with("-s") ||
                         name == "--decision-cost-window";
    option.type_name(seconds ? "SECONDS" : "N");
  }
}

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

}  // namespace

Invocation parse_options(std::vector<std::string> arguments) {
  Invocation invocation;
  Options& options = invocation.options;
  CLI::App app(kDescription, "stream_daemon");
  app.footer(kExamples);
  app.get_formatter()->column_width(34);
  app.allow_config_extras(false);
  app.config_formatter(std::make_shared<TomlConfig>());
  app.set_version_flag("--version", std::string("stream_daemon ") + kVersion);
  add_input_options(app, options);
  add_bar_options(app, options);
  DecisionNames decision_names;
  add_summary_flags(app, options);
  add_decision_flags(app, options, decision_names);
  add_sink_flags(app, options, decision_names);
  add_store_options(app, options);
  KeepingNames keeping_names;
  add_keeping_options(app, options, keeping_names);
  add_http_flags(app, options);
  LogNames log_names;
  add_log_options(app, log_names);
  for (CLI::Option* option : app.get_options()) name_type(*option);
  app.set_config("--config", "", "Read options from this TOML file: flag names are keys; the command line wins")
      ->type_name("FILE")
      ->group("Configuration");
  bool print_config = false;
  app.add_flag("--print-config", print_config, "Print the effective configuration as TOML and exit")
      ->configurable(false)
      ->group("Configuration");
  const auto stop = [&](int code, std::string output, std::string complaint) {
    invocation.action = Invocation::Action::exit;
    invocation.exit_code = code;
    invocation.output = std::move(output);
    invocation.complaint = std::move(complaint);
    return invocation;
  };
  try {
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
    app.parse(arguments);
  } catch (const CLI::CallForHelp&) {
    return stop(0, app.help(), "");
  } catch (const CLI::CallForVersion&) {
    return stop(0, std::string("stream_daemon ") + kVersion + "\n", "");
  } catch (const CLI::ConfigError& error) {
    std::string key = one_line(error.what());
    if (const auto last = key.rfind(' '); last != std::string::npos) key.erase(0, last + 1);
    return stop(2, "", fmt::format("--config: unknown key {}; keys are the flags' names without --", key));
  } catch (const CLI::FileError& error) {
    return stop(2, "", "--config: " + one_line(error.what()));
  } catch (const CLI::ParseError& error) {
    return stop(2, "", one_line(error.what()) + "; see stream_daemon --help");
  }
  take_names(decision_names, options);
  options.journal_sync = journal_sync(keeping_names.sync);
  options.log_level = log_level(log_names.level);
  options.log_format = log_names.format == "json" ? LogFormat::json : LogFormat::text;
  // By one name, so that locks and state dir are the same by whatever link it is reached.
  options.db = without_links(options.db);
  if (options.state_dir.empty()) {
    options.state_dir = default_state_dir(options.db);  // not printed as configuration: it would stay when --db changes
  }
  if (std::string complaint = contradiction(options); !complaint.empty()) return stop(2, "", std::move(complaint));
  if (print_config) return stop(0, app.config_to_str(true, false), "");
  return invocation;
}

}  // namespace streamd
