// Everything that the core reads of the daemon's options; journalled with each run's start.
#pragma once

#include "bars/recent_bars.h"
#include "bars/second_aggregator.h"
#include "decide/decision_options.h"
#include "quotient/summary_options.h"

namespace streamd {

struct CoreOptions {
  AggregatorOptions bars;
  DecisionOptions decisions;
  AmendOptions amend;
  SummaryOptions summaries;
};

}  // namespace streamd
