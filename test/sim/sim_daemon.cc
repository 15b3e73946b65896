#include "sim/sim_daemon.h"

#include <fmt/format.h>

namespace streamd::sim {

SimDaemon::SimDaemon(Random& random, SimDisk& disk, Store& store, const std::optional<Progress>& stored,
                     const SimOptions& options, UnixMillis wall_ms, Connections& connections,
                     const std::vector<SimFile*>& files, const std::vector<SimSink*>& sinks)
    : random_(random),
      options_(options),
      clock_(wall_ms),
      store_(store),
      rejects_(counters_, clock_),
      intake_({1 << 16, 1000, 60'000}, counters_, rejects_),
      desk_(progress_, options.never_synced),
      events_(options.event_batches),
      recycled_(options.event_batches),
      effects_(options.effect_bytes),
      snapshots_(disk, kSnapshotFolder),
      delivery_(random, disk, clock_, sinks, options.delivery_bytes) {
  clock_.advance(between(random_, 0, 1000));  // monotonic time says nothing from run to run
  store_stage_ = std::make_unique<StoreStage>(store_, Keeping{}, [] {}, options_.store_policy, clock_, counters_,
                                              progress_, effects_);
  recover(disk, stored);
  sync_stage_ = std::make_unique<SyncStage>(*journal_, progress_, [] {});
  intake_.restore(*core_);
  book_.restore(core_->producers(), clock_.elapsed_ms());
  protocol_.emplace(Protocol{{"", !options.never_synced, options.core.bars.producer_grace_ms},
                             intake_, book_, desk_, clock_, options.run_id, {}});
  source_ = std::make_unique<SimSource>(random_, *protocol_, intake_, connections);
  core_stage_ = std::make_unique<CoreStage>(
      *core_, journal_.get(), [this] { sync_stage_->request(); }, options_.core_policy, clock_, counters_, progress_,
      events_, recycled_, effects_, delivery_.queue());
  auto first = std::make_unique<EventBatch>();
  if (store_is_ahead_) {
    if (auto added = add_seconds_stored_before(*core_, store_, *first); !added) throw std::runtime_error(added.error().message);
  }
  std::vector<Source*> sources;
  if (options_.core.decisions.emit) {
    verdicts_ = std::make_unique<SimVerdicts>(random_, intake_, options_.core.decisions.influence);
    verdicts_->begin(*first);
    sources.push_back(verdicts_.get());
  }
  first->add_run_start({options_.run_id, "simulated", options_.core, clock_.wall_ms(), clock_.elapsed_ms(),
                        source_->follow(files, *core_)});
  events_.push(std::move(first));
  sources.push_back(source_.get());
  intake_stage_ =
      std::make_unique<IntakeStage>(intake_, rejects_, std::move(sources), clock_, recycled_, events_);
}

void SimDaemon::recover(SimDisk& disk, const std::optional<Progress>& stored) {
  const auto new_id = [this] { return fmt::format("{:016x}{:016x}", random_(), random_()); };
  auto planned = Recovery::plan(disk, {kJournalFolder, kSnapshotFolder}, stored, delivery_.points(),
                                new_id, clock_);
  if (!planned) throw std::runtime_error(planned.error().message);
  Recovery& recovery = **planned;
  store_stage_->set_keeping({recovery.journal_id(), nullptr, nullptr, nullptr});
  delivery_.begin_replay(recovery.journal_id(), recovery.known_to_spools());
  for (Work work = Work::done; work != Work::finished;) {
    work = recovery.do_work(effects_, delivery_.queue());
    if (work == Work::blocked || chance(random_, 0.3)) {
      delivery_.do_work();
      delivery_.sinks_act(false);
    }
    if (work == Work::blocked || chance(random_, 0.2)) {
      clock_.advance(between(random_, 0, 50));
      store_stage_->do_work();
    }
  }
  if (!recovery.outcome()) throw std::runtime_error(recovery.outcome().error().message);
  auto journal = recovery.open_journal(options_.segment_bytes);
  if (!journal) throw std::runtime_error(journal.error().message);
  journal_ = std::move(journal).value();
  core_ = recovery.take_core();
  for (Work work = Work::done; work == Work::done || work == Work::blocked;) {
    work = delivery_.do_work();
    if (work == Work::blocked) delivery_.sinks_act(false);
  }
  delivery_.begin_journal(journal_->id(), journal_->end());
  store_is_ahead_ = recovery.store_is_ahead();
  store_stage_->set_keeping({journal_->id(), journal_.get(), &snapshots_, delivery_.spooled()});
  recovered_to_ = journal_->end();
  ByteSink state;
  core_->save(state);
  recovered_state_ = state.take();
}

bool SimDaemon::work(int stage) {
  switch (stage) {
    case 0: return intake_stage_->do_work(0) == Work::done;
    case 1: return core_stage_->do_work() == Work::done;
    case 2: return sync_stage_->do_work() == Work::done;
    case 3: return store_stage_->do_work() == Work::done;
    case 4: return delivery_.do_work() == Work::done;
    default: return delivery_.sinks_act(false);
  }
}

void SimDaemon::work_somewhere() {
  if (journal_->has_failed()) throw Crash();
  work(static_cast<int>(between(random_, 0, kStages - 1)));
}

void SimDaemon::work_all() {
  if (journal_->has_failed()) throw Crash();
  int idle = 0;
  for (int calls = 0; idle < 2 * kStages && calls < 10'000; ++calls) {
    idle = work(calls % kStages) ? 0 : idle + 1;
  }
}

bool SimDaemon::stop() {
  intake_stage_->stop(chance(random_, 0.5));
  bool ended[kStages] = {};
  ended[4] = delivery_.queue() == nullptr;
  for (int calls = 0; calls < 100'000; ++calls) {
    if (journal_->has_failed()) throw Crash();
    const int stage = static_cast<int>(between(random_, 0, kStages - 1));
    if (stage == 0) ended[0] |= intake_stage_->do_work(0) == Work::finished;
    if (stage == 1 && !ended[1]) ended[1] = core_stage_->do_work() == Work::finished;
    if (stage == 2) sync_stage_->do_work();
    if (stage == 3 && !ended[3]) ended[3] = store_stage_->do_work() == Work::finished;
    if (stage == 4 && !ended[4]) ended[4] = delivery_.do_work() == Work::finished;
    if (stage == 5) delivery_.sinks_act(true);
    if (ended[0] && ended[1] && ended[3] && ended[4]) return true;
    if (chance(random_, 0.1)) clock_.advance(between(random_, 0, 20));
  }
  return false;
}

}  // namespace streamd::sim
