#include "plot/decision_notes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/utc_text.h"

namespace streamd::plot {
namespace {

constexpr std::size_t kNames = 8;
constexpr std::size_t kRuns = 3;

struct RunSummary {
  std::string id;
  std::size_t decisions = 0;
  UnixMillis first_ms = kMaxEventTimeMs, last_ms = 0;
};

// The one with the newest decision first.
std::vector<RunSummary> runs_of(const DecisionSet& set) {
  std::vector<RunSummary> runs;
  for (const std::string& id : set.runs) runs.push_back({.id = id});
  for (const FileDecision& decision : set.decisions) {
    RunSummary& run = runs[decision.run];
    ++run.decisions;
    run.first_ms = std::min(run.first_ms, decision.timestamp_ms);
    run.last_ms = std::max(run.last_ms, decision.timestamp_ms);
  }
  std::erase_if(runs, [](const RunSummary& run) { return run.decisions == 0; });
  std::sort(runs.begin(), runs.end(), [](const auto& a, const auto& b) { return a.last_ms > b.last_ms; });
  return runs;
}

std::string list_of(const std::vector<RunSummary>& runs) {
  std::string text;
  for (std::size_t i = 0; i < runs.size() && i < kRuns; ++i) {
    const auto& [id, decisions, first_ms, last_ms] = runs[i];
    text += fmt::format("{}{} ({} decisions, {} to {})", i > 0 ? ", " : "", id.empty() ? "without an id" : id,
                        decisions, utc_text(first_ms / 1000), utc_text(last_ms / 1000));
  }
  if (runs.size() > kRuns) text += fmt::format(" and {} more", runs.size() - kRuns);
  return text;
}

std::string list_of(const std::vector<std::string>& names) {
  const std::size_t told = std::min(names.size(), kNames);
  const auto end = names.begin() + static_cast<std::ptrdiff_t>(told);
  std::string text = fmt::format("{}", fmt::join(names.begin(), end, ", "));
  if (told < names.size()) text += fmt::format(" and {} more", names.size() - told);
  return text;
}

}  // namespace

std::vector<std::string> notes_on(const DecisionSet& set, const DecisionFilter& filter) {
  std::vector<std::string> notes;
  const auto runs = runs_of(set);
  if (filter.run_ids.empty() && runs.size() > 1) {
    notes.push_back(fmt::format("drawn are {} runs: {}; --run-id shows one", runs.size(), list_of(runs)));
  }
  std::vector<std::string> missing;
  for (const std::string& symbol : filter.symbols) {
    if (!std::binary_search(set.symbols.begin(), set.symbols.end(), symbol)) missing.push_back(symbol);
  }
  if (!missing.empty()) notes.push_back(fmt::format("no decision of {}", list_of(missing)));
  const auto all = [&](auto is_so) { return std::all_of(set.decisions.begin(), set.decisions.end(), is_so); };
  if (all([](const FileDecision& decision) { return decision.hold; })) {
    const bool are_observed = all([](const FileDecision& decision) { return decision.observe; });
    notes.push_back(fmt::format("all decisions are holds, so nothing changes{}",
                                are_observed ? ": the gate is closed (OBSERVE)" : ""));
  }
  return notes;
}

std::string nothing_to_plot(const std::string& file, const DecisionSet& set, const DecisionFilter& filter) {
  const std::string text = fmt::format("no decision to plot in {} ({} lines)", file, set.counts.lines);
  if (set.counts.lines == 0) return text + "; write some with stream_daemon --emit-decisions --decision-sink file:PATH";
  if (filter.symbols.empty() && filter.run_ids.empty()) return text + "; are these decisions?";
  const auto others = read_decision_file(file, {});
  if (!others || others.value().symbols.empty()) return text + "; are these decisions?";
  const DecisionSet& all = others.value();
  if (filter.run_ids.empty()) return fmt::format("{}; it has the symbols {}", text, list_of(all.symbols));
  return fmt::format("{}; it has the symbols {}, none with run_id {}; its runs: {}", text, list_of(all.symbols),
                     fmt::join(filter.run_ids, " or "), list_of(runs_of(all)));
}

}  // namespace streamd::plot
