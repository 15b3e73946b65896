// How the daemon runs: a loop for each thread, which drives its stage and waits where that has nothing to do, and the
// main thread, which takes signals until all is done.
#include "daemon/pipeline.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>

#include "base/log.h"
#include "daemon/pipeline_parts.h"
#include "daemon/progress.h"
#include "http/metrics_page.h"

namespace streamd {
namespace {

constexpr ElapsedMillis kStopWithinMs = 10'000;  // of a signal
constexpr ElapsedMillis kHealthMs = 1000;        // pages are told how the daemon is

}  // namespace

Pipeline::Pipeline(const Options& options) : options_(options), parts_(std::make_unique<Parts>(options_, clock_)) {}
Pipeline::~Pipeline() = default;

void Pipeline::Parts::intake_loop() {
  for (;;) {
    intake_stage->set_deadline(deadline_ms.load());
    if (stop.load()) intake_stage->stop(at_end_of_files.load());
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
          std::this_thread::sleep_for(std::chrono::milliseconds(20));  // only time helps
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

void Pipeline::Parts::tell_health() {
  const ElapsedMillis now_ms = clock.elapsed_ms();
  if (!feed || now_ms - health_told_ms < kHealthMs) return;
  health_told_ms = now_ms;
  if (feed->has_listeners()) feed->health(metrics_json(figures()));
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
    parts.tell_health();
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
        parts.at_end_of_files.store(!signalled);
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
  return parts.end();
}

}  // namespace streamd
