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
#include "daemon/core_stage.h"
#include "daemon/intake_stage.h"
#include "daemon/progress.h"
#include "daemon/store_stage.h"
#include "io/file.h"
#include "source/tail_ledger.h"
#include "source/tail_source.h"
#include "source/tcp_source.h"

namespace streamd {
namespace {

constexpr std::size_t kEventBatches = 8;           // between intake and core
constexpr ElapsedMillis kStopWithinMs = 10'000;    // of a signal
constexpr ElapsedMillis kDatabaseWaitMs = 10'000;  // at the start, while another process writes it

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

}  // namespace

struct Pipeline::Parts {
  Parts(const Options& options, const Clock& clock)
      : rejects(counters, clock),
        intake({options.max_line_bytes, options.max_symbols, options.max_future_ms}, counters, rejects),
        events(kEventBatches),
        recycled(kEventBatches),
        effects(options.max_pending_bytes / 2) {}

  Counters counters;
  RejectLog rejects;
  LineIntake intake;
  EventQueue events;
  EventQueue recycled;
  EffectQueue effects;
  std::optional<FileLock> state_lock;
  std::optional<FileLock> db_lock;
  std::optional<TailLedger> ledger;
  std::unique_ptr<BarStore> store;
  std::unique_ptr<TcpSource> tcp;
  std::unique_ptr<TailSource> tail;
  std::unique_ptr<IntakeStage> intake_stage;
  std::unique_ptr<CoreStage> core_stage;
  std::unique_ptr<StoreStage> store_stage;
  TailProgress tail_progress() const { return {bytes_done.load(), bytes_total.load()}; }

  std::atomic<bool> stop{false};
  std::atomic<bool> reopen{false};
  std::atomic<bool> tails_finished{false};
  std::atomic<bool> ended{false};
  std::atomic<ElapsedMillis> deadline_ms{std::numeric_limits<ElapsedMillis>::max()};
  std::atomic<std::uint64_t> bytes_done{0};
  std::atomic<std::uint64_t> bytes_total{0};

  void intake_loop();
  void core_loop();
  void store_loop();
  Result<void> open_store(const Options& options, const Clock& clock);
  void log_summary() const;
};

Pipeline::Pipeline(const Options& options) : options_(options), parts_(std::make_unique<Parts>(options_, clock_)) {}
Pipeline::~Pipeline() = default;

Result<void> Pipeline::start() {
  Parts& parts = *parts_;
  if (auto made = make_folders(options_.state_dir); !made) {
    return Error{made.error().message + "; choose another --state-dir"};
  }
  auto state_lock = lock_for_this_daemon(options_.state_dir + "/lock", "runs on this state dir", "--state-dir");
  if (!state_lock) return state_lock.error();
  parts.state_lock.emplace(std::move(state_lock).value());
  if (auto made = make_parent_folders(options_.db); !made) return made.error();
  auto db_lock = lock_for_this_daemon(options_.db + ".lock", "stores in this database", "--db");
  if (!db_lock) return db_lock.error();
  parts.db_lock.emplace(std::move(db_lock).value());
  auto ledger = TailLedger::load(options_.state_dir + "/tailed_files");
  if (!ledger) return ledger.error();
  parts.ledger.emplace(std::move(ledger).value());
  if (!options_.reject_file.empty()) {
    if (auto opened = parts.rejects.open_file(options_.reject_file); !opened) return opened.error();
  }
  if (!options_.tail.empty()) {
    parts.tail = std::make_unique<TailSource>(
        TailOptions{options_.tail, options_.tail_follow, options_.tail_parallel, options_.tail_again}, *parts.ledger,
        parts.intake, clock_);
    if (auto checked = parts.tail->check_files(); !checked) return checked;
  }
  if (auto opened = parts.open_store(options_, clock_); !opened) return opened;
  if (!options_.no_listen) {
    parts.tcp = std::make_unique<TcpSource>(options_.max_connections, parts.intake, parts.counters, clock_);
    if (auto listening = parts.tcp->listen(options_.host, options_.port); !listening) return listening;
    log_info("listening on {}:{}", options_.host, parts.tcp->port());
    if (!is_loopback(options_.host)) {
      log_warn("anyone who reaches {}:{} can send; listen on --host 127.0.0.1 if only this machine should",
               options_.host, parts.tcp->port());
    }
  }
  parts.intake_stage = std::make_unique<IntakeStage>(parts.intake, parts.rejects, parts.tcp.get(), parts.tail.get(),
                                                     clock_, parts.recycled, parts.events);
  parts.core_stage = std::make_unique<CoreStage>(AggregatorOptions{options_.lateness_ms, options_.idle_close_ms},
                                                 parts.counters, parts.events, parts.recycled, parts.effects);
  const auto flush_ms = static_cast<ElapsedMillis>(options_.flush_interval_s * 1000);
  parts.store_stage = std::make_unique<StoreStage>(
      *parts.store, *parts.ledger, StorePolicy{options_.batch_size, flush_ms, options_.max_pending_bytes / 2}, clock_,
      parts.counters, parts.effects);
  log_info("storing in {}, state in {}", options_.db, options_.state_dir);
  return {};
}

// Another process that writes the file may be done soon; one that only reads it does no harm.
Result<void> Pipeline::Parts::open_store(const Options& options, const Clock& clock) {
  StoreOptions store_options{options.db, options.db_exclusive, {}};
  store_options.limits.temp_directory = options.state_dir + "/tmp";
  const ElapsedMillis start = clock.elapsed_ms();
  for (bool told = false;; told = true) {
    auto opened = BarStore::open(store_options, counters);
    if (opened) {
      store = std::move(opened).value();
      return {};
    }
    if (opened.error().kind != ErrorKind::locked) return opened.error();
    if (clock.elapsed_ms() - start >= kDatabaseWaitMs) {
      return Error{opened.error().message + "; end the process that holds it, or choose another --db"};
    }
    if (!told) log_warn("waiting for the database: {}", opened.error().message);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

void Pipeline::Parts::intake_loop() {
  for (;;) {
    intake_stage->set_deadline(deadline_ms.load());
    if (stop.load()) intake_stage->stop();
    if (reopen.exchange(false)) rejects.reopen_file();
    const Work work = intake_stage->do_work(20);
    if (tail != nullptr) {
      const TailProgress progress = tail->progress();
      bytes_done.store(progress.bytes_done);
      bytes_total.store(progress.bytes_total);
      tails_finished.store(intake_stage->tails_finished());
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
    switch (core_stage->do_work()) {
      case Work::finished: return;
      case Work::blocked: effects.wait_room(std::chrono::milliseconds(100)); break;
      case Work::idle: events.wait_not_empty(std::chrono::milliseconds(100)); break;
      case Work::done: break;
    }
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

int Pipeline::run() {
  Parts& parts = *parts_;
  const auto start_thread = [&](const char* name, void (Parts::*loop)()) {
    std::thread thread([&parts, loop] { (parts.*loop)(); });
    pthread_setname_np(thread.native_handle(), name);  // as top and perf show it
    return thread;
  };
  std::thread store_thread = start_thread("store", &Parts::store_loop);
  std::thread core_thread = start_thread("core", &Parts::core_loop);
  std::thread intake_thread = start_thread("intake", &Parts::intake_loop);

  sigset_t signals;
  sigemptyset(&signals);
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
  std::optional<ProgressBar> progress;
  if (parts.tail != nullptr && !options_.tail_follow) progress.emplace("replay");
  bool signalled = false;
  bool all_read = false;
  while (!parts.ended.load()) {
    const timespec poll{0, parts.stop.load() || options_.exit_at_eof ? 2'000'000 : 50'000'000};
    const int signal = sigtimedwait(&signals, nullptr, &poll);
    if (signal == SIGHUP) parts.reopen.store(true);
    if (signal == SIGINT || signal == SIGTERM) {
      if (signalled) {
        log_warn("stopped at once by a second signal");
        ::_exit(1);
      }
      signalled = true;
      log_info("stopping: reading what has arrived, writing open seconds");
      parts.deadline_ms.store(clock_.elapsed_ms() + kStopWithinMs - 1000);  // a second for the last commit
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

  parts.log_summary();
  int code = 0;
  if (const auto rows = parts.store_stage->rows_given_up(); rows > 0) {
    log_error("{} rows could not be stored: {}", rows, parts.store_stage->last_error());
    code = 1;
  }
  if (const auto bytes = parts.intake_stage->bytes_left(); bytes > 0) {
    log_error("{} bytes had arrived and could not be read in time", bytes);
    code = 1;
  }
  if (const auto bytes = parts.rejects.waiting_bytes(); bytes > 0) {
    log_error("{} bytes of rejected lines could not be written to {}", bytes, options_.reject_file);
    code = 1;
  }
  if (parts.tail != nullptr && parts.tail->failures() > 0) {
    log_error("{} files could not be read to their end", parts.tail->failures());
    code = 1;
  }
  return code;
}

void Pipeline::Parts::log_summary() const {
  log_info(
      "done: lines={} trades={} ohlc={} control={} rejected={} duplicates={} fast_path_lines={} late_trades={} "
      "trades_superseded={} seconds_closed={} rows={} bars_merged={} commits={}",
      counters.lines.get(), counters.trades.get(), counters.ohlc.get(), counters.control.get(),
      counters.rejected.get(), counters.duplicates.get(), counters.fast_path_lines.get(), counters.late_trades.get(),
      counters.trades_superseded.get(), counters.seconds_closed.get(), counters.rows_committed.get(),
      counters.bars_merged.get(), counters.commits.get());
  if (counters.rejected.get() > 0) log_info("rejected by reason: {}", rejects.summary());
}

}  // namespace streamd
