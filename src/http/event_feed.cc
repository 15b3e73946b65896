#include "http/event_feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace streamd {
namespace {

constexpr std::size_t kMaxSymbolBytes = 64;
constexpr std::size_t kKeptOverhead = 64;  // of one that is kept, beside its text, about

// "<run>-<number>"
std::optional<std::uint64_t> number_in(std::string_view id, std::string_view run_id) {
  if (!id.starts_with(run_id) || id.size() <= run_id.size() || id[run_id.size()] != '-') return std::nullopt;
  const std::string_view digits = id.substr(run_id.size() + 1);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

}  // namespace

EventFeed::EventFeed(std::string run_id, const Clock& clock, std::size_t max_kept_bytes)
    : run_id_(std::move(run_id)), clock_(clock), max_kept_bytes_(max_kept_bytes) {}

void EventFeed::add_symbol(const std::string& name) {
  const std::lock_guard lock(mutex_);
  for (Listener& listener : listeners_) {
    if (listener.symbol != kUnknown || listener.name != name) continue;
    listener.symbol = static_cast<std::uint32_t>(symbols_.size());
  }
  symbols_.push_back(name);
}

std::uint32_t EventFeed::symbol_of(const std::string& name) const {
  const auto found = std::find(symbols_.begin(), symbols_.end(), name);
  return found == symbols_.end() ? kUnknown : static_cast<std::uint32_t>(found - symbols_.begin());
}

std::string EventFeed::text_of(const FeedEvent& event, std::uint64_t number) const {
  const char* kind = event.kind == FeedEvent::Kind::bar ? "bar" : "decision";
  return fmt::format("id: {}-{}\nevent: {}\ndata: {}\n\n", run_id_, number, kind, event.line);
}

void EventFeed::keep(Kept event) {
  kept_bytes_ += event.text.size() + kKeptOverhead;
  kept_.push_back(std::move(event));
  while (kept_bytes_ > max_kept_bytes_) {
    unbroken_from_ = kept_.front().number + 1;
    kept_bytes_ -= kept_.front().text.size() + kKeptOverhead;
    kept_.pop_front();
  }
}

void EventFeed::publish(const std::vector<FeedEvent>& events) {
  if (!is_wanted() || events.empty()) return;
  const std::lock_guard lock(mutex_);
  drop_closed();
  update_wanted();
  if (!is_wanted()) return;
  std::vector<Kept> made;
  made.reserve(events.size());
  std::size_t bytes = 0;
  for (const FeedEvent& event : events) {
    made.push_back({next_number_, event.symbol, text_of(event, next_number_)});
    bytes += made.back().text.size();
    ++next_number_;
  }
  if (!pay(bytes)) return;
  std::shared_ptr<const std::string> whole;  // the same for all who want all
  for (Listener& listener : listeners_) {
    if (listener.symbol != kAll) {
      send(listener, made);
      continue;
    }
    if (whole == nullptr) {
      std::string text;
      for (const Kept& event : made) text += event.text;
      whole = std::make_shared<const std::string>(std::move(text));
    }
    listener.stream->send(whole);
  }
  for (Kept& event : made) keep(std::move(event));
}

void EventFeed::send(Listener& listener, const std::vector<Kept>& events) {
  std::string text;
  for (const Kept& event : events) {
    if (event.symbol == listener.symbol) text += event.text;
  }
  if (!text.empty()) listener.stream->send(std::make_shared<const std::string>(std::move(text)));
}

void EventFeed::health(std::string_view json) {
  const std::lock_guard lock(mutex_);
  drop_closed();
  update_wanted();
  if (listeners_.empty()) return;
  if (flooded_.load(std::memory_order_relaxed) && clock_.elapsed_ms() >= flood_ends_at_ms_) end_flood();
  const auto text = std::make_shared<const std::string>(
      fmt::format("id: {}-{}\nevent: health\ndata: {}\n\n", run_id_, next_number_ - 1, json));
  for (Listener& listener : listeners_) listener.stream->send(text);
}

void EventFeed::drop_closed() {
  std::erase_if(listeners_, [](const Listener& listener) { return !listener.stream->is_open(); });
  listeners_open_.store(listeners_.size(), std::memory_order_relaxed);
}

// A page that comes back finds what it has missed, if it comes soon.
void EventFeed::update_wanted() {
  const ElapsedMillis now_ms = clock_.elapsed_ms();
  if (!listeners_.empty()) forget_at_ms_ = now_ms + kForgetMs;
  const bool wanted = now_ms < forget_at_ms_;
  if (wanted == wanted_.load(std::memory_order_relaxed)) return;
  forget_kept();
  wanted_.store(wanted, std::memory_order_relaxed);
}

// What comes from now on is not published, so not even counted.
void EventFeed::forget_kept() {
  kept_.clear();
  kept_bytes_ = 0;
  unbroken_from_ = ++next_number_;
}

bool EventFeed::pay(std::size_t bytes) {
  const ElapsedMillis now_ms = clock_.elapsed_ms();
  const auto earned = static_cast<std::size_t>(now_ms - budget_from_ms_) * kMaxBytesPerSecond / 1000;
  budget_bytes_ = std::min(kMaxBytesPerSecond, budget_bytes_ + earned);
  budget_from_ms_ = now_ms;
  if (bytes <= budget_bytes_) {
    budget_bytes_ -= bytes;
    return true;
  }
  forget_kept();
  flood_ends_at_ms_ = now_ms + kFloodMs;
  flooded_.store(true, std::memory_order_relaxed);
  floods_.fetch_add(1, std::memory_order_relaxed);
  return false;
}

void EventFeed::end_flood() {
  forget_kept();
  budget_bytes_ = kMaxBytesPerSecond;
  budget_from_ms_ = clock_.elapsed_ms();
  flooded_.store(false, std::memory_order_relaxed);
  const auto reset = std::make_shared<const std::string>(reset_text());
  for (Listener& listener : listeners_) listener.stream->send(reset);
}

std::string EventFeed::reset_text() const {
  return fmt::format("id: {}-{}\nevent: reset\ndata: {{}}\n\n", run_id_, next_number_ - 1);
}

// What a client that was cut off has to learn first.
std::string EventFeed::missed(const HttpRequest& request, std::uint32_t symbol) const {
  const std::string hello = "retry: 1000\n\n";
  if (request.last_event_id.empty()) return hello;
  const auto last = number_in(request.last_event_id, run_id_);
  if (!last || *last + 1 < unbroken_from_ || *last >= next_number_) return hello + reset_text();
  const auto first = std::lower_bound(kept_.begin(), kept_.end(), *last + 1,
                                      [](const Kept& event, std::uint64_t number) { return event.number < number; });
  std::string text = hello;
  for (auto event = first; event != kept_.end(); ++event) {
    if (symbol == kAll || event->symbol == symbol) text += event->text;
    if (text.size() > kMaxMissedBytes) return hello + reset_text();
  }
  return text;
}

HttpResponse EventFeed::open(const HttpRequest& request, std::shared_ptr<HttpStream> stream) {
  const auto name = request.parameter("symbol");
  if (name && (name->empty() || name->size() > kMaxSymbolBytes)) {
    return HttpResponse::error(400, "symbol: give 1 to 64 bytes");
  }
  const std::lock_guard lock(mutex_);
  drop_closed();
  listeners_.push_back({std::move(stream), name ? symbol_of(*name) : kAll, name.value_or("")});
  listeners_open_.store(listeners_.size(), std::memory_order_relaxed);
  update_wanted();
  const Listener& listener = listeners_.back();
  listener.stream->send(std::make_shared<const std::string>(missed(request, listener.symbol)));
  return {200, "text/event-stream", "", {}};
}

}  // namespace streamd
