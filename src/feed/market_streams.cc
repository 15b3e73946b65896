#include "feed/market_streams.h"

#include <random>

#include "base/backoff.h"
#include "base/log.h"
#include "feed/awaiting.h"
#include "feed/spawn.h"

namespace streamd::feed {

using std::chrono::steady_clock;

MarketStreams::MarketStreams(asio::any_io_executor executor, const Endpoint& endpoint, asio::ssl::context& tls,
                             StreamTimes times, Events events)
    : executor_(std::move(executor)), endpoint_(endpoint), tls_(tls), times_(times), events_(std::move(events)) {}

void MarketStreams::start(std::vector<PlannedConnection> connections) {
  for (PlannedConnection& connection : connections) {
    slots_.push_back(std::make_unique<Slot>(std::move(connection), executor_));
    spawn(executor_, keep(*slots_.back()));
  }
}

void MarketStreams::stop() {
  stopped_ = true;
  for (auto& slot : slots_) {
    for (const auto& link : {slot->link, slot->next}) {
      if (link) link->stream.close();
    }
    slot->wake.cancel();
  }
}

std::uint64_t MarketStreams::connected() const {
  return static_cast<std::uint64_t>(std::count_if(slots_.begin(), slots_.end(), [](const auto& slot) {
    return slot->link != nullptr && !slot->link->ended;
  }));
}

asio::awaitable<void> MarketStreams::pause(Slot& slot, steady_clock::time_point until) {
  beast::error_code ignored;
  slot.wake.expires_at(until);
  co_await slot.wake.async_wait(into(ignored));
}

asio::awaitable<void> MarketStreams::wait_for_turn(Slot& slot) {
  const auto turn = std::max(next_attempt_, steady_clock::now());
  next_attempt_ = turn + times_.attempts;
  while (!stopped_ && steady_clock::now() < turn) co_await pause(slot, turn);
}

asio::awaitable<void> MarketStreams::keep(Slot& slot) {
  Backoff backoff(std::random_device{}());
  while (!stopped_) {
    co_await wait_for_turn(slot);
    if (stopped_) break;
    slot.next = std::make_shared<Link>(executor_, tls_);
    auto opened = co_await open(slot, slot.next);
    if (stopped_) break;
    if (!opened) {
      slot.next->stream.close();
      slot.next.reset();
      if (!was_open_ && opened.error().kind == ErrorKind::refused) {
        events_.on_refused(opened.error());
        break;
      }
      log_warn("streams of {} symbols: {}", slot.group.symbols.size(), opened.error().message);
      co_await pause(slot, steady_clock::now() + std::chrono::milliseconds(backoff.next_ms()));
      continue;
    }
    backoff.reset();
    was_open_ = true;
    const std::shared_ptr<Link> old = std::exchange(slot.link, std::exchange(slot.next, nullptr));
    if (old != nullptr && !old->ended) {
      ++renewals_;
      old->stream.close();
    } else {  // also at the first time: a run before may have ended long ago
      events_.on_gap(slot.group.symbols);
    }
    const auto renew_at = steady_clock::now() + times_.life;
    while (!stopped_ && !slot.link->ended && !slot.link->will_close && steady_clock::now() < renew_at) {
      co_await pause(slot, renew_at);
    }
  }
}

// With all its streams, as the exchange has answered. What comes is read from its beginning on.
asio::awaitable<Result<void>> MarketStreams::open(Slot& slot, std::shared_ptr<Link> link) {
  auto opened = co_await link->stream.open(endpoint_, times_.silence);
  if (!opened) co_return opened;
  spawn(executor_, read_all(slot, link));
  const auto first_at = steady_clock::now();
  for (const SubscribeMessage& message : slot.group.messages) {
    const auto at = first_at + std::chrono::milliseconds(message.at_ms);
    while (!stopped_ && !link->ended && steady_clock::now() < at) co_await pause(slot, at);
    if (link->ended) co_return Error{link->why};
    if (auto sent = co_await link->stream.send(message.text); !sent) co_return sent;
  }
  const auto patience = steady_clock::now() + times_.answers;
  while (!stopped_ && !link->ended && link->answers < slot.group.messages.size()) {
    if (steady_clock::now() >= patience) co_return Error{"the exchange does not answer a subscription"};
    co_await pause(slot, patience);
  }
  if (link->ended) co_return Error{link->why};
  co_return Result<void>();
}

asio::awaitable<void> MarketStreams::read_all(Slot& slot, std::shared_ptr<Link> link) {
  for (;;) {
    const auto text = co_await link->stream.read();
    if (!text) {
      link->ended = true;
      link->why = text.error().message;
      break;
    }
    if (stopped_) co_return;
    const Heard heard = events_.on_message(text.value());
    if (heard == Heard::nothing) continue;
    if (heard == Heard::answer) ++link->answers;
    if (heard == Heard::closing) link->will_close = true;
    slot.wake.cancel();
  }
  if (stopped_) co_return;
  if (link == slot.link) {
    ++losses_;
    log_warn("streams of {} symbols are lost: {}", slot.group.symbols.size(), link->why);
  }
  slot.wake.cancel();
}

}  // namespace streamd::feed
