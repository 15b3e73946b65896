// Keeps bars that have closed lately, so that one that changes later can be told whole again (bar sinks, the live page).
// Bounded by event time and by memory; what has left is told in part. Part of the core: pure, one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "bars/bar_write.h"
#include "base/byte_codec.h"
#include "market/bar_notice.h"

namespace streamd {

struct AmendOptions {
  bool notices = false;            // somebody wants bars as they close and change
  std::int64_t window_s = 300;     // behind the symbol's newest closed second
  std::uint64_t memory = 64 << 20;  // bytes, about
};

class RecentBars {
 public:
  // Forgets all of it when no notices are wanted any more.
  void begin_run(const AmendOptions& options);
  bool wanted() const { return options_.notices; }

  // A second has closed with this whole bar, and nothing of it was told before. `is_newest`: no later one of its symbol
  // had closed, told or not.
  void close(const BarWrite& bar, bool is_newest, std::vector<BarNotice>& notices);
  // Something came for a second that had closed: a late part of its trades, or a line, which replaces what there was;
  // where there was none, that is the bar.
  void amend(const BarWrite& write);
  // After each batch of events: one notice of `revision` for each bar that was amended in it. What is beyond the bounds
  // is forgotten then.
  void end_batch(std::uint64_t revision, std::vector<BarNotice>& notices);

  void save(ByteSink& bytes) const;
  // For a fresh object. False: these are not the bytes of one.
  bool load(ByteSource& bytes);

 private:
  struct Recent {
    PartialBar bar;
    Second second = 0;
    BarOrigin origin = BarOrigin::trades;
    bool changed = false;  // in this batch
  };
  struct Key {
    SymbolId symbol;
    Second second;
  };
  static constexpr Second kNone = std::numeric_limits<Second>::min();
  struct Symbol {
    std::vector<Recent> bars;  // ascending; those before `first` are forgotten
    std::size_t first = 0;
    Second newest = kNone;
    Second complete_after = kNone;  // every bar of a later second is kept
    std::size_t kept() const { return bars.size() - first; }
  };

  // A bar, its place in order_, and what vectors keep in reserve.
  static constexpr std::size_t kBytesEach = 2 * (sizeof(Recent) + sizeof(Key));

  Symbol& symbol_at(SymbolId id);
  static Recent* find(Symbol& symbol, Second second);
  void keep(Symbol& symbol, const BarWrite& bar);
  void forget_oldest(Symbol& symbol);
  void forget_beyond_window(Symbol& symbol);
  void forget_beyond_memory();
  void add_late_of_forgotten(const BarWrite& write);

  AmendOptions options_;
  std::vector<Symbol> symbols_;
  std::deque<Key> order_;  // as they closed; also of bars that were forgotten since
  std::size_t kept_ = 0;
  // In this batch:
  std::vector<SymbolId> closed_;             // a symbol for each second
  std::vector<Key> changed_;                 // bars that are kept
  std::vector<BarWrite> late_of_forgotten_;  // one a key
  std::map<std::pair<SymbolId, Second>, std::size_t> late_places_;
};

}  // namespace streamd
