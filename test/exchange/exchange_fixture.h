// A running exchange for a test, and clients of it.
#pragma once

#include <gtest/gtest.h>
#include <simdjson.h>

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "exchange/running_exchange.h"
#include "exchange/test_clients.h"

namespace streamd::exchange {

class ExchangeTest : public ::testing::Test {
 protected:
  // Busy by default: one symbol, BTCUSDT, 500 trades a second.
  void start(ExchangeOptions options = busy()) {
    const std::string name = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    exchange.reset();
    exchange = std::make_unique<RunningExchange>(options, ::testing::TempDir() + "exchange_" + name);
  }
  static ExchangeOptions busy() {
    ExchangeOptions options;
    options.symbols = {"BTCUSDT"};
    options.rate = 500;
    return options;
  }
  RestClient rest_client() { return RestClient(exchange->ports().rest, exchange->ca_file()); }
  std::unique_ptr<StreamClient> stream_client(const std::string& target = "/stream?streams=btcusdt@aggTrade") {
    auto client = std::make_unique<StreamClient>(exchange->ports().streams, exchange->ca_file());
    EXPECT_TRUE(client->connect(target)) << client->failure();
    return client;
  }
  bool comes_true(const std::function<bool()>& condition, int within_ms = 5000) {
    for (int waited = 0; waited < within_ms; waited += 10) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return condition();
  }
  void wait_for_trades(std::size_t count) {
    EXPECT_TRUE(comes_true([&] { return exchange->trades("BTCUSDT").size() >= count; }));
  }
  // Their kinds, each once.
  std::set<std::string> violations() {
    std::set<std::string> kinds;
    const Ledger ledger = exchange->ledger();
    for (const Violation& violation : ledger.violations()) kinds.insert(violation.kind);
    return kinds;
  }

  // Ids of a REST answer.
  static std::vector<std::uint64_t> ids_of(const RestReply& reply) {
    std::vector<std::uint64_t> ids;
    simdjson::dom::parser parser;
    EXPECT_EQ(reply.status, 200) << reply.failure << reply.body;
    simdjson::dom::array trades;
    if (parser.parse(reply.body).get(trades)) return ids;
    for (const simdjson::dom::element trade : trades) ids.push_back(trade["a"].get_uint64().value());
    return ids;
  }
  // The id of a stream's message, raw or combined.
  static std::uint64_t id_of(const std::string& message) {
    simdjson::dom::parser parser;
    const simdjson::dom::element element = parser.parse(message).value();
    std::uint64_t id = 0;
    if (element["data"]["a"].get(id) && element["a"].get(id)) ADD_FAILURE() << "no trade: " << message;
    return id;
  }
  static std::vector<std::uint64_t> ids_of(const std::vector<std::string>& messages) {
    std::vector<std::uint64_t> ids;
    for (const std::string& message : messages) ids.push_back(id_of(message));
    return ids;
  }

  std::unique_ptr<RunningExchange> exchange;
};

}  // namespace streamd::exchange
