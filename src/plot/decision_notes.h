// What somebody who has a picture drawn should know of the decisions in it: a line each, for stderr. Pure, but for the
// last one.
#pragma once

#include <string>
#include <vector>

#include "plot/decision_file.h"

namespace streamd::plot {

// Of decisions that are drawn: of several runs, of symbols that were asked for and have none, of holds alone.
std::vector<std::string> notes_on(const DecisionSet& set, const DecisionFilter& filter);

// Why `set` has none, and what the file has instead: reads it once more, without the filter.
std::string nothing_to_plot(const std::string& file, const DecisionSet& set, const DecisionFilter& filter);

}  // namespace streamd::plot
