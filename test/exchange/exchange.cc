#include "exchange/exchange.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <fstream>

#include "exchange/generated_trades.h"

namespace streamd::exchange {
namespace {

constexpr std::chrono::milliseconds kTick{5};

Result<void> write_file(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out) return Error{"cannot write " + path};
  return {};
}

Result<Listings> listings_of(const ExchangeOptions& options, const std::vector<std::string>& recorded) {
  if (!options.exchange_info.empty()) return Listings::read(options.exchange_info);
  if (!recorded.empty()) return Listings::of(recorded);
  return options.symbols.empty() ? Listings::make(options.symbol_count) : Listings::of(options.symbols);
}

// What is traded, of what is listed.
Result<std::vector<std::string>> traded_symbols(const ExchangeOptions& options, const Listings& listings,
                                                const std::vector<std::string>& recorded) {
  std::vector<std::string> wanted = recorded.empty() ? options.symbols : recorded;
  if (wanted.empty()) {
    wanted = listings.trading();
    const bool is_cut = options.are_symbols_given && !options.exchange_info.empty();
    if (is_cut) wanted.resize(std::min(wanted.size(), options.symbol_count));
  }
  for (const std::string& symbol : wanted) {
    const Listing* listing = listings.find(symbol);
    if (listing == nullptr) return Error{fmt::format("{} is not listed", symbol)};
    if (listing->status != "TRADING") return Error{fmt::format("{} is on {}", symbol, listing->status)};
  }
  if (wanted.empty()) return Error{"no symbol is on TRADING"};
  return wanted;
}

}  // namespace

Result<std::unique_ptr<Exchange>> Exchange::make(const ExchangeOptions& options) {
  auto certificates = Certificates::make(options.folder);
  if (!certificates) return certificates.error();
  Recording recording;
  if (!options.recordings.empty()) {
    auto read = read_recordings(options.recordings);
    if (!read) return read.error();
    recording = std::move(read).value();
  }
  auto listings = listings_of(options, recording.symbols);
  if (!listings) return listings.error();
  auto symbols = traded_symbols(options, *listings, recording.symbols);
  if (!symbols) return symbols.error();
  std::unique_ptr<TradeMaker> maker;
  if (recording.trades.empty()) {
    maker = std::make_unique<GeneratedTrades>(symbols->size(), options.rate, options.seed);
  } else {
    maker = std::make_unique<RecordedTrades>(std::move(recording.trades), options.speed, options.times);
  }
  std::unique_ptr<Exchange> exchange(new Exchange(options, std::move(certificates).value(), std::move(listings).value(),
                                                  std::move(symbols).value(), std::move(maker)));
  if (auto listening = exchange->listen(); !listening) return listening.error();
  return exchange;
}

Exchange::Exchange(const ExchangeOptions& options, Certificates certificates, Listings listings,
                   std::vector<std::string> symbols, std::unique_ptr<TradeMaker> maker)
    : options_(options),
      timer_(context_),
      certificates_(std::move(certificates)),
      listings_(std::move(listings)),
      market_(std::move(symbols), std::move(maker)),
      weight_(options.weight_limit, options.ban_ms),
      rest_api_(listings_, market_, faults_, weight_, ledger_, options.seed + 1),
      streams_(
          context_, [this]() -> auto& { return certificates_.context(faults_.certificate); }, market_, options.limits,
          faults_, ledger_, options.seed + 2),
      rest_(
          context_, [this](const HttpQuestion& question) { return rest_api_.answer(question, now_ms()); },
          [this]() -> auto& { return certificates_.context(faults_.certificate); },
          [this] { ++ledger_.failed_handshakes; }),
      control_(context_, [this](const HttpQuestion& question) { return control(question); }) {
  faults_.certificate = options.certificate;
  if (options.misbehave) set_misbehaviour(*options.misbehave);
}

void Exchange::set_misbehaviour(std::uint64_t seed) {
  misbehaviour_.reset();
  if (seed == 0) return;
  misbehaviour_.emplace(seed);
  next_misbehaviour_ms_ = now_ms() + misbehaviour_->next_pause_ms();
}

Result<void> Exchange::listen() {
  const auto take = [](Result<int> listened, int& port) -> Result<void> {
    if (!listened) return listened.error();
    port = *listened;
    return {};
  };
  if (auto done = take(rest_.listen(options_.rest_port), ports_.rest); !done) return done;
  if (auto done = take(streams_.listen(options_.port), ports_.streams); !done) return done;
  return take(control_.listen(options_.control_port), ports_.control);
}

std::string Exchange::rest_url() const {
  return fmt::format("https://localhost:{}", ports_.rest);
}
std::string Exchange::streams_url() const {
  return fmt::format("wss://localhost:{}", ports_.streams);
}
std::string Exchange::control_url() const {
  return fmt::format("http://127.0.0.1:{}", ports_.control);
}

void Exchange::run() {
  tick();
  context_.run();
}

void Exchange::stop() {
  context_.stop();
}

void Exchange::post(std::function<void()> call) {
  boost::asio::post(context_, std::move(call));
}

void Exchange::apply(const FaultCommand& command) {
  for (const std::string& name : command.names()) ++ledger_.faults[name];
  if (command.misbehave) set_misbehaviour(*command.misbehave);
  faults_.apply(command, now_ms());
  streams_.apply(command, now_ms());
}

void Exchange::set_trading(bool trades) {
  has_begun_ = true;
  market_.set_trading(trades, now_ms());
}

void Exchange::tick() {
  const std::int64_t now = now_ms();
  if (!has_begun_ && streams_.streams_ever() >= options_.wait_for) set_trading(true);
  market_.advance(now, [&](std::size_t symbol, const AggTrade& trade) { streams_.publish(symbol, trade, now); });
  streams_.tick(now);
  if (misbehaviour_ && now >= next_misbehaviour_ms_) {
    apply(misbehaviour_->next());
    next_misbehaviour_ms_ = now + misbehaviour_->next_pause_ms();
  }
  tick_later();
}

void Exchange::tick_later() {
  timer_.expires_after(kTick);
  timer_.async_wait([this](boost::system::error_code failure) {
    if (!failure) tick();
  });
}

std::string Exchange::report() const {
  ReportFigures figures;
  figures.most_attempts_in_5_min = streams_.most_attempts();
  figures.most_weight_a_minute = weight_.most();
  figures.weight_limit = weight_.limit();
  figures.streams = streams_.streams();
  figures.symbols = market_.symbols().size();
  figures.trades = market_.trade_count();
  figures.is_trading = market_.is_trading();
  figures.is_over = market_.is_over();
  return report_json(ledger_, figures);
}

std::string Exchange::market_json() const {
  std::string json = fmt::format(R"({{"trading":{},"over":{},"symbols":{{)", market_.is_trading(), market_.is_over());
  for (std::size_t i = 0; i < market_.symbols().size(); ++i) {
    const auto& trades = market_.trades(i);
    json += fmt::format(R"({}"{}":{{"trades":{})", i == 0 ? "" : ",", market_.symbols()[i], trades.size());
    if (!trades.empty()) json += fmt::format(R"(,"first":{},"last":{})", trades.front().id, trades.back().id);
    json += '}';
  }
  return json + "}}\n";
}

HttpAnswer Exchange::control(const HttpQuestion& question) {
  const auto wrong = [](int status, const std::string& message) {
    return HttpAnswer{status, message + "\n", "text/plain"};
  };
  const std::string what = question.method + " " + question.target;
  if (what == "GET /report") return {200, report()};
  if (what == "GET /truth") return {200, market_.truth(), "application/x-ndjson"};
  if (what == "GET /market") return {200, market_json()};
  if (what == "POST /market") return set_market(question.body);
  if (what == "POST /fault") {
    auto command = read_fault(question.body);
    if (!command) return wrong(400, command.error().message);
    apply(*command);
    return {200, "{}\n"};
  }
  if (what == "POST /stop") {
    timer_.expires_after(std::chrono::milliseconds(50));  // the answer first
    timer_.async_wait([this](boost::system::error_code) { stop(); });
    return {200, "{}\n"};
  }
  return wrong(404, "GET /report, /truth, /market; POST /fault, /market, /stop");
}

HttpAnswer Exchange::set_market(const std::string& body) {
  simdjson::dom::parser parser;
  bool trades = false;
  if (parser.parse(body)["trading"].get(trades)) return {400, "{\"trading\":true} or false\n", "text/plain"};
  set_trading(trades);
  return {200, market_json()};
}

Result<void> Exchange::write_files() const {
  if (auto written = write_file(options_.folder + "/truth.ndjson", market_.truth()); !written) return written;
  return write_file(options_.folder + "/report.json", report());
}

}  // namespace streamd::exchange
