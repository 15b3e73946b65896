// How the daemon starts, up to its threads. What can be refused at once comes first: tokens, ports (before there is any
// new file), locks, files, sinks, the database. Then a recovery brings the core to where the last run ended, the socket
// listens, and a first batch begins the run.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/log.h"
#include "base/utc_text.h"
#include "daemon/loopback.h"
#include "daemon/pipeline_parts.h"
#include "daemon/progress.h"
#include "daemon/recovery.h"
#include "flags/token_file.h"
#include "io/random_id.h"
#include "store/mending.h"

namespace streamd {
namespace {

constexpr ElapsedMillis kDatabaseWaitMs = 10'000;  // at the start, while another process writes it
constexpr std::uint64_t kStateBytesPerSymbol = 256;  // in a snapshot, about, with a second open and a long name
constexpr std::uint64_t kDecisionBytesPerSymbol = 64;  // and 8 for each close

// Held while the daemon lives. `holder` says what another one does with it, `flag` how to choose something else.
Result<FileLock> lock_for_this_daemon(const std::string& path, const char* holder, const char* flag) {
  auto lock = FileLock::acquire(path);
  if (lock) return lock;
  const bool held = lock.error().kind == ErrorKind::locked;
  return Error{held ? fmt::format("{}; another daemon {}", lock.error().message, holder)
                    : fmt::format("{}; choose another {}", lock.error().message, flag)};
}

// Of a flush interval, that queries have to end when a batch is due: the rest is for ending them.
constexpr double kPatienceOfInterval = 0.8;

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

Result<void> Pipeline::start() {
  Parts& parts = *parts_;
  // What can be refused at once comes first.
  auto token = read_token_file("--auth-token-file", options_.auth_token_file);
  if (!token) return token.error();
  parts.rejects.hide(*token);
  auto bound = parts.take_ports(*token);
  // Where there is a state dir, its lock may tell more: the same daemon runs already.
  if (!bound && ::access((options_.state_dir + "/lock").c_str(), F_OK) != 0) return bound;
  if (auto locked = parts.take_locks(); !locked) return locked;
  if (!bound) return bound;
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
  parts.serve_http();
  if (auto opened = parts.open_store(); !opened) return opened;
  if (auto kept = parts.start_keeping(); !kept) return kept;
  if (auto listening = parts.listen(); !listening) return listening;
  parts.begin_run();
  parts.has_started.store(true, std::memory_order_release);
  log_info("storing in {}, state in {}{}", options_.db, options_.state_dir,
           options_.no_journal ? "" : fmt::format(" (at most {})", parts.worst_case_state()));
  return {};
}

// What is kept beyond need, two segments of need, and a snapshot for each segment; each for as many symbols as may be.
std::string Pipeline::Parts::worst_case_state() const {
  const std::uint64_t segments = options.journal_keep_bytes / kSegmentBytes + 3;
  std::uint64_t symbol_bytes = kStateBytesPerSymbol;
  if (options.summaries.is_on()) symbol_bytes += Summariser::bytes_per_symbol(options.summaries);
  if (options.decisions.emit) symbol_bytes += kDecisionBytesPerSymbol + 8 * options.decisions.state_window;
  std::uint64_t snapshot_bytes = options.max_symbols * symbol_bytes;
  if (keeps_recent_bars()) snapshot_bytes += options.amend_memory;
  const std::uint64_t spool_bytes = delivery->worst_case_bytes();
  const std::uint64_t bytes = segments * kSegmentBytes + (segments + 3) * snapshot_bytes + spool_bytes;
  std::string flags = "--max-symbols, --journal-keep-bytes";
  if (options.summaries.is_on()) flags += ", --summarise-window";
  if (options.decisions.emit) flags += ", --state-window";
  if (keeps_recent_bars()) flags += ", --amend-memory";
  if (spool_bytes > 0) flags += ", --sink-spool-bytes";
  return fmt::format("{:.1f} GiB for {} symbols, as {} allow; and what comes while the database cannot be written",
                     static_cast<double>(bytes) / (1 << 30), options.max_symbols, flags);
}

Result<void> Pipeline::Parts::take_ports(const std::string& token) {
  auto http_token = read_token_file("--http-token-file", options.http_token_file);
  if (!http_token) return http_token.error();
  http.emplace(std::move(http_token).value(), [this] { return figures(); });
  if (auto listening = http->listen_tcp(options); !listening) return listening;
  const bool acks = !options.no_journal && options.journal_sync != JournalSync::never;
  protocol.emplace(Protocol{{token, acks, milliseconds_of(options.producer_grace_s)},
                            intake, book, desk, clock, random_id(), {}});
  if (options.no_listen) return {};
  tcp = std::make_unique<TcpSource>(options.max_connections, *protocol, counters);
  if (auto bound = tcp->bind(options.host, options.port); !bound) return bound;
  listening_port = tcp->port();
  return {};
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

// From here on somebody may ask how far the start is; a long recovery is no reason to think that it is dead.
void Pipeline::Parts::serve_http() {
  DeskOptions desk_options;
  desk_options.path = options.db;
  desk_options.patience = std::chrono::milliseconds(milliseconds_of(options.flush_interval_s * kPatienceOfInterval));
  desk_options.prepared = has_pages();
  desk_options.exclusive = options.db_exclusive;
  query_desk = std::make_unique<QueryDesk>(std::move(desk_options));
  http->add_pages(*query_desk, clock, options.decisions);
  if (has_pages()) {
    feed.emplace(random_id(), clock);
    http->add_stream(*feed);
    delivery->tell(*feed);
  } else {
    http->add_no_stream();
  }
  http->listen_unix(options);
  http->start();
}

// Another process that writes the file may be done soon; one that only reads it does no harm. A damaged file is moved
// aside only where a journal can fill a new one.
Result<void> Pipeline::Parts::open_store() {
  StoreOptions store_options{options.db, options.db_exclusive, {}};
  store_options.limits.temp_directory = options.state_dir + "/tmp";
  store_options.desk = query_desk.get();
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
Result<void> Pipeline::Parts::start_keeping() {
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
  if (tcp == nullptr) return {};
  if (auto listening = tcp->listen(); !listening) return listening;
  log_info("listening on {}:{}", options.host, listening_port);
  if (!is_loopback(options.host) && options.auth_token_file.empty()) {
    log_warn("anyone who reaches {}:{} can send; listen on --host 127.0.0.1 if only this machine should, or give "
             "--auth-token-file",
             options.host, listening_port);
  }
  return {};
}

void Pipeline::Parts::begin_run() {
  if (first_batch == nullptr) first_batch = std::make_unique<EventBatch>();
  std::vector<Source*> sources;
  if (options.decisions.emit) {
    if (options.decisions.confidence_is_legitimacy && !options.summaries.is_on()) {
      log_warn("--confidence legitimacy: no summaries are made, so the confidence is 1; add --summarise-window 60");
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
  start.options.summaries = options.summaries;
  start.options.amend = {keeps_recent_bars(), options.amend_window_s, options.amend_memory};
  start.wall_ms = clock.wall_ms();
  start.elapsed_ms = clock.elapsed_ms();
  if (tail != nullptr) start.tails = tail->go_on(*core);
  first_batch->add_run_start(std::move(start));
  events.push(std::move(first_batch));
  if (tcp != nullptr) sources.push_back(tcp.get());
  if (tail != nullptr) sources.push_back(tail.get());
  intake_stage = std::make_unique<IntakeStage>(intake, rejects, std::move(sources), clock, recycled, events);
}

}  // namespace streamd
