// What happened to a symbol's bars, for those who want whole bars (decisions, summaries, bar sinks); the store gets the
// same trades as BarWrites.
#pragma once

#include <cstdint>

#include "bars/bar_write.h"

namespace streamd {

enum class BarChangeKind : std::uint8_t {
  closed,         // the second closed: the whole bar, the newest of its symbol
  closed_behind,  // likewise, but a newer one had closed before: too late for decisions and summaries
  amended,        // of a second that had closed: a late part of its trades, or a line that replaces it
};

struct BarChange {
  BarWrite bar;
  BarChangeKind kind = BarChangeKind::closed;
};

}  // namespace streamd
