// Writes one batch of pending rows into ohlc_1s and ohlc_1s_spans, and decisions into stream_state and stream_actions,
// within the caller's transaction.
// New rows are appended. A revision looks its row up and changes it: parts of trades merge into a row that has a span
// (so was made of trades), a line replaces any row, and trades never change a row without a span.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/duckdb.h"
#include "store/pending_rows.h"

namespace streamd {

inline constexpr std::int64_t kMicrosPerSecond = 1'000'000;

// What numbers stand for.
struct Names {
  std::vector<std::string> live_symbols;  // "live:" and the symbol: the source_file of kLiveLabel
  std::vector<std::string> labels{""};    // the first is kLiveLabel's

  static constexpr std::string_view kLive = "live:";
  std::string_view symbol(SymbolId id) const { return std::string_view(live_symbols[id]).substr(kLive.size()); }
  std::string_view source_file(SymbolId id, LabelId label) const {
    return label == kLiveLabel ? live_symbols[id] : labels[label];
  }
};

struct BatchCounts {
  std::uint64_t rows_merged = 0;
  std::uint64_t trades_superseded = 0;
};

class BatchWriter {
 public:
  BatchWriter(duck::Connection& connection, const Names& names) : connection_(connection), names_(names) {}

  Result<void> write(const PendingRows& rows);
  const BatchCounts& counts() const { return counts_; }

 private:
  struct Revised {
    enum class Change { none, merged, replaced } change;
    PartialBar bar;
  };
  using Group = std::vector<BarWrite>;

  Result<void> append(const std::deque<BarWrite>& rows);
  Result<void> append_states(const std::deque<Decision>& decisions);
  Result<void> append_actions(const std::deque<Decision>& decisions);
  Result<void> revise(const Group& revisions);
  Result<void> write_keys(const Group& revisions);
  // One element a revision; nothing where no row is stored.
  Result<std::vector<std::optional<Revised>>> look_up(const Group& revisions, const std::string& range);
  Revised revised(const BarWrite& revision, PartialBar stored, bool has_span);
  Result<void> change(const Group& revisions, const std::vector<std::optional<Revised>>& revised,
                      const std::string& range);

  duck::Connection& connection_;
  const Names& names_;
  BatchCounts counts_;
};

}  // namespace streamd
