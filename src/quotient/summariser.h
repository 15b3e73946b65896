// Closed bars → the summaries of windows. Keeps each symbol's latest closes and its window under way; windows are
// aligned to the epoch: [k·S, (k+1)·S) seconds. Told by the core of every second that closes. Pure, one thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "base/byte_codec.h"
#include "market/window_summary.h"
#include "quotient/close_series.h"
#include "quotient/quotient_features.h"
#include "quotient/summary_options.h"
#include "quotient/window_statistics.h"

namespace streamd {

// Since the run began; no part of the state.
struct SummaryCounts {
  std::uint64_t summaries = 0;
  std::uint64_t bars_after_window = 0;  // that joined the series of closes alone
};

// Summaries are appended to `ended`; `wall_ms`, the journalled wall clock, becomes their artifact_ms.
class Summariser {
 public:
  // A run begins. Memory goes on. Windows under way of another length end as they are, and so do all when summaries are
  // off now; then the series are forgotten, too: their bars would be missing.
  void begin_run(const SummaryOptions& options, UnixMillis wall_ms, std::vector<WindowSummary>& ended);
  bool is_on() const { return options_.is_on(); }

  // Of the next bar of its symbol; only when on. Seconds, from 0, ascend per symbol. Ends the symbol's window under way
  // when the bar is at or after its end. A bar of a window that has ended joins the series, not a window (counted).
  void add_bar(SymbolId symbol, Second second, double close, UnixMillis wall_ms, std::vector<WindowSummary>& ended);

  // Ends the windows under way that end at or before `by` and of which `is_over(symbol, start)` says that nothing can
  // come any more. In ascending order of symbols. While no window has reached its end this costs nothing.
  template <typename IsOver>
  void end_windows(Second by, UnixMillis wall_ms, IsOver is_over, std::vector<WindowSummary>& ended) {
    if (by < earliest_end_) return;
    Second earliest_end = kNoWindow;
    for (std::size_t symbol = 0; symbol < window_ends_.size(); ++symbol) {
      const Second end = window_ends_[symbol];
      if (has_window(symbol) && end <= by && is_over(static_cast<SymbolId>(symbol), end - options_.window_s)) {
        end_window(symbol, wall_ms, ended);
      } else {
        earliest_end = std::min(earliest_end, end);
      }
    }
    earliest_end_ = earliest_end;
  }

  // The density of the symbol's last ended window, of any length; nothing before there is one.
  std::optional<double> legitimacy(SymbolId symbol) const;
  // From where on the symbol's windows have not ended: the start of the one under way, or the end of the last of this
  // length; the least Second when there was none.
  Second unended_from(SymbolId symbol) const;
  const SummaryCounts& counts() const { return counts_; }

  // The whole state, options included.
  void save(ByteSink& bytes) const;
  // For a fresh object. False: these are not the bytes of one; the object is of no more use.
  bool load(ByteSource& bytes);

  // The most that a symbol takes: in memory, and in the bytes of save().
  static std::uint64_t bytes_per_symbol(const SummaryOptions& options);

 private:
  static constexpr Second kNoWindow = std::numeric_limits<Second>::max();
  static constexpr Second kNeverEnded = std::numeric_limits<Second>::min();

  // Of the window under way.
  struct Window {
    std::vector<FeatureValues> features;  // of the bars that have them; its memory is kept for the next window
    std::int32_t bars = 0;
    std::int32_t legitimate_bars = 0;
  };
  struct Ended {
    std::int32_t window_s;
    Second until;
  };
  struct Symbol {
    CloseSeries series;
    Window window;
    Second ended_until = kNeverEnded;  // of windows of length last_window_s_
    std::vector<Ended> of_other_lengths;  // those that end behind the newest bar: no window is made twice
    std::optional<double> legitimacy;
  };

  bool has_window(std::size_t symbol) const { return window_ends_[symbol] != kNoWindow; }
  void grow_to(std::size_t symbols);
  void change_length(std::int32_t window_s);
  void end_window(std::size_t symbol, UnixMillis wall_ms, std::vector<WindowSummary>& ended);
  void save_symbol(std::size_t symbol, ByteSink& bytes) const;
  bool load_symbol(std::size_t symbol, ByteSource& bytes);

  SummaryOptions options_;
  std::int32_t last_window_s_ = 0;  // the length of the windows of the last run that had any
  std::vector<Symbol> symbols_;         // up to the largest that had a bar
  std::vector<Second> window_ends_;     // by symbol, beside symbols_: kNoWindow, or where its window under way ends
  Second earliest_end_ = kNoWindow;     // no window under way ends before
  WindowStatistics statistics_;
  SummaryCounts counts_;
};

}  // namespace streamd
