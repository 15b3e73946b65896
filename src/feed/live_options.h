// The command line of stream_daemon_live: its own flags; all others are the daemon's, and go to it as they are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "feed/endpoint.h"
#include "feed/exchange_info.h"
#include "feed/plot_plan.h"

namespace streamd::feed {

struct LiveOptions {
  std::string host = "127.0.0.1";  // where the daemon listens
  std::uint16_t port = 9009;
  std::string db = "logs/research/market_live_binance.duckdb";
  std::string state_dir;
  std::string token;  // that the daemon asks for
  Wanted wanted;
  bool list_symbols = false;
  double runtime_s = 0;  // 0: until it is stopped
  double resume_max_s = 3600;
  std::uint64_t feed_log_bytes = 8ULL << 30;
  bool log_requests = false;
  Endpoint rest;
  Endpoint streams;
  std::string ca_file;
  std::optional<PlotPlan> plot;
  std::vector<std::string> daemon_arguments;
};

struct LiveInvocation {
  enum class Action { run, exit } action = Action::run;
  int exit_code = 0;
  std::string output;     // for stdout
  std::string complaint;  // for stderr, one line
  LiveOptions options;
};

// `arguments` without the program's name. Reads the token's file.
LiveInvocation parse_live_options(std::vector<std::string> arguments);

}  // namespace streamd::feed
