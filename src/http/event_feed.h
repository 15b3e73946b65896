// Bars and decisions as they happen, for pages: server-sent events with ids, so that a page that was cut off goes on
// where it was. Keeps the latest events for that, bounded, and nothing at all while nobody has listened for a while: then
// publishing costs one look. Nor does a replay at full speed, which nobody can watch, cost much: beyond a rate it leaves
// events out for some seconds, then tells the pages to load anew.
// publish() on the delivery's thread, open() on the server's, health() on any other.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "http/http_message.h"
#include "http/http_server.h"

namespace streamd {

struct FeedEvent {
  enum class Kind { bar, decision } kind;
  std::uint32_t symbol;   // its number
  std::string_view line;  // JSON, without newline
};

class EventFeed {
 public:
  static constexpr std::size_t kMaxKeptBytes = 16 << 20;
  // What a client that comes back is sent at once at most; with this and a second's events a stream must not be full
  // (HttpLimits::max_stream_bytes). Who missed more begins anew.
  static constexpr std::size_t kMaxMissedBytes = 2 << 20;
  static constexpr ElapsedMillis kForgetMs = 60'000;  // after the last listener has gone
  // Bars and decisions of 6,000 symbols, each second.
  static constexpr std::size_t kMaxBytesPerSecond = 4 << 20;
  static constexpr ElapsedMillis kFloodMs = 5'000;

  // `run_id` tells ids of this process from those of others.
  EventFeed(std::string run_id, const Clock& clock, std::size_t max_kept_bytes = kMaxKeptBytes);

  // Symbols are numbered 0, 1, 2 … in this order; before events that have them.
  void add_symbol(const std::string& name);
  // Somebody listens, or did until lately, and there is no flood; else publish() does nothing, and need not be called.
  bool is_wanted() const {
    return wanted_.load(std::memory_order_relaxed) && !flooded_.load(std::memory_order_relaxed);
  }
  void publish(const std::vector<FeedEvent>& events);
  // To all; `json` without newline. Not kept: the next one is as good. Once a second: it ends a flood, too.
  void health(std::string_view json);
  std::uint64_t floods() const { return floods_.load(std::memory_order_relaxed); }
  bool has_listeners() const { return listeners_open_.load(std::memory_order_relaxed) > 0; }

  // `symbol` asks for one symbol's events alone. A Last-Event-ID is gone on from; where that cannot be, "reset" comes
  // first: what is shown must be loaded anew.
  HttpResponse open(const HttpRequest& request, std::shared_ptr<HttpStream> stream);

 private:
  static constexpr std::uint32_t kAll = 0xffff'ffff;
  static constexpr std::uint32_t kUnknown = 0xffff'fffe;  // a symbol that had no event yet

  struct Kept {
    std::uint64_t number;  // of the event, from 1
    std::uint32_t symbol;
    std::string text;
  };
  struct Listener {
    std::shared_ptr<HttpStream> stream;
    std::uint32_t symbol = kAll;
    std::string name;  // of the symbol
  };

  std::uint32_t symbol_of(const std::string& name) const;
  std::string text_of(const FeedEvent& event, std::uint64_t number) const;
  void keep(Kept event);
  void send(Listener& listener, const std::vector<Kept>& events);
  void drop_closed();
  void update_wanted();
  void forget_kept();
  // Whether so many bytes are still within the rate; else the flood begins.
  bool pay(std::size_t bytes);
  void end_flood();
  std::string reset_text() const;
  std::string missed(const HttpRequest& request, std::uint32_t symbol) const;

  const std::string run_id_;
  const Clock& clock_;
  const std::size_t max_kept_bytes_;
  std::atomic<bool> wanted_{false};
  std::atomic<bool> flooded_{false};
  std::atomic<std::uint64_t> floods_{0};
  std::atomic<std::size_t> listeners_open_{0};
  mutable std::mutex mutex_;  // of all that follows
  std::vector<std::string> symbols_;
  std::deque<Kept> kept_;  // numbers ascend by one
  std::size_t kept_bytes_ = 0;
  std::uint64_t next_number_ = 1;
  std::uint64_t unbroken_from_ = 1;  // events before this number may have been left out
  std::vector<Listener> listeners_;
  ElapsedMillis forget_at_ms_ = 0;
  std::size_t budget_bytes_ = kMaxBytesPerSecond;
  ElapsedMillis budget_from_ms_ = 0;
  ElapsedMillis flood_ends_at_ms_ = 0;
};

}  // namespace streamd
