// A test exchange on a thread of its own, in a folder of its own, for tests in the same process.
#pragma once

#include <filesystem>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "exchange/exchange.h"

namespace streamd::exchange {

class RunningExchange {
 public:
  // `folder` is made anew, and removed at the end. Throws when the exchange cannot start.
  RunningExchange(ExchangeOptions options, std::string folder) : folder_(std::move(folder)) {
    std::filesystem::remove_all(folder_);
    options.folder = folder_;
    auto made = Exchange::make(options);
    if (!made) throw std::runtime_error(made.error().message);
    exchange_ = std::move(made).value();
    thread_ = std::thread([this] { exchange_->run(); });
  }
  ~RunningExchange() {
    exchange_->stop();
    thread_.join();
    exchange_.reset();
    std::filesystem::remove_all(folder_);
  }
  RunningExchange(const RunningExchange&) = delete;
  RunningExchange& operator=(const RunningExchange&) = delete;

  const ExchangePorts& ports() const { return exchange_->ports(); }
  const std::string& ca_file() const { return exchange_->ca_file(); }
  std::string rest_url() const { return exchange_->rest_url(); }
  std::string streams_url() const { return exchange_->streams_url(); }

  // `question` on the exchange's thread.
  template <typename Question>
  auto ask(Question question) {
    std::promise<decltype(question(*exchange_))> answer;
    exchange_->post([&] { answer.set_value(question(*exchange_)); });
    return answer.get_future().get();
  }

  // A POST /fault. Throws when there is no such fault.
  void fault(const std::string& json) {
    auto command = read_fault(json);
    if (!command) throw std::runtime_error(command.error().message);
    ask([&](Exchange& exchange) {
      exchange.apply(*command);
      return 0;
    });
  }
  void set_trading(bool trades) {
    ask([=](Exchange& exchange) {
      exchange.set_trading(trades);
      return 0;
    });
  }
  Ledger ledger() {
    return ask([](Exchange& exchange) { return exchange.ledger(); });
  }
  std::vector<AggTrade> trades(const std::string& symbol) {
    return ask([&](Exchange& exchange) { return exchange.market().trades(*exchange.market().find(symbol)); });
  }

 private:
  const std::string folder_;
  std::unique_ptr<Exchange> exchange_;
  std::thread thread_;
};

}  // namespace streamd::exchange
