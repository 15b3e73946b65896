#include "sim/sim_daemon.h"

#include <fmt/format.h>

namespace streamd::sim {

SimDaemon::SimDaemon(Random& random, SimDisk& disk, Store& store, const std::optional<Progress>& stored,
                     const SimOptions& options, UnixMillis wall_ms, Connections& connections,
                     const std::vector<SimFile*>& files)
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
      snapshots_(disk, kSnapshotFolder) {
  clock_.advance(between(random_, 0, 1000));  // monotonic time says nothing from run to run
  store_stage_ = std::make_unique<StoreStage>(store_, Keeping{}, [] {}, options_.store_policy, clock_, counters_,
                                              progress_, effects_);
  recover(disk, stored);
  sync_stage_ = std::make_unique<SyncStage>(*journal_, progress_, [] {});
  intake_.restore(*core_);
  book_.restore(core_->producers(), clock_.elapsed_ms());
  protocol_.emplace(Protocol{{"", !options.never_synced, options.core.bars.producer_grace_ms},
                             intake_, book_, desk_, clock_, "run", {}});
  source_ = std::make_unique<SimSource>(random_, *protocol_, intake_, connections);
  core_stage_ = std::make_unique<CoreStage>(
      *core_, journal_.get(), [this] { sync_stage_->request(); }, options_.core_policy, clock_, counters_, progress_,
      events_, recycled_, effects_, nullptr);
  auto first = std::make_unique<EventBatch>();
  if (store_is_ahead_) {
    if (auto added = add_seconds_stored_before(*core_, store_, *first); !added) throw std::runtime_error(added.error().message);
  }
  first->add_run_start({"run", "simulated", options_.core, clock_.wall_ms(), clock_.elapsed_ms(),
                        source_->follow(files, *core_)});
  events_.push(std::move(first));
  intake_stage_ = std::make_unique<IntakeStage>(intake_, rejects_, std::vector<Source*>{source_.get()}, clock_,
                                                recycled_, events_);
}

void SimDaemon::recover(SimDisk& disk, const std::optional<Progress>& stored) {
  const auto new_id = [this] { return fmt::format("{:016x}{:016x}", random_(), random_()); };
  auto planned = Recovery::plan(disk, {kJournalFolder, kSnapshotFolder}, stored, {}, new_id, clock_);
  if (!planned) throw std::runtime_error(planned.error().message);
  Recovery& recovery = **planned;
  store_stage_->set_keeping({recovery.journal_id(), nullptr, nullptr, nullptr});
  for (Work work = Work::done; work != Work::finished;) {
    work = recovery.do_work(effects_, nullptr);
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
  store_is_ahead_ = recovery.store_is_ahead();
  store_stage_->set_keeping({journal_->id(), journal_.get(), &snapshots_, nullptr});
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
    default: return store_stage_->do_work() == Work::done;
  }
}

void SimDaemon::work_somewhere() {
  if (journal_->has_failed()) throw Crash();
  work(static_cast<int>(between(random_, 0, 3)));
}

void SimDaemon::work_all() {
  if (journal_->has_failed()) throw Crash();
  int idle = 0;
  for (int calls = 0; idle < 8 && calls < 10'000; ++calls) idle = work(calls % 4) ? 0 : idle + 1;
}

bool SimDaemon::stop() {
  intake_stage_->stop();
  bool ended[4] = {};
  for (int calls = 0; calls < 100'000; ++calls) {
    if (journal_->has_failed()) throw Crash();
    const int stage = static_cast<int>(between(random_, 0, 3));
    if (stage == 0) ended[0] |= intake_stage_->do_work(0) == Work::finished;
    if (stage == 1 && !ended[1]) ended[1] = core_stage_->do_work() == Work::finished;
    if (stage == 2) sync_stage_->do_work();
    if (stage == 3 && !ended[3]) ended[3] = store_stage_->do_work() == Work::finished;
    if (ended[0] && ended[1] && ended[3]) return true;
    if (chance(random_, 0.1)) clock_.advance(between(random_, 0, 20));
  }
  return false;
}

std::optional<std::string> replay_from_the_beginning(SimDisk& disk) {
  auto segments = list_segments(disk, kJournalFolder);
  if (!segments || segments->empty() || segments->front().position != 0) return std::nullopt;
  for (const Segment& segment : *segments) {
    if (segment.damaged) return std::nullopt;
  }
  Core core;
  EffectBatch effects;
  JournalReader reader(disk, *segments, 0);
  for (;;) {
    EventBatch events;
    auto more = reader.next(events);
    if (!more || !*more) break;
    core.apply(events, reader.position(), effects);
    effects.clear();
  }
  ByteSink state;
  core.save(state);
  return state.take();
}

}  // namespace streamd::sim
