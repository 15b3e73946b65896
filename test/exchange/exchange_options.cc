#include "exchange/exchange_options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <sstream>

#include "flags/flag_checks.h"

namespace streamd::exchange {
namespace {

constexpr const char* kDescription =
    "Binance spot in miniature, for tests: REST and WebSocket streams over TLS on loopback, the exchange's limits and\n"
    "what it says when they are exceeded, and faults on command (POST /fault on the control port) or at random.\n"
    "Prints where it listens, one line each, when it is ready. At its end, by a signal or POST /stop, it writes all "
    "its\n"
    "trades to truth.ndjson and what it saw of its clients to report.json.";

constexpr double kMostSeconds = 1e9;

struct Texts {
  std::string symbols;
  std::string times = "recorded";
  std::string certificate = "good";
  double ping_s = 20;
  double pong_s = 60;
  double life_s = 24 * 60 * 60;
  double ban_s = 120;
};

std::int64_t ms_of(double seconds) {
  return static_cast<std::int64_t>(seconds * 1000);
}

void add_places(CLI::App& app, ExchangeOptions& options) {
  app.add_option("--port", options.port, "WebSocket; 0 picks one")->check(port_value())->capture_default_str();
  app.add_option("--rest-port", options.rest_port, "REST; 0 picks one")->check(port_value())->capture_default_str();
  app.add_option("--control-port", options.control_port, "GET /report, /market, /truth; POST /fault, /market, /stop")
      ->check(port_value())
      ->capture_default_str();
  app.add_option("--folder", options.folder, "For ca.pem, other certificates, truth.ndjson and report.json")
      ->required();
}

void add_market(CLI::App& app, ExchangeOptions& options, Texts& texts) {
  app.add_option("--symbols", texts.symbols, "Names, with commas between them, or a number of them [3]");
  app.add_option("--rate", options.rate, "Trades a second, of all symbols together")
      ->check(between(0.001, 1e6))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "Of trades and of faults")->capture_default_str();
  app.add_option("--recordings", options.recordings, "Folder of *.ws.ndjson, whose trades are played instead");
  app.add_option("--speed", options.speed, "Of the recordings")->check(between(0.001, 1e6))->capture_default_str();
  app.add_option("--times", texts.times, "Of the recordings: recorded, or now")
      ->check(CLI::IsMember({"recorded", "now"}))
      ->capture_default_str();
  app.add_option("--exchange-info", options.exchange_info,
                 "File with an answer of exchangeInfo, whose symbols to list");
  app.add_option("--wait-for", options.wait_for, "Trade only when so many streams have been subscribed to")
      ->capture_default_str();
}

void add_limits(CLI::App& app, ExchangeOptions& options, Texts& texts) {
  const auto seconds = [&](const char* name, double& value, const char* meaning) {
    app.add_option(name, value, meaning)->check(between(0.001, kMostSeconds))->capture_default_str();
  };
  seconds("--ping-s", texts.ping_s, "Between two pings");
  seconds("--pong-s", texts.pong_s, "A connection that has not answered one for so long is dropped");
  seconds("--life-s", texts.life_s, "Of a connection");
  seconds("--ban-s", texts.ban_s, "How long 418 is the answer to who went on after 429");
  app.add_option("--weight-limit", options.weight_limit, "Of REST requests in a minute")->capture_default_str();
  app.add_option("--certificate", texts.certificate, "good, expired, other_host or unknown_ca")
      ->check(CLI::IsMember({"good", "expired", "other_host", "unknown_ca"}))
      ->capture_default_str();
  app.add_option("--misbehave", options.misbehave, "Faults at random, from this seed; 0: none");
}

void take_symbols(const std::string& text, ExchangeOptions& options) {
  options.are_symbols_given = !text.empty();
  if (text.empty()) return;
  if (std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c); }) && text.size() < 7) {
    options.symbol_count = std::max<std::size_t>(1, std::stoul(text));
    return;
  }
  std::istringstream names(text);
  for (std::string name; std::getline(names, name, ',');) {
    if (!name.empty()) options.symbols.push_back(name);
  }
}

}  // namespace

std::variant<ExchangeOptions, EarlyEnd> read_exchange_options(std::vector<std::string> arguments) {
  ExchangeOptions options;
  Texts texts;
  CLI::App app(kDescription, "test_exchange");
  add_places(app, options);
  add_market(app, options, texts);
  add_limits(app, options, texts);
  try {
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
    app.parse(arguments);
  } catch (const CLI::CallForHelp&) {
    return EarlyEnd{0, app.help(), ""};
  } catch (const CLI::ParseError& error) {
    return EarlyEnd{2, "", std::string(error.what()) + "; see test_exchange --help"};
  }
  take_symbols(texts.symbols, options);
  options.times = texts.times == "now" ? RecordedTimes::as_played : RecordedTimes::as_recorded;
  options.certificate = *certificate_flaw_of(texts.certificate);
  options.limits.ping_ms = ms_of(texts.ping_s);
  options.limits.pong_ms = ms_of(texts.pong_s);
  options.limits.life_ms = ms_of(texts.life_s);
  options.ban_ms = ms_of(texts.ban_s);
  return options;
}

}  // namespace streamd::exchange
