// What the planted bugs need (base/fault.h); in builds for users, no more than the journal's end.
#pragma once

#include <utility>

#include "core/effect.h"
#include "core/event.h"
#include "journal/journal.h"

namespace streamd::fault {

#if defined(STREAMD_FAULTS)
std::pair<EventBatch, EventBatch> halves_of(const EventBatch& batch);
// Takes late trades out, one in 10,000: those are writes of one trade, where seconds have many.
void lose_late_trades(EffectBatch& effects);
// The journal's end; before the batch is appended, where it will be.
std::uint64_t position_behind(const Journal& journal, const EventBatch& batch);
#else
inline std::pair<EventBatch, EventBatch> halves_of(const EventBatch&) { return {}; }
inline void lose_late_trades(EffectBatch&) {}
inline std::uint64_t position_behind(const Journal& journal, const EventBatch&) { return journal.end(); }
#endif

}  // namespace streamd::fault
