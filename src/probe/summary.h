// What a run says at its end: one line for people and scripts, or JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "probe/load.h"
#include "probe/proof.h"
#include "probe/test_options.h"

namespace streamd::probe {

// `verdict` is absent when nothing was looked at.
std::string summary_line(const TestOptions& options, const LoadResult& load, const std::optional<Verdict>& verdict);
// `complaints`: all of them, the verdict's too.
std::string summary_json(const TestOptions& options, const LoadResult& load, const std::optional<Verdict>& verdict,
                         const std::vector<std::string>& complaints);

}  // namespace streamd::probe
