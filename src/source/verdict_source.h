// The outside's verdicts on trading → the batch under way: the exposure gate's newest file and, where the sensor is on,
// the influence sensor's. An event is added only when what they say has changed, and at the first read().
// The intake's thread only, but for the counts.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/counters.h"
#include "market/verdict.h"
#include "source/newest_file.h"
#include "source/source.h"
#include "source/verdict_entries.h"

namespace streamd {

struct VerdictOptions {
  std::string gate_folder = "logs/phase6";
  double gate_max_age_s = 0;  // an older file closes the gate; 0: no age does
  bool influence = false;
  std::string influence_folder = "logs/asymmetry";
  ElapsedMillis check_interval_ms = 1000;
  std::size_t max_targets = 50'000;
};

class VerdictSource final : public Source {
 public:
  // Where the events go.
  using AddGate = std::function<void(GateVerdict)>;
  using AddInfluence = std::function<void(InfluenceUpdate)>;
  VerdictSource(VerdictOptions options, AddGate add_gate, AddInfluence add_influence, const Clock& clock);

  void poll(int) override {}
  // The first one reads whole files, so that their verdicts stand before the first line's trade; later ones a piece.
  bool read() override;
  void add_undrained(std::vector<BusySource>&) const override {}
  void stop() override { stopped_ = true; }
  std::uint64_t bytes_to_read() const override { return 0; }
  void finish() override {}

  // Any thread. What the gate says now; nothing before the first read(). The age is nothing when there is no gate file.
  std::optional<GateVerdict> gate() const;
  std::optional<std::int64_t> gate_age_ms() const;
  std::uint64_t bad_lines() const { return gate_file_.bad_lines() + influence_file_.bad_lines(); }
  std::uint64_t checks() const { return checks_.get(); }
  std::uint64_t ignored_influences() const { return influence_entries_.ignored(); }

 private:
  void look();
  bool give_gate();
  bool give_influence();
  void log_gate(const GateVerdict& verdict, bool too_old);

  const VerdictOptions options_;
  const AddGate add_gate_;
  const AddInfluence add_influence_;
  const Clock& clock_;
  GateEntries gate_entries_;
  InfluenceEntries influence_entries_;
  NewestFile gate_file_;
  NewestFile influence_file_;

  bool stopped_ = false;
  std::optional<ElapsedMillis> next_look_ms_;
  mutable std::mutex gate_mutex_;  // others read what was given
  std::optional<GateVerdict> given_gate_;
  std::string gate_log_;  // what was logged last
  Counter checks_;
  static constexpr UnixMillis kNoFile = -1;
  std::atomic<UnixMillis> gate_modified_ms_{kNoFile};
};

}  // namespace streamd
