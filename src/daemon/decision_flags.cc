#include "daemon/decision_flags.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "flags/flag_checks.h"
#include "io/file.h"
#include "sink/sink_spec.h"

namespace streamd {
namespace {

constexpr const char* kDecisions = "Decisions";
constexpr const char* kCosts = "Decision costs (on with a budget or an edge)";
constexpr const char* kSinks = "Sinks";
constexpr std::size_t kMaxSinks = 64;

void add_cost_flags(CLI::App& app, CostGateOptions& cost) {
  app.add_option("--decision-fee-rate", cost.fee_rate, "Fee as a share of the value that changes hands")
      ->check(between(0.0, 1.0))
      ->capture_default_str()
      ->group(kCosts);
  app.add_option("--decision-slippage", cost.slippage, "Slippage, likewise")
      ->check(between(0.0, 1.0))
      ->capture_default_str()
      ->group(kCosts);
  app.add_option("--decision-edge-bps", cost.edge_bps,
                 "Hold increases whose expected edge (this, in basis points, by urgency) does not pay their cost; 0: off")
      ->check(between(0.0, 1e6))
      ->capture_default_str()
      ->group(kCosts);
  app.add_option("--decision-cost-budget", cost.cost_budget,
                 "Hold increases that would cost more than this per symbol and window, in quote currency; 0: off")
      ->check(between(0.0, 1e15))
      ->capture_default_str()
      ->group(kCosts);
  app.add_option("--decision-cost-window", cost.cost_window_s, "The budget's rolling window, in seconds; 1 or more")
      ->check(between(0.0, 86'400.0))
      ->capture_default_str()
      ->group(kCosts);
}

// What the daemon itself reads or writes: no place for a sink's lines.
std::string own_file_complaint(const Options& options, const std::string& path) {
  std::vector<std::pair<std::string, std::string>> own = {{"--db", options.db}, {"--db's", options.db + ".wal"}};
  if (!options.reject_file.empty()) own.emplace_back("--reject-file", options.reject_file);
  for (const std::string& tail : options.tail) own.emplace_back("--tail", tail);
  for (const auto& [name, file] : own) {
    if (is_same_file(path, file)) {
      return fmt::format("is the same file as {} {}; give the sink a file of its own", name, file);
    }
  }
  if ((canonical_path(path) + "/").starts_with(canonical_path(options.state_dir) + "/")) {
    return fmt::format("lies in the state dir {}; give the sink a file elsewhere", options.state_dir);
  }
  return "";
}

bool has_tcp_sink(const Options& options) {
  const auto is_tcp = [](const std::string& text) {
    const auto spec = parse_sink_spec(text);
    return spec.ok() && spec.value().kind == SinkSpec::Kind::tcp;
  };
  return std::any_of(options.decision_sinks.begin(), options.decision_sinks.end(), is_tcp) ||
         std::any_of(options.ohlc_sinks.begin(), options.ohlc_sinks.end(), is_tcp);
}

// What is wrong with the sinks' texts. Empty when nothing is.
std::string sink_complaint(const Options& options) {
  std::map<std::string, std::string> sink_of_file;
  for (const auto& [flag, specs] : {std::pair("--decision-sink", &options.decision_sinks),
                                    std::pair("--ohlc-sink", &options.ohlc_sinks)}) {
    if (specs->size() > kMaxSinks) return fmt::format("{}: {} sinks; give at most {}", flag, specs->size(), kMaxSinks);
    std::set<std::string> texts;
    for (const std::string& text : *specs) {
      if (!texts.insert(text).second) return fmt::format("{} {} is given twice; give each sink once", flag, text);
      const auto spec = parse_sink_spec(text);
      if (!spec) return fmt::format("{} {}", flag, spec.error().message);
      if (spec.value().kind != SinkSpec::Kind::file) continue;
      if (const std::string complaint = own_file_complaint(options, spec.value().path); !complaint.empty()) {
        return fmt::format("{} {} {}", flag, text, complaint);
      }
      const auto [other, is_new] = sink_of_file.try_emplace(canonical_path(spec.value().path), text);
      if (!is_new) {
        return fmt::format("{} {} is the same file as {}; give each sink a file of its own", flag, text, other->second);
      }
    }
  }
  return "";
}

}  // namespace

void add_summary_flags(CLI::App& app, Options& options) {
  app.add_option("--summarise-window", options.summaries.window_s,
                 "Summarise each symbol's bars in windows of this many seconds, 1 to 3600; 0: off")
      ->check(between(0, kMaxWindow))
      ->capture_default_str()
      ->group("Summaries");
}

void add_decision_flags(CLI::App& app, Options& options, DecisionNames& names) {
  DecisionOptions& decisions = options.decisions;
  app.add_flag("--emit-decisions", decisions.emit,
               "Make a decision per closed bar: stored, sent to the sinks, and printed as NDJSON on stdout")
      ->group(kDecisions);
  app.add_flag("--no-decision-stdout", options.no_decision_stdout, "Print no decisions on stdout")->group(kDecisions);
  app.add_option("--state-window", decisions.state_window, "Closes of a symbol that its state looks at")
      ->check(between(2u, 100'000u))
      ->capture_default_str()
      ->group(kDecisions);
  app.add_option("--tau-on", decisions.tau_on, "Confidence from which a held symbol trades again")
      ->check(between(0.0, 1.0))
      ->capture_default_str()
      ->group(kDecisions);
  app.add_option("--tau-off", decisions.tau_off, "Confidence below which no new exposure is taken; at most --tau-on")
      ->check(between(0.0, 1.0))
      ->capture_default_str()
      ->group(kDecisions);
  app.add_option("--decision-base-size", decisions.base_size, "Largest target exposure, 0 to 1")
      ->check(between(0.0, 1.0))
      ->capture_default_str()
      ->group(kDecisions);
  app.add_option("--confidence", names.confidence,
                 "none: always 1; legitimacy: the symbol's legitimacy density (needs --summarise-window)")
      ->check(CLI::IsMember({"none", "legitimacy"}).description(""))
      ->capture_default_str()
      ->group(kDecisions);
  app.add_option("--phase6-log-dir", options.phase6_log_dir,
                 "Folder of the exposure gate: its newest capital_controls_*.jsonl opens or closes it")
      ->capture_default_str()
      ->group(kDecisions);
  app.add_option("--gate-max-age-s", options.gate_max_age_s, "An older gate file closes the gate, in seconds; 0: never")
      ->check(between(0.0, 1e9))
      ->capture_default_str()
      ->group(kDecisions);
  app.add_flag("--influence", decisions.influence, "Ask the influence sensor, too")->group(kDecisions);
  app.add_option("--influence-log-dir", options.influence_log_dir,
                 "Folder of the sensor: its newest influence_tensor_*.jsonl counts")
      ->capture_default_str()
      ->group(kDecisions);
  add_cost_flags(app, decisions.cost);
}

void add_sink_flags(CLI::App& app, Options& options, DecisionNames& names) {
  app.add_option("--decision-sink", options.decision_sinks, "Send decisions to file:PATH or tcp://HOST:PORT; repeatable")
      ->group(kSinks);
  app.add_option("--ohlc-sink", options.ohlc_sinks, "Send bars, and what changes them later; likewise")->group(kSinks);
  app.add_option("--sink-spool-bytes", options.sink_spool_bytes,
                 "What may wait on disk for each sink that is slow or away")
      ->transform(size_value())
      ->capture_default_str()
      ->group(kSinks);
  app.add_option("--sink-full", names.sink_full,
                 "Then: block (read nothing more until the sink takes some) or detach (leave lines out, and say which)")
      ->check(CLI::IsMember({"block", "detach"}).description(""))
      ->capture_default_str()
      ->group(kSinks);
  app.add_option("--sink-resend-s", options.sink_resend_s,
                 "To a peer that never acknowledges, send this much again when it comes back, in seconds")
      ->check(between(0.0, 86'400.0))
      ->capture_default_str()
      ->group(kSinks);
  app.add_option("--sink-resend-bytes", options.sink_resend_bytes, "Or this much, whichever is more")
      ->transform(size_value())
      ->capture_default_str()
      ->group(kSinks);
  app.add_option("--amend-window-s", options.amend_window_s,
                 "Bars that closed this long ago are sent whole when they change, in seconds; older ones in part")
      ->check(between(0, 86'400))
      ->capture_default_str()
      ->group(kSinks);
  app.add_option("--amend-memory", options.amend_memory, "At most so much memory for them, in bytes")
      ->transform(size_value())
      ->capture_default_str()
      ->group(kSinks);
}

void take_names(const DecisionNames& names, Options& options) {
  options.decisions.confidence_is_legitimacy = names.confidence == "legitimacy";
  CostGateOptions& cost = options.decisions.cost;
  cost.cost_window_s = std::max(1.0, cost.cost_window_s);
  options.when_full = names.sink_full == "detach" ? WhenFull::detach : WhenFull::block;
}

std::string decision_contradiction(const Options& options) {
  const DecisionOptions& decisions = options.decisions;
  if (decisions.tau_on < decisions.tau_off) {
    return fmt::format("--tau-on {} is below --tau-off {}; give one that is not", decisions.tau_on, decisions.tau_off);
  }
  if (!options.decision_sinks.empty() && !decisions.emit) {
    return "--decision-sink without --emit-decisions gets nothing; add --emit-decisions";
  }
  if (options.sink_spool_bytes < (64u << 10) || options.sink_spool_bytes > (1ull << 50)) {
    return fmt::format("--sink-spool-bytes {}: give 64 KiB to 1 PiB", options.sink_spool_bytes);
  }
  if (has_tcp_sink(options) && options.sink_resend_bytes > options.sink_spool_bytes / 2) {
    return fmt::format("--sink-resend-bytes {} is more than half of --sink-spool-bytes {}; give --sink-spool-bytes of at "
                       "least {} (2 x {}), or a smaller --sink-resend-bytes",
                       options.sink_resend_bytes, options.sink_spool_bytes, 2 * options.sink_resend_bytes,
                       options.sink_resend_bytes);
  }
  if (options.amend_memory > (1ull << 40)) {
    return fmt::format("--amend-memory {}: give 0 to 1 TiB", options.amend_memory);
  }
  return sink_complaint(options);
}

}  // namespace streamd
