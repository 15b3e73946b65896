// The test exchange: a market, REST, streams, faults and a control interface on one io_context and one thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "exchange/certificates.h"
#include "exchange/exchange_options.h"
#include "exchange/http_service.h"
#include "exchange/ledger.h"
#include "exchange/listings.h"
#include "exchange/market.h"
#include "exchange/misbehaviour.h"
#include "exchange/rest_api.h"
#include "exchange/stream_server.h"

namespace streamd::exchange {

struct ExchangePorts {
  int rest = 0;
  int streams = 0;
  int control = 0;
};

class Exchange {
 public:
  // Listens when it is made, and answers from run() on.
  static Result<std::unique_ptr<Exchange>> make(const ExchangeOptions& options);

  const ExchangePorts& ports() const { return ports_; }
  const std::string& ca_file() const { return certificates_.ca_file(); }
  std::string rest_url() const;
  std::string streams_url() const;
  std::string control_url() const;

  // Until stop().
  void run();
  // From any thread, also in a signal handler of asio's.
  void stop();
  // On the exchange's thread, as soon as it can.
  void post(std::function<void()> call);
  // truth.ndjson and report.json; after run().
  Result<void> write_files() const;

  // On the exchange's thread:
  const Market& market() const { return market_; }
  const Ledger& ledger() const { return ledger_; }
  void apply(const FaultCommand& command);
  void set_trading(bool trades);
  std::string report() const;
  boost::asio::io_context& context() { return context_; }

 private:
  Exchange(const ExchangeOptions& options, Certificates certificates, Listings listings,
           std::vector<std::string> symbols, std::unique_ptr<TradeMaker> maker);

  Result<void> listen();
  HttpAnswer control(const HttpQuestion& question);
  void set_misbehaviour(std::uint64_t seed);  // 0: none
  HttpAnswer set_market(const std::string& body);
  std::string market_json() const;
  void tick();
  void tick_later();
  std::int64_t now_ms() const { return clock_.wall_ms(); }

  const ExchangeOptions options_;
  SystemClock clock_;
  boost::asio::io_context context_;
  boost::asio::steady_timer timer_;
  Certificates certificates_;
  Listings listings_;
  Market market_;
  Faults faults_;
  Ledger ledger_;
  WeightCounter weight_;
  RestApi rest_api_;
  StreamServer streams_;
  HttpService rest_;
  HttpService control_;
  ExchangePorts ports_;
  std::optional<Misbehaviour> misbehaviour_;
  std::int64_t next_misbehaviour_ms_ = 0;
  bool has_begun_ = false;  // to trade, by itself or by a command
};

}  // namespace streamd::exchange
