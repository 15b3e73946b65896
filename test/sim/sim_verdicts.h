// Verdicts on trading that come at any moment, as those of source/verdict_source do.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "sim/sim_disk.h"
#include "source/line_intake.h"
#include "source/source.h"

namespace streamd::sim {

class SimVerdicts final : public Source {
 public:
  SimVerdicts(Random& random, LineIntake& intake, bool influence)
      : random_(random), intake_(intake), influence_(influence) {}

  void poll(int) override {}
  // Before the run starts.
  void begin(EventBatch& first) {
    first.add_gate_verdict(gate());
    if (influence_) first.add_influence_update(influence(true));
  }
  bool read() override {
    if (stopped_) return false;
    if (chance(random_, 0.05)) intake_.batch().add_gate_verdict(gate());
    if (influence_ && chance(random_, 0.05)) intake_.batch().add_influence_update(influence(false));
    return false;
  }
  void add_undrained(std::vector<BusySource>&) const override {}
  void stop() override { stopped_ = true; }
  std::uint64_t bytes_to_read() const override { return 0; }
  void finish() override {}

 private:
  GateVerdict gate() {
    GateVerdict verdict;
    verdict.open = chance(random_, 0.7);
    if (chance(random_, 0.1)) return verdict;  // there is no file
    verdict.source = fmt::format("capital_controls_{}.jsonl", between(random_, 1, 3));
    if (chance(random_, 0.5)) verdict.allowed_slip_bps = static_cast<double>(between(random_, 0, 40)) / 4;
    verdict.reason_json = chance(random_, 0.5) ? R"("a \"reason\"")" : "null";
    verdict.timestamp_json = std::to_string(between(random_, 0, 1'000'000));
    return verdict;
  }

  InfluenceUpdate influence(bool first) {
    InfluenceUpdate update;
    update.replaces_all = first || chance(random_, 0.3);
    for (const char* target : {"SHARED", "BARS", "P1", "F0", "NOBODY"}) {
      if (chance(random_, 0.4)) update.readings.push_back({target, chance(random_, 0.5), chance(random_, 0.3)});
    }
    return update;
  }

  Random& random_;
  LineIntake& intake_;
  const bool influence_;
  bool stopped_ = false;
};

}  // namespace streamd::sim
