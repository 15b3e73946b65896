// What the daemon consists of while it lives, and the steps of its life: it starts (pipeline_start.cc), runs
// (pipeline.cc), tells its figures (pipeline_figures.cc) and ends (pipeline_end.cc). For these four files alone.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "base/batch_progress.h"
#include "base/counters.h"
#include "daemon/core_stage.h"
#include "daemon/delivery.h"
#include "daemon/http_front.h"
#include "daemon/intake_stage.h"
#include "daemon/pipeline.h"
#include "daemon/store_stage.h"
#include "daemon/sync_stage.h"
#include "http/event_feed.h"
#include "http/figures.h"
#include "io/file.h"
#include "source/tail_source.h"
#include "source/tcp_source.h"
#include "source/verdict_source.h"
#include "store/bar_store.h"
#include "store/query_desk.h"

namespace streamd {

struct Pipeline::Parts {
  static constexpr std::size_t kEventBatches = 8;  // between intake and core

  Parts(const Options& options_, const Clock& clock_)
      : options(options_),
        clock(clock_),
        rejects(counters, clock),
        intake({options.max_line_bytes, options.max_symbols, options.max_future_ms}, counters, rejects),
        desk(progress, options.journal_sync == JournalSync::never && !options.no_journal),
        events(kEventBatches),
        recycled(kEventBatches),
        effects(options.max_pending_bytes / 2),
        snapshots(disk, options.state_dir + "/snapshots"),
        made_ms(clock.elapsed_ms()) {}

  // It starts; Pipeline::start() has the order.
  Result<void> take_ports(const std::string& token);
  Result<void> take_locks();
  void serve_http();
  bool has_pages() const { return options.metrics_port.has_value(); }
  bool keeps_recent_bars() const { return !options.ohlc_sinks.empty() || has_pages(); }
  Result<void> open_store();
  Result<void> start_keeping();
  Result<void> recover();
  Result<void> deliver_replayed();
  Result<void> listen();
  void begin_run();
  std::string worst_case_state() const;

  // It runs: a thread for each loop, and Pipeline::run() on the main one.
  void intake_loop();
  void core_loop();
  void sync_loop();
  void store_loop();
  void delivery_loop();
  bool all_is_done();
  void tell_health();
  void wake_intake() {
    if (tcp != nullptr) tcp->wake();
  }
  TailProgress tail_progress() const { return {bytes_done.load(), bytes_total.load()}; }

  // Its figures; any thread at any time.
  Figures figures() const;
  void add_stages(Figures& figures) const;
  std::string why_not_ready(const Figures& figures) const;

  // It ends, when no loop runs any more. Returns the exit code, or leaves the process with it.
  int end();
  int outcome() const;
  void log_summary() const;

  const Options& options;
  const Clock& clock;
  Counters counters;
  BatchProgress progress;
  RejectLog rejects;
  LineIntake intake;
  ProducerBook book;
  ReplyDesk desk;
  std::optional<Protocol> protocol;
  EventQueue events;
  EventQueue recycled;
  EffectQueue effects;
  SystemDisk disk;
  SnapshotFiles snapshots;
  std::optional<FileLock> state_lock;
  std::optional<FileLock> db_lock;
  std::unique_ptr<BarStore> store;
  std::unique_ptr<Core> core;
  std::unique_ptr<EventBatch> first_batch;  // what the core must know before anything is read
  std::unique_ptr<Journal> journal;
  std::unique_ptr<TcpSource> tcp;
  std::unique_ptr<TailSource> tail;
  std::unique_ptr<VerdictSource> verdicts;
  std::unique_ptr<Delivery> delivery;
  std::unique_ptr<IntakeStage> intake_stage;
  std::unique_ptr<CoreStage> core_stage;
  std::unique_ptr<SyncStage> sync_stage;
  std::unique_ptr<StoreStage> store_stage;

  const ElapsedMillis made_ms;
  std::uint16_t listening_port = 0;
  std::atomic<bool> has_started{false};  // all of the above is made
  std::atomic<bool> stop{false};
  std::atomic<bool> at_end_of_files{false};  // that is why
  std::atomic<bool> reopen{false};
  std::atomic<bool> tails_finished{false};
  std::atomic<bool> ended{false};
  std::atomic<bool> delivery_ended{false};
  std::atomic<ElapsedMillis> deadline_ms{std::numeric_limits<ElapsedMillis>::max()};
  std::atomic<std::uint64_t> bytes_done{0};
  std::atomic<std::uint64_t> bytes_total{0};
  std::unique_ptr<QueryDesk> query_desk;
  std::optional<EventFeed> feed;  // where pages can be
  ElapsedMillis health_told_ms = 0;  // to them
  std::optional<HttpFront> http;  // the last: it looks at all of the above
};

}  // namespace streamd
