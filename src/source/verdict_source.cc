#include "source/verdict_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace streamd {
namespace {

constexpr std::size_t kReadBytes = 4 << 20;
// Nothing waits yet when the first read() comes; a file beyond this is no verdict's.
constexpr std::size_t kFirstReadBytes = 256 << 20;
constexpr std::string_view kTooOldJson = "\"older than --gate-max-age-s\"";

}  // namespace

VerdictSource::VerdictSource(VerdictOptions options, AddGate add_gate, AddInfluence add_influence, const Clock& clock)
    : options_(std::move(options)),
      add_gate_(std::move(add_gate)),
      add_influence_(std::move(add_influence)),
      clock_(clock),
      influence_entries_(options_.max_targets),
      gate_file_(options_.gate_folder, "capital_controls_", gate_entries_, clock),
      influence_file_(options_.influence_folder, "influence_tensor_", influence_entries_, clock) {}

bool VerdictSource::read() {
  if (stopped_) return false;
  std::size_t bytes = next_look_ms_ ? kReadBytes : kFirstReadBytes;
  const ElapsedMillis now_ms = clock_.elapsed_ms();
  const bool due = !next_look_ms_ || now_ms >= *next_look_ms_;
  if (due) {
    next_look_ms_ = now_ms + options_.check_interval_ms;
    look();
  }
  if (!due && gate_file_.at_end() && influence_file_.at_end()) return false;
  bool any = gate_file_.read(bytes);
  any |= influence_file_.read(bytes);
  // While one is being read, what it said before stands.
  if (gate_file_.at_end()) any |= give_gate();
  if (influence_file_.at_end()) any |= give_influence();
  return any;
}

void VerdictSource::look() {
  checks_.add(1);
  if (gate_file_.at_end()) {
    gate_file_.look();
    gate_modified_ms_.store(gate_file_.modified_ms().value_or(kNoFile), std::memory_order_relaxed);
  }
  if (options_.influence && influence_file_.at_end()) influence_file_.look();
}

bool VerdictSource::give_gate() {
  GateVerdict verdict = gate_entries_.verdict();
  verdict.source = gate_file_.name();
  const auto age_ms = gate_age_ms();
  const bool too_old = verdict.open && options_.gate_max_age_s > 0 && age_ms &&
                       static_cast<double>(*age_ms) > options_.gate_max_age_s * 1000;
  if (too_old) {
    verdict.open = false;
    verdict.reason_json = kTooOldJson;
  }
  if (given_gate_ == verdict) return false;
  log_gate(verdict, too_old);
  {
    std::lock_guard lock(gate_mutex_);
    given_gate_ = verdict;
  }
  add_gate_(std::move(verdict));
  return true;
}

void VerdictSource::log_gate(const GateVerdict& verdict, bool too_old) {
  std::string text;
  if (verdict.open) {
    text = fmt::format("gate: open by {}", verdict.source);
  } else if (verdict.source.empty()) {
    text = fmt::format("gate: closed, no {} in {}", gate_file_.pattern(), gate_file_.folder());
  } else if (too_old) {
    text = fmt::format("gate: closed, {} is older than --gate-max-age-s {}", verdict.source, options_.gate_max_age_s);
  } else {
    text = fmt::format("gate: closed, {} {}", verdict.source,
                       gate_file_.readable() ? "has no entry that allows" : "cannot be read");
  }
  // The entries of an open gate may change often; that it is open, does not.
  if (text == gate_log_) return;
  log_info("{}", text);
  gate_log_ = std::move(text);
}

bool VerdictSource::give_influence() {
  if (!options_.influence) return false;
  auto update = influence_entries_.update();
  if (!update) return false;
  add_influence_(std::move(*update));
  return true;
}

std::optional<GateVerdict> VerdictSource::gate() const {
  std::lock_guard lock(gate_mutex_);
  return given_gate_;
}

std::optional<std::int64_t> VerdictSource::gate_age_ms() const {
  const UnixMillis modified_ms = gate_modified_ms_.load(std::memory_order_relaxed);
  if (modified_ms == kNoFile) return {};
  return std::max<std::int64_t>(0, clock_.wall_ms() - modified_ms);
}

}  // namespace streamd
