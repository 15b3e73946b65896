// Sends the market's requests to REST, a few at a time, each over a connection of its own that is kept. One thread.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "feed/market.h"
#include "feed/rest_client.h"
#include "feed/weight_budget.h"

namespace streamd::feed {

class GapRequests {
 public:
  // All outlive it.
  GapRequests(asio::any_io_executor executor, Market& market, const Endpoint& rest, asio::ssl::context& tls,
              WeightBudget& budget, const Clock& clock, bool log_requests);

  void start();  // until stop()
  void stop();

 private:
  struct Worker {
    Worker(const Endpoint& rest, asio::ssl::context& tls, asio::any_io_executor executor)
        : client(rest, tls), timer(std::move(executor)) {}
    RestClient client;
    asio::steady_timer timer;
  };

  asio::awaitable<void> work(Worker& worker);
  asio::awaitable<void> ask(Worker& worker, TradeRequest request);
  void take(const TradeRequest& request, const Result<RestAnswer>& answer);

  asio::any_io_executor executor_;
  Market& market_;
  WeightBudget& budget_;
  const Clock& clock_;
  const bool log_requests_;
  std::vector<std::unique_ptr<Worker>> workers_;
  bool stopped_ = false;
};

}  // namespace streamd::feed
