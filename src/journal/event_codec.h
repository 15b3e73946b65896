// Event batches ↔ the payload of a journal's record. Pure.
// A payload is: the number of runs, the runs (kind, source, count), the trades and the bar lines as columns of their
// own, then all other events in the order of the runs. docs/journal_format.md has the bytes.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_codec.h"
#include "core/event.h"

namespace streamd {

// A bar line in the journal.
struct PackedBarLine {
  SymbolId symbol;
  std::uint32_t reserved;
  Second second;
  double open, high, low, close, volume;
  std::int64_t trades;
};
static_assert(sizeof(PackedBarLine) == 64);

// The payload in pieces, in order; trades are not copied. Pieces live as long as the batch and the encoder, until the
// next encode().
class EventEncoder {
 public:
  std::array<std::string_view, 4> encode(const EventBatch& batch);

 private:
  ByteSink before_;  // the columns
  std::vector<PackedBarLine> bar_lines_;
  ByteSink after_;
};

// Fills an empty batch. False: these are not the bytes of one.
bool decode_events(std::string_view payload, EventBatch& batch);

}  // namespace streamd
