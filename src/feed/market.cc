#include "feed/market.h"

#include <fmt/format.h>

#include <random>

#include "base/log.h"
#include "base/utc_text.h"

namespace streamd::feed {
namespace {

constexpr std::size_t kMaxWaiting = 100'000;  // live trades of a symbol behind a hole
constexpr std::uint64_t kOddMessagesTold = 10;

std::string time_text(std::optional<std::int64_t> ms) { return ms ? utc_text(*ms / 1000) : std::string("?"); }

std::vector<std::optional<std::uint64_t>> last_ids(const std::vector<std::string>& names, const FeedLog& log,
                                                   UnixMillis resume_from_ms) {
  std::vector<std::optional<std::uint64_t>> ids;
  for (const std::string& name : names) {
    ids.emplace_back();
    const auto newest = log.newest().find(name);
    if (newest == log.newest().end()) continue;
    if (newest->second.time_ms >= resume_from_ms) {
      ids.back() = newest->second.id;
      continue;
    }
    log_error("{}: a gap: the run before ended behind trade {} at {}, longer ago than --resume-max-s; this one begins with "
              "the next trade",
              name, newest->second.id, utc_text(newest->second.time_ms / 1000));
  }
  return ids;
}

}  // namespace

Market::Market(const std::vector<std::string>& names, FeedLog& log, UnixMillis resume_from_ms, const Clock& clock)
    : names_(names),
      log_(log),
      clock_(clock),
      accounts_(names.size()),
      silences_(names.size(), SymbolSilence(clock.elapsed_ms())),
      whys_(names.size()),
      gaps_(last_ids(names, log, resume_from_ms), kMaxWaiting, RequestLimits{}, std::random_device{}()) {
  for (std::size_t i = 0; i < names_.size(); ++i) {
    numbers_[names_[i]] = i;
    gaps_.may_have_missed(i, clock_.elapsed_ms());  // one that begins with its first live trade misses nothing
  }
}

Heard Market::take_message(std::string_view text) {
  auto message = reader_.read(text);
  if (!message) {
    if (odd_messages_++ < kOddMessagesTold) log_warn("a message that is not understood: {}", message.error().message);
    return Heard::nothing;
  }
  if (auto* live = std::get_if<LiveTrade>(&message.value())) {
    const auto number = numbers_.find(live->symbol);
    if (number == numbers_.end()) return Heard::nothing;
    const ElapsedMillis now_ms = clock_.elapsed_ms();
    silences_[number->second].heard(now_ms);
    if (is_held_) {
      gaps_.postpone(number->second, live->trade, now_ms, output_);
    } else {
      gaps_.live(number->second, std::move(live->trade), now_ms, output_);
    }
    give(output_);
    return Heard::nothing;
  }
  if (const auto* answer = std::get_if<SubscribeAnswer>(&message.value())) {
    if (!answer->ok) log_error("the exchange refuses a subscription: {}", answer->error);
    return Heard::answer;
  }
  return std::holds_alternative<Shutdown>(message.value()) ? Heard::closing : Heard::nothing;
}

void Market::may_have_missed(const std::vector<std::string>& names) {
  for (const std::string& name : names) gaps_.may_have_missed(numbers_.at(name), clock_.elapsed_ms());
}

void Market::look_at_silence() {
  const ElapsedMillis now_ms = clock_.elapsed_ms();
  for (std::size_t i = 0; i < silences_.size(); ++i) {
    if (silences_[i].is_suspicious(now_ms)) gaps_.may_have_missed(i, now_ms);
  }
}

std::optional<TradeRequest> Market::next_request(WeightBudget& budget) {
  if (is_held_) return std::nullopt;
  return gaps_.next_request(budget, clock_.elapsed_ms());
}

void Market::go_on() {
  is_held_ = false;
  gaps_.go_on(clock_.elapsed_ms());
}

void Market::answered(const TradeRequest& request, std::vector<AggTrade> trades) {
  gaps_.answered(request, std::move(trades), clock_.elapsed_ms(), output_);
  give(output_);
}

void Market::failed(const TradeRequest& request, RequestFailure failure, const std::string& why) {
  whys_[request.symbol] = why;
  gaps_.failed(request, failure, clock_.elapsed_ms(), output_);
  give(output_);
}

void Market::give(FeedOutput& output) {
  for (const EmittedTrade& emitted : output.trades) {
    log_.add(names_[emitted.symbol], emitted.trade);
    Account& account = accounts_[emitted.symbol];
    if (account.trades++ == 0) account.first_id = emitted.trade.id;
    account.last_id = emitted.trade.id;
  }
  for (const GapReport& report : output.reports) tell(report);
  output.trades.clear();
  output.reports.clear();
}

void Market::tell(const GapReport& report) {
  const std::string& name = names_[report.symbol];
  switch (report.kind) {
    case GapReport::Kind::filled:
      log_info("{}: trades {} to {} were missing, and are filled in", name, report.ids.from, report.ids.to);
      break;
    case GapReport::Kind::never_existed:
      log_info("{}: the exchange has no trades {} to {}", name, report.ids.from, report.ids.to);
      break;
    case GapReport::Kind::given_up:
      accounts_[report.symbol].lost += report.ids.count();
      log_error("{}: trades {} to {} are lost ({} to {}): {}", name, report.ids.from, report.ids.to,
                time_text(report.after_ms), time_text(report.before_ms),
                whys_[report.symbol].empty() ? "the exchange does not give them" : whys_[report.symbol]);
      break;
  }
}

}  // namespace streamd::feed
