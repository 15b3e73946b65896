// Event batches ↔ the payload of a journal's record. Pure.
// A payload is: the number of runs, the runs (kind, source, count), the trades and the bar lines as columns of their
// own, then all other events in the order of the runs. docs/journal_format.md has the bytes.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/byte_codec.h"
#include "core/event.h"

namespace streamd {

// The payload in pieces, in order; trades are not copied. Pieces live as long as the batch and the encoder, until the
// next encode().
class EventEncoder {
 public:
  std::array<std::string_view, 3> encode(const EventBatch& batch);

 private:
  ByteSink before_;  // the trades
  ByteSink after_;
};

// Fills an empty batch. False: these are not the bytes of one.
bool decode_events(std::string_view payload, EventBatch& batch);

}  // namespace streamd
