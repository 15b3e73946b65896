// The connections over which trades come, each kept up: connected anew after a loss, and renewed before the exchange
// ends it, the new one beside the old one until it has all its streams, so that nothing is missed. One thread.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "feed/endpoint.h"
#include "feed/stream_link.h"
#include "feed/stream_plan.h"

namespace streamd::feed {

struct StreamTimes {
  std::chrono::seconds silence{75};       // no message and no ping: the connection is lost
  std::chrono::seconds life{23 * 3600};   // then it is renewed; the exchange's own is 24 h
  std::chrono::seconds answers{15};       // to subscriptions
  std::chrono::milliseconds attempts{1100};  // at least between two, of all connections: 300 in five minutes are allowed
};

class MarketStreams {
 public:
  struct Events {
    std::function<Heard(std::string_view)> on_message;  // any text
    // These symbols are subscribed, and have not been all the time before: something may have been missed.
    std::function<void(const std::vector<std::string>&)> on_gap;
    // The first attempt of all failed because the exchange's certificate is refused.
    std::function<void(const Error&)> on_refused;
  };

  // Endpoint and TLS outlive it.
  MarketStreams(asio::any_io_executor executor, const Endpoint& endpoint, asio::ssl::context& tls, StreamTimes times,
                Events events);

  void start(std::vector<PlannedConnection> connections);
  void stop();

  std::uint64_t connected() const;  // connections that are up
  std::uint64_t losses() const { return losses_; }
  std::uint64_t renewals() const { return renewals_; }

 private:
  struct Link {
    Link(asio::any_io_executor executor, asio::ssl::context& tls) : stream(std::move(executor), tls) {}
    StreamLink stream;
    std::size_t answers = 0;
    bool will_close = false;  // says the exchange
    bool ended = false;
    std::string why;
  };
  struct Slot {
    Slot(PlannedConnection of, asio::any_io_executor executor) : group(std::move(of)), wake(std::move(executor)) {}
    PlannedConnection group;
    asio::steady_timer wake;
    std::shared_ptr<Link> link;  // all its streams are there
    std::shared_ptr<Link> next;  // being opened
  };

  asio::awaitable<void> keep(Slot& slot);
  asio::awaitable<Result<void>> open(Slot& slot, std::shared_ptr<Link> link);
  asio::awaitable<void> read_all(Slot& slot, std::shared_ptr<Link> link);
  asio::awaitable<void> wait_for_turn(Slot& slot);
  asio::awaitable<void> pause(Slot& slot, std::chrono::steady_clock::time_point until);

  const asio::any_io_executor executor_;
  const Endpoint& endpoint_;
  asio::ssl::context& tls_;
  const StreamTimes times_;
  const Events events_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::chrono::steady_clock::time_point next_attempt_{};
  std::uint64_t losses_ = 0;
  std::uint64_t renewals_ = 0;
  bool was_open_ = false;  // any
  bool stopped_ = false;
};

}  // namespace streamd::feed
