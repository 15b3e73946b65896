#include "feed/live_options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <memory>

#include "feed/plot_flags.h"
#include "flags/command_line.h"
#include "flags/flag_checks.h"
#include "flags/places.h"
#include "flags/token_file.h"
#include "flags/toml_config.h"
#include "io/file.h"

namespace streamd::feed {
namespace {

constexpr const char* kDescription =
    "Starts stream_daemon and feeds it the live trades of Binance spot, each once, without gaps. `trades` of a bar counts\n"
    "the exchange's aggregate trades. Flags that are not below are the daemon's (stream_daemon --help) and go to it.";

constexpr const char* kExamples =
    "Examples:\n"
    "  stream_daemon_live --symbols BTCUSDT,ETHUSDT --runtime 20\n"
    "  stream_daemon_live --symbols BTCUSDT --emit-decisions --no-decision-stdout --metrics-port 9100\n"
    "  stream_daemon_live --all-symbols --quote-asset USDT --max-symbols 10 --runtime 20\n"
    "  stream_daemon_live --list-symbols --quote-asset EUR\n"
    "  stream_daemon_live --symbols BTCUSDT --emit-decisions --no-decision-stdout --plot-follow --plot-show-state\n"
    "  stream_daemon_live --symbols BTCUSDT --emit-decisions --runtime 600 --plot-out logs/decisions.png\n"
    "Exit codes: 0 done, 1 failed while running, 2 bad usage, 3 could not start.";

// Flags of the daemon with which it would end by itself, not listen, or give no acks.
constexpr std::array<const char*, 3> kNotLive = {"--exit-at-eof", "--no-listen", "--no-journal"};

// What the feed must know of the daemon. All else in a configuration file is the daemon's own, also what has the name of
// one of the feed's flags.
constexpr std::array<const char*, 5> kKnownOfConfig = {"--host", "--port", "--db", "--state-dir", "--auth-token-file"};

constexpr std::uint64_t kLeastLogBytes = 1 << 20;

struct Texts {
  std::vector<std::string> names;
  std::string list;
  std::string rest_url = "https://api.binance.com";
  std::string ws_url = "wss://stream.binance.com:9443";
  std::string token_file;
  std::string daemon_max_symbols;
  std::string config;
  DecisionFlags decisions;
};

void add_flags(CLI::App& app, LiveOptions& options, Texts& texts) {
  const char* market = "Market";
  app.add_option("--symbol", texts.names, "A symbol; repeatable")->type_name("NAME")->group(market);
  app.add_option("--symbols", texts.list, "Symbols, with commas between them")->type_name("LIST")->group(market);
  app.add_flag("--all-symbols", options.wanted.all, "All spot symbols of the quote asset that trade")->group(market);
  app.add_option("--quote-asset", options.wanted.quote_asset, "With --all-symbols and --list-symbols")
      ->type_name("NAME")
      ->capture_default_str()
      ->group(market);
  app.add_option("--max-symbols", options.wanted.max_symbols, "With --all-symbols: the first N, in the exchange's order")
      ->check(between<std::size_t>(1, 1'000'000))
      ->type_name("N")
      ->group(market);
  app.add_flag("--list-symbols", options.list_symbols, "Print them and exit")->group(market);
  app.add_option("--rest-url", texts.rest_url, "The exchange's REST interface")
      ->type_name("URL")
      ->capture_default_str()
      ->group(market);
  app.add_option("--ws-url", texts.ws_url, "The exchange's streams")->type_name("URL")->capture_default_str()->group(market);
  app.add_option("--ca-file", options.ca_file, "Authorities to trust instead of the system's, as PEM")
      ->type_name("FILE")
      ->group(market);
  app.add_flag("--log-requests", options.log_requests, "Log each REST request")->group(market);
  const char* run = "Run";
  app.add_option("--runtime", options.runtime_s, "Seconds; 0: until Ctrl-C")
      ->check(between(0.0, 1e9))
      ->type_name("SECONDS")
      ->capture_default_str()
      ->group(run);
  app.add_option("--resume-max-s", options.resume_max_s, "Trades that a run before missed are fetched if they are no older")
      ->check(between(0.0, 1e9))
      ->type_name("SECONDS")
      ->capture_default_str()
      ->group(run);
  app.add_option("--feed-log-bytes", options.feed_log_bytes,
                 "What may wait on disk for the daemon; beyond it trades are left to the exchange, and fetched later")
      ->transform(size_value())
      ->type_name("BYTES")
      ->capture_default_str()
      ->group(run);
  const char* daemon = "Daemon";
  app.add_option("--host", options.host, "Where it listens")->type_name("ADDRESS")->capture_default_str()->group(daemon);
  app.add_option("--port", options.port, "Its port")
      ->check(between<int>(1, 65535))
      ->type_name("N")
      ->capture_default_str()
      ->group(daemon);
  app.add_option("--db", options.db, "Its DuckDB file")->type_name("FILE")->capture_default_str()->group(daemon);
  app.add_option("--state-dir", options.state_dir, "Its state dir; the feed's log is there, too [<db>.state]")
      ->type_name("FOLDER")
      ->group(daemon);
  app.add_option("--auth-token-file", texts.token_file, "The token that it asks for, and the feed gives")
      ->type_name("FILE")
      ->group(daemon);
  app.add_option("--daemon-max-symbols", texts.daemon_max_symbols, "Its own --max-symbols")->type_name("N")->group(daemon);
  app.add_flag("--emit-decisions", texts.decisions.emits, "Make a decision per closed bar")->group(daemon);
  app.add_option("--decision-sink", texts.decisions.sinks, "Send decisions to file:PATH or tcp://HOST:PORT; repeatable")
      ->type_name("SPEC")
      ->group(daemon);
}

void add_config(CLI::App& app) {
  for (const char* name : kNotLive) app.add_flag(name)->group("");
  for (CLI::Option* option : app.get_options()) option->configurable(false);
  for (const char* name : kKnownOfConfig) app.get_option(name)->configurable();
  for (const char* name : kNotLive) app.get_option(name)->configurable();
  app.config_formatter(std::make_shared<TomlConfig>());
  app.allow_config_extras(CLI::config_extras_mode::ignore_all);
  app.set_config("--config", "", "The daemon's TOML file; --host, --port, --db, … are as it says, too")
      ->type_name("FILE")
      ->group("Daemon");
}

// Own flags that are the daemon's, too, then all others as they came.
std::vector<std::string> daemon_arguments(const LiveOptions& options, const Texts& texts,
                                          const std::vector<std::string>& others) {
  std::vector<std::string> arguments = {"--host", options.host, "--port", std::to_string(options.port),
                                        "--db",   options.db,   "--state-dir", options.state_dir};
  const auto add = [&](std::vector<std::string> more) { arguments.insert(arguments.end(), more.begin(), more.end()); };
  if (!texts.config.empty()) add({"--config", texts.config});
  if (!texts.token_file.empty()) add({"--auth-token-file", texts.token_file});
  if (!texts.daemon_max_symbols.empty()) add({"--max-symbols", texts.daemon_max_symbols});
  if (texts.decisions.emits) add({"--emit-decisions"});
  for (const std::string& sink : texts.decisions.sinks) add({"--decision-sink", sink});
  add(others);
  return arguments;
}

std::string take_texts(LiveOptions& options, Texts& texts) {
  options.wanted.names = texts.names;
  for (std::size_t begin = 0; !texts.list.empty() && begin <= texts.list.size();) {
    const std::size_t comma = std::min(texts.list.find(',', begin), texts.list.size());
    options.wanted.names.push_back(texts.list.substr(begin, comma - begin));
    begin = comma + 1;
  }
  for (std::string& name : options.wanted.names) {
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::toupper(c); });
    if (name.empty()) return "--symbols: a name is empty";
  }
  if (options.feed_log_bytes < kLeastLogBytes) return "--feed-log-bytes: give 1 MiB or more";
  if (options.wanted.names.empty() && !options.wanted.all && !options.list_symbols) {
    return "no symbol is chosen; give --symbols BTCUSDT,ETHUSDT, or --all-symbols, or see --list-symbols";
  }
  if (!options.wanted.names.empty() && options.wanted.all) return "--all-symbols and named symbols: give one of both";
  auto rest = read_endpoint("--rest-url", "https", texts.rest_url);
  if (!rest) return rest.error().message;
  options.rest = std::move(rest).value();
  auto streams = read_endpoint("--ws-url", "wss", texts.ws_url);
  if (!streams) return streams.error().message;
  options.streams = std::move(streams).value();
  auto token = read_token_file("--auth-token-file", texts.token_file);
  if (!token) return token.error().message;
  options.token = std::move(token).value();
  return "";
}

}  // namespace

LiveInvocation parse_live_options(std::vector<std::string> arguments) {
  LiveInvocation invocation;
  LiveOptions& options = invocation.options;
  Texts texts;
  options.wanted.quote_asset = "USDT";
  CLI::App app(kDescription, "stream_daemon_live");
  app.footer(kExamples);
  app.get_formatter()->column_width(34);
  app.allow_extras();
  app.set_version_flag("--version", std::string("stream_daemon_live ") + STREAMD_VERSION);
  add_flags(app, options, texts);
  PlotFlags plot_flags;
  plot_flags.add_to(app);
  add_config(app);
  const auto stop = [&](int code, std::string output, std::string complaint) {
    invocation.action = LiveInvocation::Action::exit;
    invocation.exit_code = code;
    invocation.output = std::move(output);
    invocation.complaint = std::move(complaint);
    return invocation;
  };
  if (auto end = parse_command_line(app, std::move(arguments))) {
    return stop(end->exit_code, std::move(end->output), std::move(end->complaint));
  }
  if (auto wrong = take_texts(options, texts); !wrong.empty()) return stop(2, "", std::move(wrong));
  for (const char* name : kNotLive) {
    if (!app[name]->as<bool>()) continue;
    return stop(2, "", std::string(name) + " makes no sense for a daemon that is fed live; leave it out");
  }
  if (app.get_config_ptr()->count() > 0) texts.config = app.get_config_ptr()->as<std::string>();
  texts.decisions.has_config = !texts.config.empty();
  if (!options.list_symbols) {
    if (auto wrong = plot_flags.take(texts.decisions, options.plot); !wrong.empty()) return stop(2, "", std::move(wrong));
  }
  options.db = without_links(options.db);
  if (options.state_dir.empty()) options.state_dir = default_state_dir(options.db);
  for (const std::string& word : app.remaining()) {
    if (word.starts_with("--plot")) {
      return stop(2, "", fmt::format("{}: there is no such plot flag; see stream_daemon_live --help", word));
    }
  }
  options.daemon_arguments = daemon_arguments(options, texts, app.remaining());
  return invocation;
}

}  // namespace streamd::feed
