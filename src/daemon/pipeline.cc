#include "daemon/pipeline.h"

#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/ip/address.hpp>
#include <limits>
#include <optional>
#include <thread>

#include "base/counters.h"
#include "base/log.h"
#include "base/utc_text.h"
#include "daemon/core_stage.h"
#include "daemon/delivery.h"
#include "daemon/intake_stage.h"
#include "daemon/progress.h"
#include "daemon/recovery.h"
#include "daemon/store_stage.h"
#include "daemon/sync_stage.h"
#include "io/file.h"
#include "io/random_id.h"
#include "source/tail_source.h"
#include "source/tcp_source.h"
#include "source/verdict_source.h"
#include "store/mending.h"
#include "wire/json_text.h"

namespace streamd {
namespace {

constexpr std::size_t kEventBatches = 8;           // between intake and core
constexpr ElapsedMillis kStopWithinMs = 10'000;    // of a signal
constexpr ElapsedMillis kSinkEndMs = 500;          // for a sink to close
constexpr ElapsedMillis kDatabaseWaitMs = 10'000;  // at the start, while another process writes it
constexpr std::uint64_t kStateBytesPerSymbol = 256;  // in a snapshot, about, with a second open and a long name
constexpr std::uint64_t kDecisionBytesPerSymbol = 64;  // and 8 for each close

bool is_loopback(const std::string& host) {
  if (host == "localhost") return true;
  boost::system::error_code failure;
  const auto address = boost::asio::ip::make_address(host, failure);
  return !failure && address.is_loopback();
}

// Held while the daemon lives. `holder` says what another one does with it, `flag` how to choose something else.
Result<FileLock> lock_for_this_daemon(const std::string& path, const char* holder, const char* flag) {
  auto lock = FileLock::acquire(path);
  if (lock) return lock;
  const bool held = lock.error().kind == ErrorKind::locked;
  return Error{held ? fmt::format("{}; another daemon {}", lock.error().message, holder)
                    : fmt::format("{}; choose another {}", lock.error().message, flag)};
}

Result<std::string> read_token(const std::string& path) {
  if (path.empty()) return std::string();
  auto token = read_whole_file(path);
  if (!token) return Error{"--auth-token-file: " + token.error().message};
  while (!token->empty() && (token->back() == '\n' || token->back() == '\r')) token->pop_back();
  if (token->empty()) return Error{fmt::format("--auth-token-file {} is empty; write the token into it", path)};
  const bool is_one_line = token->find_first_of("\r\n") == std::string::npos;
  if (!is_one_line || token->size() > 4096 || !is_utf8(*token)) {
    return Error{fmt::format("--auth-token-file {}: the token must be one line of 1 to 4096 bytes of text", path)};
  }
  return token;
}

ElapsedMillis milliseconds_of(double seconds) { return static_cast<ElapsedMillis>(seconds * 1000); }

// While it starts. Nothing is lost: the next start begins where this one did, or behind it.
void end_if_signalled() {
  sigset_t signals;
  sigemptyset(&signals);
  for (int signal : {SIGINT, SIGTERM}) sigaddset(&signals, signal);
  const timespec at_once{};
  if (sigtimedwait(&signals, nullptr, &at_once) < 0) return;
  log_info("stopped by a signal before it had started");
  ::_exit(0);
}

void sleep_ms(ElapsedMillis ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

}  // namespace

struct Pipeline::Parts {
  Parts(const Options& options_, const Clock& clock_)
      : options(options_),
        clock(clock_),
        rejects(counters, clock),
        intake({options.max_line_bytes, options.max_symbols, options.max_future_ms}, counters, rejects),
        desk(progress, options.journal_sync == JournalSync::never && !options.no_journal),
        events(kEventBatches),
        recycled(kEventBatches),
        effects(options.max_pending_bytes / 2),
        snapshots(disk, options.state_dir + "/snapshots") {}

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
  TailProgress tail_progress() const { return {bytes_done.load(), bytes_total.load()}; }

  std::atomic<bool> stop{false};
  std::atomic<bool> reopen{false};
  std::atomic<bool> tails_finished{false};
  std::atomic<bool> ended{false};
  std::atomic<bool> delivery_ended{false};
  std::atomic<ElapsedMillis> deadline_ms{std::numeric_limits<ElapsedMillis>::max()};
  std::atomic<std::uint64_t> bytes_done{0};
  std::atomic<std::uint64_t> bytes_total{0};

  std::string worst_case_state() const;
  Result<void> take_locks();
  Result<void> open_store();
  Result<void> recover();
  Result<void> deliver_replayed();
  bool all_is_done();
  Result<void> start_keeping(const std::string& token);
  Result<void> listen();
  void begin_run();
  void wake_intake() {
    if (tcp != nullptr) tcp->wake();
  }

  void intake_loop();
  void core_loop();
  void sync_loop();
  void store_loop();
  void delivery_loop();
  int outcome() const;
  void log_summary() const;
};

Pipeline::Pipeline(const Options& options) : options_(options), parts_(std::make_unique<Parts>(options_, clock_)) {}
Pipeline::~Pipeline() = default;

Result<void> Pipeline::start() {
  Parts& parts = *parts_;
  // What can be refused at once comes first.
  auto token = read_token(options_.auth_token_file);
  if (!token) return token.error();
  parts.rejects.hide(*token);
  if (auto locked = parts.take_locks(); !locked) return locked;
  if (!options_.reject_file.empty()) {
    if (auto opened = parts.rejects.open_file(options_.reject_file); !opened) return opened.error();
  }
  if (!options_.tail.empty()) {
    parts.tail = std::make_unique<TailSource>(
        TailOptions{options_.tail, options_.tail_follow, options_.tail_parallel, options_.tail_again}, parts.intake,
        clock_);
    if (auto checked = parts.tail->check_files(); !checked) return checked;
  }
  auto delivery = Delivery::open(options_, parts.disk, clock_);
  if (!delivery) return delivery.error();
  parts.delivery = std::move(delivery).value();
  if (auto opened = parts.open_store(); !opened) return opened;
  if (auto kept = parts.start_keeping(*token); !kept) return kept;
  if (auto listening = parts.listen(); !listening) return listening;
  parts.begin_run();
  log_info("storing in {}, state in {}{}", options_.db, options_.state_dir,
           options_.no_journal ? "" : fmt::format(" (at most {})", parts.worst_case_state()));
  return {};
}

// What is kept beyond need, two segments of need, and a snapshot for each segment; each for as many symbols as may be.
std::string Pipeline::Parts::worst_case_state() const {
  const std::uint64_t segments = options.journal_keep_bytes / kSegmentBytes + 3;
  std::uint64_t symbol_bytes = kStateBytesPerSymbol;
  if (options.decisions.emit) symbol_bytes += kDecisionBytesPerSymbol + 8 * options.decisions.state_window;
  std::uint64_t snapshot_bytes = options.max_symbols * symbol_bytes;
  if (!options.ohlc_sinks.empty()) snapshot_bytes += options.amend_memory;
  const std::uint64_t bytes =
      segments * kSegmentBytes + (segments + 3) * snapshot_bytes + delivery->worst_case_bytes();
  return fmt::format("{:.1f} GiB for {} symbols, and what comes while the database cannot be written",
                     static_cast<double>(bytes) / (1 << 30), options.max_symbols);
}

Result<void> Pipeline::Parts::take_locks() {
  if (auto made = make_folders(options.state_dir); !made) {
    return Error{made.error().message + "; choose another --state-dir"};
  }
  auto state = lock_for_this_daemon(options.state_dir + "/lock", "runs on this state dir", "--state-dir");
  if (!state) return state.error();
  state_lock.emplace(std::move(state).value());
  if (auto made = make_parent_folders(options.db); !made) return made.error();
  auto db = lock_for_this_daemon(options.db + ".lock", "stores in this database", "--db");
  if (!db) return db.error();
  db_lock.emplace(std::move(db).value());
  return {};
}

// Another process that writes the file may be done soon; one that only reads it does no harm. A damaged file is moved
// aside only where a journal can fill a new one.
Result<void> Pipeline::Parts::open_store() {
  StoreOptions store_options{options.db, options.db_exclusive, {}};
  store_options.limits.temp_directory = options.state_dir + "/tmp";
  bool has_journal = false;
  if (!options.no_journal) {
    const std::string folder = options.state_dir + "/journal";
    if (auto made = disk.make_folders(folder); !made) return made;
    auto segments = list_segments(disk, folder);
    if (!segments) return segments.error();
    has_journal = !segments->empty();
  }
  const ElapsedMillis start_ms = clock.elapsed_ms();
  for (bool told = false;; told = true) {
    std::vector<std::string> moved;
    auto opened = has_journal ? open_mending(store_options, counters, utc_mark(clock.wall_ms()), moved)
                              : BarStore::open(store_options, counters);
    if (opened) {
      store = std::move(opened).value();
      return {};
    }
    if (opened.error().kind != ErrorKind::locked) return opened.error();
    if (clock.elapsed_ms() - start_ms >= kDatabaseWaitMs) {
      return Error{opened.error().message + "; end the process that holds it, or choose another --db"};
    }
    if (!told) log_warn("waiting for the database: {}", opened.error().message);
    end_if_signalled();
    sleep_ms(100);
  }
}

// Brings the core, and what the intake knows, to where the last run ended.
Result<void> Pipeline::Parts::start_keeping(const std::string& token) {
  StorePolicy policy;
  policy.batch_rows = options.batch_size;
  policy.flush_interval_ms = milliseconds_of(options.flush_interval_s);
  policy.max_pending_bytes = options.max_pending_bytes / 2;
  policy.sync_before_commit = options.journal_sync != JournalSync::never;
  policy.journal_keep_bytes = options.journal_keep_bytes;
  store_stage = std::make_unique<StoreStage>(*store, Keeping{}, [this] { wake_intake(); }, policy, clock, counters,
                                             progress, effects);
  bool long_replay = false;
  if (options.no_journal) {
    log_warn("--no-journal: a kill loses what is not committed, and nothing remembers what was read");
    core = std::make_unique<Core>();
    delivery->start_threads();
    if (auto begun = delivery->begin_journal("", 0); !begun) return begun;
  } else {
    const auto start_ms = clock.elapsed_ms();
    if (auto recovered = recover(); !recovered) return recovered;
    sync_stage = std::make_unique<SyncStage>(*journal, progress, [this] { wake_intake(); });
    long_replay = clock.elapsed_ms() - start_ms > 1000;
  }
  intake.restore(*core);
  book.restore(core->producers(), clock.elapsed_ms());
  const bool acks = !options.no_journal && options.journal_sync != JournalSync::never;
  protocol.emplace(Protocol{{token, acks, milliseconds_of(options.producer_grace_s)},
                            intake, book, desk, clock, random_id(), {}});
  const CorePolicy core_policy{milliseconds_of(options.snapshot_interval_s),
                               options.journal_sync == JournalSync::always,
                               options.journal_sync == JournalSync::ack};
  core_stage = std::make_unique<CoreStage>(
      *core, journal.get(), [this] { sync_stage->request(); }, core_policy, clock, counters, progress, events, recycled,
      effects, delivery->queue());
  if (long_replay) core_stage->hurry_snapshot();
  return {};
}

// On this thread alone: the store commits between the records, so that what waits stays bounded.
Result<void> Pipeline::Parts::recover() {
  auto planned = Recovery::plan(disk, {options.state_dir + "/journal", options.state_dir + "/snapshots"},
                                store->stored_progress(), delivery->points(), random_id, clock);
  if (!planned) return planned.error();
  Recovery& recovery = **planned;
  store_stage->set_keeping({recovery.journal_id(), nullptr, nullptr, nullptr});
  if (auto begun = delivery->begin_replay(recovery.journal_id(), recovery.known_to_spools()); !begun) return begun;
  delivery->start_threads();
  ProgressBar bar("recovery");
  for (Work work = Work::done; work != Work::finished;) {
    work = recovery.do_work(effects, delivery->queue());
    const Work stored = store_stage->do_work();
    const Work delivered = delivery->do_work();
    end_if_signalled();
    if (work == Work::blocked && stored != Work::done && delivered != Work::done) sleep_ms(10);
    bar.update(recovery.bytes_done(), recovery.bytes_total(), recovery.lines_replayed(), clock.elapsed_ms());
  }
  bar.clear();
  if (!recovery.outcome()) return recovery.outcome();
  auto opened = recovery.open_journal(kSegmentBytes);
  if (!opened) return opened.error();
  journal = std::move(opened).value();
  core = recovery.take_core();
  if (auto delivered = deliver_replayed(); !delivered) return delivered;
  counters.journal_bytes_cut.set(recovery.bytes_cut());
  first_batch = std::make_unique<EventBatch>();
  if (recovery.store_is_ahead()) {
    const ElapsedMillis since_ms = clock.elapsed_ms();
    for (;;) {
      auto added = add_seconds_stored_before(*core, *store, *first_batch);
      if (added) break;
      if (clock.elapsed_ms() - since_ms >= kDatabaseWaitMs) return added;
      end_if_signalled();
      sleep_ms(100);
    }
  }
  store_stage->set_keeping({journal->id(), journal.get(), &snapshots, delivery->spooled()});
  return {};
}

// What is new from here on follows in the spools what was replayed.
Result<void> Pipeline::Parts::deliver_replayed() {
  for (Work work = Work::done; work == Work::done || work == Work::blocked;) {
    work = delivery->do_work();
    end_if_signalled();
    if (work == Work::blocked) sleep_ms(10);
  }
  return delivery->begin_journal(journal->id(), journal->end());
}

Result<void> Pipeline::Parts::listen() {
  if (options.no_listen) return {};
  tcp = std::make_unique<TcpSource>(options.max_connections, *protocol, counters);
  if (auto listening = tcp->listen(options.host, options.port); !listening) return listening;
  log_info("listening on {}:{}", options.host, tcp->port());
  if (!is_loopback(options.host) && options.auth_token_file.empty()) {
    log_warn("anyone who reaches {}:{} can send; listen on --host 127.0.0.1 if only this machine should, or give "
             "--auth-token-file",
             options.host, tcp->port());
  }
  return {};
}

void Pipeline::Parts::begin_run() {
  if (first_batch == nullptr) first_batch = std::make_unique<EventBatch>();
  std::vector<Source*> sources;
  if (options.decisions.emit) {
    if (options.decisions.confidence_is_legitimacy) {
      log_warn("--confidence legitimacy: no summaries are made, so the confidence is 1");
    }
    const VerdictOptions verdict_options{options.phase6_log_dir, options.gate_max_age_s, options.decisions.influence,
                                         options.influence_log_dir,
                                         std::max<ElapsedMillis>(1, milliseconds_of(options.flush_interval_s) / 2),
                                         options.max_symbols};
    const auto batch = [this]() -> EventBatch& { return first_batch != nullptr ? *first_batch : intake.batch(); };
    verdicts = std::make_unique<VerdictSource>(
        verdict_options, [batch](GateVerdict verdict) { batch().add_gate_verdict(std::move(verdict)); },
        [batch](InfluenceUpdate update) { batch().add_influence_update(std::move(update)); }, clock);
    // Before the run starts: what closes then is decided by the verdicts of now, not by those of the last run.
    verdicts->read();
    sources.push_back(verdicts.get());  // before what it judges
  }
  RunStart start;
  start.run_id = protocol->run_id;
  start.version = STREAMD_VERSION;
  start.options.bars = {options.lateness_ms, options.idle_close_ms, milliseconds_of(options.producer_grace_s)};
  start.options.decisions = options.decisions;
  start.options.amend = {!options.ohlc_sinks.empty(), options.amend_window_s, options.amend_memory};
  start.wall_ms = clock.wall_ms();
  start.elapsed_ms = clock.elapsed_ms();
  if (tail != nullptr) start.tails = tail->go_on(*core);
  first_batch->add_run_start(std::move(start));
  events.push(std::move(first_batch));
  if (tcp != nullptr) sources.push_back(tcp.get());
  if (tail != nullptr) sources.push_back(tail.get());
  intake_stage = std::make_unique<IntakeStage>(intake, rejects, std::move(sources), clock, recycled, events);
}

void Pipeline::Parts::intake_loop() {
  for (;;) {
    intake_stage->set_deadline(deadline_ms.load());
    if (stop.load()) intake_stage->stop();
    if (reopen.exchange(false)) rejects.reopen_file();
    const Work work = intake_stage->do_work(20);
    if (tail != nullptr) {
      const TailProgress read = tail->progress();
      bytes_done.store(read.bytes_done);
      bytes_total.store(read.bytes_total);
      tails_finished.store(tail->finished());
    }
    if (work == Work::finished) return;
    const std::chrono::milliseconds wait(20);
    if (work == Work::blocked && !events.has_room()) {
      events.wait_room(wait);
    } else if (work == Work::blocked || (work == Work::idle && tcp == nullptr)) {
      std::this_thread::sleep_for(wait);  // the reject file, or a followed one: only time helps
    }
  }
}

void Pipeline::Parts::core_loop() {
  for (;;) {
    core_stage->set_deadline(deadline_ms.load());
    switch (core_stage->do_work()) {
      case Work::finished: return;
      case Work::blocked:
        if (core_stage->waits_for_journal()) {
          sleep_ms(20);
        } else if (!effects.has_room()) {
          effects.wait_room(std::chrono::milliseconds(100));
        } else {
          delivery->queue()->wait_room(std::chrono::milliseconds(100));
        }
        break;
      case Work::idle: events.wait_not_empty(std::chrono::milliseconds(100)); break;
      case Work::done: break;
    }
  }
}

void Pipeline::Parts::sync_loop() {
  for (;;) {
    const Work work = sync_stage->do_work();
    if (work == Work::finished) return;
    if (work == Work::idle) sync_stage->wait(std::chrono::milliseconds(100));
  }
}

void Pipeline::Parts::store_loop() {
  for (;;) {
    store_stage->set_deadline(deadline_ms.load());
    const Work work = store_stage->do_work();
    if (work == Work::finished) break;
    if (work == Work::done) continue;
    const std::chrono::milliseconds wait(store_stage->idle_wait_ms());
    if (effects.drained() || effects.weight() > 0) {
      std::this_thread::sleep_for(std::min(wait, std::chrono::milliseconds(10)));  // only time helps
    } else {
      effects.wait_not_empty(wait);
    }
  }
  ended.store(true);
}

void Pipeline::Parts::delivery_loop() {
  delivery->run();
  delivery_ended.store(true);
}

// Rows are stored, lines are in their spools and, as far as sinks take them now, delivered.
bool Pipeline::Parts::all_is_done() {
  if (!ended.load()) return false;
  if (delivery->queue() == nullptr) return true;
  return delivery_ended.load() && (clock.elapsed_ms() >= deadline_ms.load() || delivery->is_drained());
}

int Pipeline::run() {
  Parts& parts = *parts_;
  const auto start_thread = [&](const char* name, void (Parts::*loop)()) {
    std::thread thread([&parts, loop] { (parts.*loop)(); });
    pthread_setname_np(thread.native_handle(), name);  // as top and perf show it
    return thread;
  };
  std::thread store_thread = start_thread("store", &Parts::store_loop);
  std::thread delivery_thread;
  if (parts.delivery->queue() != nullptr) delivery_thread = start_thread("delivery", &Parts::delivery_loop);
  std::thread core_thread = start_thread("core", &Parts::core_loop);
  std::thread sync_thread;
  if (parts.sync_stage != nullptr) sync_thread = start_thread("sync", &Parts::sync_loop);
  std::thread intake_thread = start_thread("intake", &Parts::intake_loop);

  sigset_t signals;
  sigemptyset(&signals);
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
  std::optional<ProgressBar> progress;
  if (parts.tail != nullptr && !options_.tail_follow) progress.emplace("replay");
  bool signalled = false;
  bool all_read = false;
  while (!parts.all_is_done()) {
    const timespec poll{0, parts.stop.load() || options_.exit_at_eof ? 2'000'000 : 50'000'000};
    const int signal = sigtimedwait(&signals, nullptr, &poll);
    if (signal == SIGHUP) {
      parts.reopen.store(true);
      parts.delivery->reopen_files();
    }
    const bool journal_failed = parts.journal != nullptr && parts.journal->has_failed();
    if (journal_failed || parts.delivery->has_failed()) {
      log_error("the {} cannot be brought to the disk, so nothing that came since may be promised: stopped at once; "
                "mend the disk and start again",
                journal_failed ? "journal" : "spool of a sink");
      ::_exit(1);
    }
    if (signal == SIGINT || signal == SIGTERM) {
      if (signalled) {
        log_warn("stopped at once by a second signal");
        ::_exit(1);
      }
      signalled = true;
      log_info("stopping: reading what has arrived, writing open seconds");
      parts.deadline_ms.store(clock_.elapsed_ms() + kStopWithinMs - 1000);  // a second for the last commit
      parts.delivery->set_deadline(parts.deadline_ms.load());
      parts.stop.store(true);
    }
    if (!all_read && parts.tails_finished.load()) {
      all_read = true;
      if (progress) progress->clear();
      progress.reset();
      if (options_.exit_at_eof) {
        parts.stop.store(true);  // without a deadline: nobody is in a hurry
      } else if (parts.tcp == nullptr) {
        log_info("all files are read; waiting for a signal (--exit-at-eof would stop here)");
      }
    }
    if (progress) {
      const TailProgress tail = parts.tail_progress();
      progress->update(tail.bytes_done, tail.bytes_total, parts.counters.lines.get(), clock_.elapsed_ms());
    }
  }
  progress.reset();
  intake_thread.join();
  core_thread.join();
  store_thread.join();
  if (delivery_thread.joinable()) delivery_thread.join();
  if (parts.sync_stage != nullptr) {
    parts.sync_stage->close();
    sync_thread.join();
  }
  const bool sinks_ended = parts.delivery->close(clock_.elapsed_ms() + kSinkEndMs);
  parts.delivery->report_undelivered();
  parts.log_summary();
  const int code = parts.outcome();
  if (!sinks_ended) {
    log_warn("a sink hangs in its file or peer; it is left so");
    ::_exit(code);
  }
  return code;
}

// The exit code.
int Pipeline::Parts::outcome() const {
  int code = 0;
  const auto fail = [&code](const std::string& message) {
    log_error("{}", message);
    code = 1;
  };
  if (const auto rows = store_stage->rows_left(); rows > 0 && journal != nullptr) {
    log_warn("{} rows wait in the journal for the next start: {}", rows, store_stage->last_error());
  } else if (rows > 0) {
    fail(fmt::format("{} rows could not be stored: {}", rows, store_stage->last_error()));
  }
  if (core_stage->batches_given_up() > 0) {
    fail(fmt::format("{} batches of lines could not be journalled: {}", core_stage->batches_given_up(),
                     core_stage->last_error()));
  }
  if (const auto batches = delivery->batches_given_up(); batches > 0 && journal != nullptr) {
    log_warn("{} batches of lines for the sinks wait in the journal for the next start: a spool was full", batches);
  } else if (batches > 0) {
    fail(fmt::format("{} batches of lines for the sinks are lost: a spool was full", batches));
  }
  if (const auto bytes = intake_stage->bytes_left(); bytes > 0) {
    fail(fmt::format("{} bytes had arrived and could not be read in time", bytes));
  }
  if (const auto bytes = rejects.waiting_bytes(); bytes > 0) {
    fail(fmt::format("{} bytes of rejected lines could not be written to {}", bytes, options.reject_file));
  }
  if (tail != nullptr && tail->failures() > 0) {
    fail(fmt::format("{} files could not be read to their end", tail->failures()));
  }
  return code;
}

void Pipeline::Parts::log_summary() const {
  log_info(
      "done: lines={} trades={} ohlc={} control={} rejected={} duplicates={} fast_path_lines={} late_trades={} "
      "trades_superseded={} seconds_closed={} rows={} bars_merged={} commits={} journal_bytes_cut={} decisions={}",
      counters.lines.get(), counters.trades.get(), counters.ohlc.get(), counters.control.get(),
      counters.rejected.get(), counters.duplicates.get(), counters.fast_path_lines.get(), counters.late_trades.get(),
      counters.trades_superseded.get(), counters.seconds_closed.get(), counters.rows_committed.get(),
      counters.bars_merged.get(), counters.commits.get(), counters.journal_bytes_cut.get(), counters.decisions.get());
  if (counters.rejected.get() > 0) log_info("rejected by reason: {}", rejects.summary());
}

}  // namespace streamd
