// Writes one batch of pending rows into ohlc_1s and ohlc_1s_spans, decisions into stream_state and stream_actions, and
// summaries into quotient_summaries, within the caller's transaction.
// New rows are appended. A revision looks its row up and changes it: parts of trades merge into a row that has a span
// (so was made of trades), a line replaces any row, and trades never change a row without a span.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/duckdb.h"
#include "store/names.h"
#include "store/pending_rows.h"

namespace streamd {

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
