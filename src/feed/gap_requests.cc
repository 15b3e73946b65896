#include "feed/gap_requests.h"

#include <fmt/format.h>


#include "base/log.h"
#include "feed/awaiting.h"
#include "feed/market_message.h"
#include "feed/spawn.h"

namespace streamd::feed {
namespace {

constexpr std::chrono::milliseconds kLook{20};
constexpr int kBadRequest = 400;
constexpr int kNotFound = 404;
constexpr int kBanned = 418;
constexpr int kTooMany = 429;

std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte < 0x80 && (std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.');
    encoded += plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return encoded;
}

std::string status_text(const RestAnswer& answer) {
  const auto refusal = read_refusal(answer.body);
  return fmt::format("status {}{}{}", answer.status, refusal ? ": " : "", refusal.value_or(""));
}

}  // namespace

GapRequests::GapRequests(asio::any_io_executor executor, Market& market, const Endpoint& rest, asio::ssl::context& tls,
                         WeightBudget& budget, const Clock& clock, bool log_requests)
    : executor_(std::move(executor)), market_(market), budget_(budget), clock_(clock), log_requests_(log_requests) {
  for (std::size_t i = 0; i < RequestLimits{}.max_under_way; ++i) {
    workers_.push_back(std::make_unique<Worker>(rest, tls, executor_));
  }
}

void GapRequests::start() {
  for (auto& worker : workers_) spawn(executor_, work(*worker));
}

void GapRequests::stop() {
  stopped_ = true;
  for (auto& worker : workers_) {
    worker->timer.cancel();
    worker->client.close();
  }
}

asio::awaitable<void> GapRequests::work(Worker& worker) {
  while (!stopped_) {
    if (const auto request = market_.next_request(budget_)) {
      co_await ask(worker, *request);
      continue;
    }
    beast::error_code ignored;
    worker.timer.expires_after(kLook);
    co_await worker.timer.async_wait(into(ignored));
  }
}

asio::awaitable<void> GapRequests::ask(Worker& worker, TradeRequest request) {
  const std::string target = fmt::format("/api/v3/aggTrades?symbol={}&fromId={}&limit={}",
                                         percent_encoded(market_.names()[request.symbol]), request.from, request.limit);
  const auto answer = co_await worker.client.get(target);
  if (stopped_) co_return;
  if (log_requests_) {
    log_info("GET {}: {}", target,
             answer.ok() ? fmt::format("{}, {} bytes", answer.value().status, answer.value().body.size())
                         : answer.error().message);
  }
  take(request, answer);
}

void GapRequests::take(const TradeRequest& request, const Result<RestAnswer>& answer) {
  if (!answer) return market_.failed(request, RequestFailure::any, answer.error().message);
  const RestAnswer& got = answer.value();
  const ElapsedMillis now_ms = clock_.elapsed_ms();
  if (got.used_weight) budget_.told_used(*got.used_weight, now_ms);
  if (got.status == kTooMany || got.status == kBanned) {
    budget_.told_to_wait(got.status, got.retry_after_s.value_or(0), now_ms);
    return market_.failed(request, RequestFailure::told_to_wait, status_text(got));
  }
  if (got.status != 200) {
    const bool is_about_this = got.status == kBadRequest || got.status == kNotFound;
    return market_.failed(request, is_about_this ? RequestFailure::this_one : RequestFailure::any, status_text(got));
  }
  auto trades = read_agg_trades(got.body);
  if (!trades) return market_.failed(request, RequestFailure::any, trades.error().message);
  market_.answered(request, std::move(trades).value());
}

}  // namespace streamd::feed
