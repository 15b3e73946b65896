// Writes that wait for a commit, one row a (symbol, second), decisions, and summaries of windows. It knows the newest
// second that each symbol has in the table: newer ones can be appended without a look, all others are revisions and
// must be looked up and merged. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <unordered_map>
#include <vector>

#include "bars/bar_write.h"
#include "market/decision.h"
#include "market/window_summary.h"

namespace streamd {

class PendingRows {
 public:
  // The newest second of a symbol in the table, before its first write.
  void set_newest_stored(SymbolId symbol, Second second) { symbol_at(symbol).newest = second; }

  // Likewise, of its decisions.
  void set_newest_decided(SymbolId symbol, Second second) { symbol_at(symbol).newest_decided = second; }

  // Likewise, of its summaries of windows of `window_s` seconds: the newest start.
  void set_newest_summarised(SymbolId symbol, std::int64_t window_s, Second start) {
    newest_window(symbol, window_s) = start;
  }

  // Writes of one key combine: parts of trades merge; a line replaces what was before; trades after a line change
  // nothing.
  void add(const BarWrite& write);

  // Seconds ascend per symbol. One for a second that has a decision already, or is before it (a history that the
  // database has from elsewhere), is passed over: a decision is made once. Returns whether it was taken.
  bool add(const Decision& decision);

  // Likewise, starts ascend per symbol and length of window.
  bool add(const WindowSummary& summary);

  const std::deque<BarWrite>& appends() const { return appends_; }      // newer than the table, ascending per symbol
  const std::deque<BarWrite>& revisions() const { return revisions_; }  // one a key; none of them in appends()
  const std::deque<Decision>& decisions() const { return decisions_; }  // in the order in which they were made
  const std::deque<WindowSummary>& summaries() const { return summaries_; }  // likewise
  std::size_t bars() const { return appends_.size() + revisions_.size(); }
  // A decision counts as one, it makes two.
  std::size_t rows() const { return bars() + decisions_.size() + summaries_.size(); }
  std::size_t bytes() const {
    return bars() * sizeof(BarWrite) + decisions_.size() * sizeof(Decision) +
           summaries_.size() * sizeof(WindowSummary) +
           (revision_places_.size() + append_places_.size()) * kIndexEntryBytes;
  }
  // Trades that lost against a line while both waited.
  std::uint64_t trades_superseded() const { return trades_superseded_; }

  // They are in the table now.
  void clear_committed();

 private:
  static constexpr std::int64_t kNotPending = -1;
  static constexpr std::size_t kIndexEntryBytes = 48;  // of a hash map's node and bucket, about
  static constexpr Second kNone = std::numeric_limits<Second>::min();
  struct NewestWindow {
    std::int64_t window_s;
    Second start;
  };
  struct Symbol {
    Second newest = kNone;  // stored or pending
    Second newest_decided = kNone;
    std::vector<NewestWindow> newest_windows;  // one a length; there are hardly ever two
    std::int64_t newest_append = kNotPending;  // its place in appends_
  };
  struct Key {
    SymbolId symbol;
    Second second;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const {
      return (static_cast<std::uint64_t>(key.second) * 0x9E3779B97F4A7C15) ^ (key.symbol * 0xC2B2AE3D27D4EB4F);
    }
  };

  Symbol& symbol_at(SymbolId id);
  Second& newest_window(SymbolId id, std::int64_t window_s);
  void combine(BarWrite& pending, const BarWrite& write);
  BarWrite* find_pending(const Key& key);

  std::vector<Symbol> symbols_;
  std::deque<BarWrite> appends_;
  std::deque<BarWrite> revisions_;
  std::deque<Decision> decisions_;
  std::deque<WindowSummary> summaries_;
  std::unordered_map<Key, std::size_t, KeyHash> revision_places_;
  std::unordered_map<Key, std::size_t, KeyHash> append_places_;  // of the first indexed_appends_, made when needed
  std::size_t indexed_appends_ = 0;
  std::uint64_t trades_superseded_ = 0;
};

}  // namespace streamd
