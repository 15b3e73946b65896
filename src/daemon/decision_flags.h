// The flags of summaries, decisions and sinks, their bounds, and what they say together. Part of options.cc.
#pragma once

#include <string>

#include "daemon/options.h"

namespace CLI {
class App;
}

namespace streamd {

// Flags that name something; taken over into the options when all is parsed.
struct DecisionNames {
  std::string confidence = "none";
  std::string sink_full = "block";
};

void add_summary_flags(CLI::App& app, Options& options);
void add_decision_flags(CLI::App& app, Options& options, DecisionNames& names);
void add_sink_flags(CLI::App& app, Options& options, DecisionNames& names);
void take_names(const DecisionNames& names, Options& options);
// What single values cannot show. Empty when all is well.
std::string decision_contradiction(const Options& options);

}  // namespace streamd
