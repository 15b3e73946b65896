// Which source fed which window of a symbol, and when last: a window is over once none of them may still feed it.
// Windows of equal length, aligned to the epoch. Part of bars/second_aggregator.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <vector>

#include "base/byte_codec.h"
#include "base/units.h"
#include "market/trade.h"

namespace streamd {

class WindowFeeders {
 public:
  struct Feeder {
    Second start;  // of the window
    SourceId source;
    ElapsedMillis fed_after_ms;  // the last tick before the latest time it did
  };

  // Windows of so many seconds from now on; 0: none. Those of another length are forgotten.
  void follow(std::int32_t window_s) {
    if (window_s == window_s_) return;
    window_s_ = window_s;
    symbols_.clear();
  }
  bool follows() const { return window_s_ > 0; }
  std::int32_t window_s() const { return window_s_; }

  // Idle counts start anew.
  void restart(ElapsedMillis elapsed_ms) {
    for (Symbol& symbol : symbols_) {
      for (Feeder& feeder : symbol.feeders) feeder.fed_after_ms = elapsed_ms;
    }
  }

  // `newest_closed`: the symbol's, or anything below 0 when there is none; what comes for windows before its own matters
  // to no window that is still to end. `has_ended(source)`: it will feed nothing more, so it need not be known.
  template <typename HasEnded>
  void add(SymbolId id, Second second, Second newest_closed, SourceId source, ElapsedMillis fed_after_ms,
           HasEnded has_ended) {
    if (!follows()) return;
    const Second start = start_of(second);
    if (newest_closed >= 0 && start < start_of(newest_closed)) return;
    if (id >= symbols_.size()) symbols_.resize(std::max<std::size_t>(id + 1, symbols_.size() * 2));
    Symbol& symbol = symbols_[id];
    if (second < symbol.from) return;
    std::vector<Feeder>& feeders = symbol.feeders;
    const auto is_before = [](const Feeder& one, const Feeder& other) {
      return one.start != other.start ? one.start < other.start : one.source < other.source;
    };
    const Feeder added{start, source, fed_after_ms};
    auto place = std::lower_bound(feeders.begin(), feeders.end(), added, is_before);
    if (place != feeders.end() && place->start == start && place->source == source) {
      place->fed_after_ms = std::max(place->fed_after_ms, fed_after_ms);
      return;
    }
    feeders.insert(place, added);
    // Connections come and go: now and then, those that are gone are forgotten.
    if (feeders.size() >= kManyFeeders && std::has_single_bit(feeders.size())) {
      std::erase_if(feeders, [&](const Feeder& feeder) { return has_ended(feeder.source); });
    }
  }

  // What comes for windows before this one counts no more.
  void forget_before(SymbolId id, Second start) {
    if (id >= symbols_.size() || symbols_[id].from >= start) return;
    symbols_[id].from = start;
    std::erase_if(symbols_[id].feeders, [start](const Feeder& feeder) { return feeder.start < start; });
  }

  // True when `is_done` holds for all of the window's feeders.
  template <typename IsDone>
  bool all_of(SymbolId id, Second start, IsDone is_done) const {
    if (id >= symbols_.size()) return true;
    const std::vector<Feeder>& feeders = symbols_[id].feeders;
    return std::all_of(feeders.begin(), feeders.end(),
                       [&](const Feeder& feeder) { return feeder.start != start || is_done(feeder); });
  }

  void save(ByteSink& bytes) const {
    bytes.put(window_s_);
    std::size_t symbols = symbols_.size();  // how far the vector has grown is no part of the state
    while (symbols > 0 && symbols_[symbols - 1].from == kNone && symbols_[symbols - 1].feeders.empty()) --symbols;
    bytes.put(static_cast<std::uint32_t>(symbols));
    for (std::size_t i = 0; i < symbols; ++i) {
      bytes.put(symbols_[i].from);
      bytes.put(static_cast<std::uint32_t>(symbols_[i].feeders.size()));
      for (const Feeder& feeder : symbols_[i].feeders) {
        bytes.put(feeder.start);
        bytes.put(feeder.source);
        bytes.put(feeder.fed_after_ms);
      }
    }
  }
  // For a fresh object. False: these are not the bytes of one.
  bool load(ByteSource& bytes) {
    window_s_ = bytes.get<std::int32_t>();
    symbols_.resize(bytes.get_count(sizeof(Second) + sizeof(std::uint32_t)));
    for (Symbol& symbol : symbols_) {
      symbol.from = bytes.get<Second>();
      symbol.feeders.resize(bytes.get_count(sizeof(Second) + sizeof(SourceId) + sizeof(ElapsedMillis)));
      for (Feeder& feeder : symbol.feeders) {
        feeder.start = bytes.get<Second>();
        feeder.source = bytes.get<SourceId>();
        feeder.fed_after_ms = bytes.get<ElapsedMillis>();
      }
    }
    return bytes.ok() && window_s_ >= 0 && (follows() || symbols_.empty());
  }

 private:
  static constexpr Second kNone = std::numeric_limits<Second>::min();
  static constexpr std::size_t kManyFeeders = 16;
  struct Symbol {
    Second from = kNone;  // windows before it count no more
    std::vector<Feeder> feeders;  // ascending by start and source
  };

  Second start_of(Second second) const { return second - second % window_s_; }

  std::int32_t window_s_ = 0;
  std::vector<Symbol> symbols_;
};

}  // namespace streamd
