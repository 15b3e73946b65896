#include "probe/test_options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "flags/command_line.h"
#include "flags/flag_checks.h"
#include "flags/places.h"
#include "flags/token_file.h"
#include "io/file.h"
#include "wire/json_text.h"

namespace streamd::probe {
namespace {

constexpr const char* kDescription =
    "Sends trades or bars to a running stream_daemon, knows the rows that they must become, and looks whether the\n"
    "database has them. Prints one line; exits with 1, and the reason, when something is missing or wrong.";

constexpr const char* kExamples =
    "Examples:\n"
    "  stream_daemon_test                                        200 trades/s for 3 s, and are their bars there?\n"
    "  stream_daemon_test --port 9009 --seconds 2 --rate 200 --check-decisions --read-only    their decisions, too?\n"
    "  stream_daemon_test --rate 0 --symbols 99 --connections 4 --disorder 0.2 --bad 0.05 --verify    every value\n"
    "  stream_daemon_test --rate 100000 --seconds 60 --symbols 500 --ack --verify    acks; you may kill the daemon\n"
    "  stream_daemon_test --rate 0 --seconds 10 --send-only      how fast does it read?\n"
    "A run begins at a full second and owns its symbols in its seconds: while others send the same symbols, its rows\n"
    "are not its own. Exit codes: 0 all is there, 1 something is missing or wrong, 2 bad usage.";

constexpr std::size_t kMostSymbols = 1'000'000;
constexpr double kMostKeptBars = 10'000'000;  // 700 MB
constexpr std::int64_t kMaxTimeMs = 253'402'300'799'999;

// What the parser fills in and is looked at afterwards.
struct Texts {
  std::string symbols;
  std::string mode = "trade";
  std::string token_file;
  bool read_only = false;
  std::int64_t from_ms = -1;
  double span_s = 0;
};

void add_load_flags(CLI::App& app, LoadOptions& load, Texts& texts) {
  const char* group = "Load";
  app.add_option("--host", load.host, "Address of the daemon")->type_name("ADDRESS")->capture_default_str()->group(group);
  app.add_option("--port", load.port, "Port of the daemon")
      ->check(between<int>(1, 65535))
      ->type_name("N")
      ->capture_default_str()
      ->group(group);
  app.add_option("--seconds", load.seconds, "How long to send")
      ->check(between(0.001, 1e8))
      ->type_name("SECONDS")
      ->capture_default_str()
      ->group(group);
  app.add_option("--rate", load.rate, "Lines a second, evenly, of all connections together; 0: as fast as they are taken")
      ->check(between(0.0, 1e9))
      ->type_name("N")
      ->capture_default_str()
      ->group(group);
  app.add_option("--lines", load.lines, "Stop after so many lines instead of --seconds")
      ->check(between<std::uint64_t>(1, 1'000'000'000'000))
      ->type_name("N")
      ->group(group);
  app.add_option("--symbols", texts.symbols, "Names, with commas between them, or a number of them [BTCUSDT,ES,NQ]")
      ->type_name("LIST")
      ->group(group);
  app.add_option("--mode", texts.mode, "trade, or ohlc1s: bars that are made already")
      ->check(CLI::IsMember({"trade", "ohlc1s"}).description(""))
      ->type_name("NAME")
      ->capture_default_str()
      ->group(group);
  app.add_option("--connections", load.connections, "Connections; a symbol stays on one of them")
      ->check(between<std::size_t>(1, 1000))
      ->type_name("N")
      ->capture_default_str()
      ->group(group);
  app.add_option("--disorder", load.disorder, "Share of lines that come up to two seconds late")
      ->check(between(0.0, 1.0))
      ->type_name("SHARE")
      ->capture_default_str()
      ->group(group);
  app.add_option("--bad", load.bad, "Share of lines that the daemon must refuse")
      ->check(between(0.0, 1.0))
      ->type_name("SHARE")
      ->capture_default_str()
      ->group(group);
  app.add_option("--seed", load.seed, "Other prices, another order")->type_name("N")->capture_default_str()->group(group);
  app.add_option("--from", texts.from_ms, "Event time of the first line, in ms since 1970, instead of the clock's")
      ->check(between<std::int64_t>(0, kMaxTimeMs))
      ->type_name("MS")
      ->group(group);
  app.add_option("--span", texts.span_s, "With --from: the event times of all --lines spread over so many seconds")
      ->check(between(0.0, 1e9))
      ->type_name("SECONDS")
      ->group(group);
}

void add_ack_flags(CLI::App& app, LoadOptions& load, Texts& texts) {
  const char* group = "Acknowledgements";
  app.add_flag("--ack", load.ack,
               "Number the lines and wait for acks; reports how long they take. After a lost connection, sends again what "
               "was not acknowledged")
      ->group(group);
  app.add_flag("--seq", load.numbered, "Number the lines, though nobody acknowledges them: what do acks cost?")->group(group);
  app.add_option("--reconnect-s", load.reconnect_s, "With --ack: how long to try after a lost connection")
      ->check(between(0.0, 1e6))
      ->type_name("SECONDS")
      ->capture_default_str()
      ->group(group);
  app.add_option("--auth-token-file", texts.token_file, "The token that the daemon asks for")
      ->type_name("FILE")
      ->group(group);
}

void add_check_flags(CLI::App& app, TestOptions& options, Texts& texts) {
  const char* group = "Proof";
  app.add_option("--db", options.db, "The daemon's database file")->type_name("FILE")->capture_default_str()->group(group);
  app.add_option("--state-dir", options.state_dir, "The daemon's state dir: asked when the file is locked [<db>.state]")
      ->type_name("FOLDER")
      ->group(group);
  app.add_flag("--read-only", texts.read_only, "Only reads the database, never creates it: always so")->group(group);
  app.add_flag("--check-decisions", options.checks.decisions, "The decisions of the bars must be there, too")->group(group);
  app.add_flag("--verify", options.checks.every_value, "Compare every value of every bar, not their number alone")
      ->group(group);
  app.add_option("--wait", options.checks.wait_s, "How long to wait for rows since the last one that came")
      ->check(between(0.0, 1e6))
      ->type_name("SECONDS")
      ->capture_default_str()
      ->group(group);
  app.add_flag("--send-only", options.send_only,
               "Look at nothing; ends when the daemon has read all, with --ack when all is acknowledged")->group(group);
  app.add_option("--marks", options.marks_file,
                 "Write for each event second when its first line was sent: the second's ms, the clock's µs")
      ->type_name("FILE")
      ->group(group);
  app.add_flag("--json", options.json, "The summary as a JSON object")->group(group);
}

// A number of symbols, or names. Empty when they are fine, else what is wrong.
std::string take_symbols(const std::string& text, std::vector<std::string>& symbols) {
  if (text.empty()) return "";
  symbols.clear();
  std::size_t count = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (failure == std::errc() && end == text.data() + text.size()) {
    if (count == 0 || count > kMostSymbols) return fmt::format("--symbols {}: give 1 to {}, or names", text, kMostSymbols);
    const auto digits = static_cast<int>(std::to_string(count).size());
    for (std::size_t i = 1; i <= count; ++i) symbols.push_back(fmt::format("SYM{:0{}}", i, digits));
    return "";
  }
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t comma = std::min(text.find(',', begin), text.size());
    symbols.push_back(text.substr(begin, comma - begin));
    begin = comma + 1;
  }
  for (const std::string& name : symbols) {
    const bool plain = std::none_of(name.begin(), name.end(), [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\' || c == 0x7f;
    });
    if (name.empty() || name.size() > 64 || !plain || !is_utf8(name)) {
      return fmt::format("--symbols: \"{}\" is no name of 1 to 64 bytes", name);
    }
  }
  if (std::set<std::string>(symbols.begin(), symbols.end()).size() != symbols.size()) {
    return "--symbols: a name is there twice";
  }
  return "";
}

std::string contradiction(const TestOptions& options, const Texts& texts) {
  const LoadOptions& load = options.load;
  if (load.connections > load.symbols.size()) {
    return fmt::format("--connections {}: there are only {} symbols, and each stays on one connection; give --symbols {}",
                       load.connections, load.symbols.size(), load.connections);
  }
  if (load.lines == 0 && load.rate > 0 && load.rate * load.seconds + 1e-6 < 1) {
    return fmt::format("--rate {} for --seconds {}: that is no line at all; longer, or give --lines", load.rate, load.seconds);
  }
  const bool has_from = texts.from_ms >= 0;
  if (has_from != (texts.span_s > 0)) return "--from and --span go together";
  if (has_from && load.lines == 0) return "--from and --span need --lines";
  if (has_from && load.disorder > 0 && options.checks.decisions) {
    return "--check-decisions: with --from and --disorder nobody knows which seconds close in time";
  }
  if (options.send_only && (options.checks.every_value || options.checks.decisions)) {
    return "--send-only looks at nothing; leave it out to --verify or --check-decisions";
  }
  if (options.checks.every_value) {
    const double seconds = has_from ? texts.span_s : load.lines > 0 && load.rate > 0
                                                         ? static_cast<double>(load.lines) / load.rate
                                                         : load.seconds;
    const double bars = seconds * static_cast<double>(load.symbols.size());
    if (bars > kMostKeptBars) {
      return fmt::format("--verify keeps at most {:.0f} bars, and these are {:.0f}: shorter, or fewer symbols", kMostKeptBars,
                         bars);
    }
  }
  return "";
}

}  // namespace

TestInvocation parse_test_options(std::vector<std::string> arguments) {
  TestInvocation invocation;
  TestOptions& options = invocation.options;
  options.db = kDefaultDatabase;
  Texts texts;
  CLI::App app(kDescription, "stream_daemon_test");
  app.footer(kExamples);
  app.get_formatter()->column_width(34);
  app.set_version_flag("--version", std::string("stream_daemon_test ") + STREAMD_VERSION);
  add_load_flags(app, options.load, texts);
  add_ack_flags(app, options.load, texts);
  add_check_flags(app, options, texts);
  const auto stop = [&](int code, std::string output, std::string complaint) {
    invocation.action = TestInvocation::Action::exit;
    invocation.exit_code = code;
    invocation.output = std::move(output);
    invocation.complaint = std::move(complaint);
    return invocation;
  };
  if (auto end = parse_command_line(app, std::move(arguments))) {
    return stop(end->exit_code, std::move(end->output), std::move(end->complaint));
  }
  if (auto wrong = take_symbols(texts.symbols, options.load.symbols); !wrong.empty()) return stop(2, "", std::move(wrong));
  auto token = read_token_file("--auth-token-file", texts.token_file);
  if (!token) return stop(2, "", token.error().message);
  options.load.token = std::move(token).value();
  options.load.mode = texts.mode == "trade" ? LineMode::trade : LineMode::ohlc1s;
  options.load.keeps_bars = options.checks.every_value;
  if (auto wrong = contradiction(options, texts); !wrong.empty()) return stop(2, "", std::move(wrong));
  if (texts.from_ms >= 0) options.load.times = FixedTimes{texts.from_ms, texts.span_s};
  options.db = without_links(options.db);
  if (options.state_dir.empty()) options.state_dir = default_state_dir(options.db);
  return invocation;
}

}  // namespace streamd::probe
