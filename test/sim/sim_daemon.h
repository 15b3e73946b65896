// One run of the daemon on one thread: the real stages, journal, recovery, protocol and line intake, wired as
// daemon/pipeline_start.cc does it, over a simulated disk, simulated peers, and a store that is simulated or real.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core_stage.h"
#include "daemon/intake_stage.h"
#include "daemon/recovery.h"
#include "daemon/store_stage.h"
#include "daemon/sync_stage.h"
#include "sim/sim_delivery.h"
#include "sim/sim_source.h"
#include "sim/sim_verdicts.h"

namespace streamd::sim {

struct SimOptions {
  CoreOptions core;
  CorePolicy core_policy;
  StorePolicy store_policy;
  bool never_synced = false;
  std::size_t event_batches = 4;
  std::size_t effect_bytes = 1 << 14;
  std::uint64_t segment_bytes = 4096;
  std::size_t delivery_bytes = 1 << 14;
  std::string run_id = "run";
};

class SimDaemon {
 public:
  // Recovers and begins its run. `stored`: what the store's database holds.
  SimDaemon(Random& random, SimDisk& disk, Store& store, const std::optional<Progress>& stored,
            const SimOptions& options, UnixMillis wall_ms, Connections& connections,
            const std::vector<SimFile*>& files, const std::vector<SimSink*>& sinks);

  // One call of one stage, chosen at random; or of each, in an order chosen at random.
  void work_somewhere();
  // Until nobody has anything to do at this moment.
  void work_all();
  // As a signal does; false when it does not end.
  bool stop();

  ManualClock& clock() { return clock_; }
  const Core& core() const { return *core_; }
  std::uint64_t journal_end() const { return journal_->end(); }
  // After a stop: sinks take all that waits for them.
  void empty_spools() { delivery_.empty_spools(); }
  bool all_files_read() const { return source_->all_files_read(); }
  // What the recovery came to, before the run began.
  const std::string& recovered_state() const { return recovered_state_; }
  std::uint64_t recovered_to() const { return recovered_to_; }

 private:
  void recover(SimDisk& disk, const std::optional<Progress>& stored);
  bool work(int stage);
  static constexpr int kStages = 6;  // the sinks count as one

  Random& random_;
  const SimOptions options_;
  ManualClock clock_;
  Counters counters_;
  BatchProgress progress_;
  Store& store_;
  RejectLog rejects_;
  LineIntake intake_;
  ProducerBook book_;
  ReplyDesk desk_;
  EventQueue events_;
  EventQueue recycled_;
  EffectQueue effects_;
  SnapshotFiles snapshots_;
  SimDelivery delivery_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<Core> core_;
  std::optional<Protocol> protocol_;
  std::unique_ptr<SimVerdicts> verdicts_;
  std::unique_ptr<SimSource> source_;
  std::unique_ptr<SyncStage> sync_stage_;
  std::unique_ptr<StoreStage> store_stage_;
  std::unique_ptr<CoreStage> core_stage_;
  std::unique_ptr<IntakeStage> intake_stage_;
  std::string recovered_state_;
  std::uint64_t recovered_to_ = 0;
  bool store_is_ahead_ = false;
};

}  // namespace streamd::sim
