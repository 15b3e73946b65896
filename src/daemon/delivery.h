// All sinks of the daemon: their spools, the stage that fills them, and a thread for each that empties its own. The
// pipeline asks it where the spools are, before a recovery, and runs the stage.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "daemon/delivery_stage.h"
#include "daemon/options.h"
#include "http/figures.h"
#include "sink/sink.h"
#include "store/store.h"

namespace streamd {

class Delivery {
 public:
  // Opens every sink and its spool. A file that cannot be opened is an error; a peer that cannot be reached is not.
  static Result<std::unique_ptr<Delivery>> open(const Options& options, Disk& disk, const Clock& clock);
  ~Delivery();

  // Before all that follows: pages get decisions and bars, too; `feed` outlives this.
  void tell(EventFeed& feed) {
    stage_->tell(feed);
    has_feed_ = true;
  }
  // Where batches go; absent when there are no sinks and no pages.
  DeliveryQueue* queue() { return sinks_.empty() && !has_feed_ ? nullptr : &queue_; }
  const SpooledPosition* spooled() const { return &spooled_; }
  std::uint64_t worst_case_bytes() const;

  // How far the spools are that go on with what they have, for Recovery::plan; and what it made of it.
  std::vector<Progress> points();
  Result<void> begin_replay(const std::string& id, const std::vector<std::uint64_t>& known_to_spools);
  Result<void> begin_journal(const std::string& id, std::uint64_t position);

  // Each sink's thread. Beside a recovery already, so that a full spool empties.
  void start_threads();
  // The stage; by one thread.
  Work do_work() { return stage_->do_work(); }
  // Until the queue is closed and drained.
  void run();

  // Any thread.
  void reopen_files();
  void set_deadline(ElapsedMillis deadline_ms) { deadline_ms_.store(deadline_ms); }

  // After run(): everything is delivered, or what is left makes no progress. Call it again and again.
  bool is_drained();
  // Ends the threads. False: one does not end by `until_ms` (its file or peer hangs); it keeps what it needs, and the
  // process must be left by _exit().
  bool close(ElapsedMillis until_ms);
  // A spool could not be brought to the disk: nothing is known of what it has. Any thread.
  bool has_failed() const { return stage_->has_failed(); }
  // Any thread, while this object lives.
  std::vector<SinkFigures> figures() const;
  // Lines that no sink has taken by now, in a sentence each; after close().
  void report_undelivered() const;
  // Batches that a full spool did not take before the deadline.
  std::uint64_t batches_given_up() const { return stage_->batches_given_up(); }

 private:
  struct Running {
    std::unique_ptr<Spool> spool;
    std::unique_ptr<Sink> sink;
    std::thread thread;
    bool takes_bars = false;
    SinkWatch watch;
    // As of its last turn.
    std::atomic<std::uint64_t> delivered_end{0};  // the spool's end when all in it was last known to be delivered
    std::atomic<bool> able{false};
    std::atomic<bool> ended{false};
  };

  Delivery(const Options& options, Disk& disk, const Clock& clock);
  Result<void> add_stdout();
  Result<void> add(const std::string& text, bool takes_bars);
  Result<Spool*> open_spool(const std::string& name, const std::string& spec);
  std::string spool_root() const { return options_.state_dir + "/spool"; }
  std::string cursor_path(const std::string& name) const { return spool_root() + "/" + name + "/cursor"; }
  void report_abandoned();
  void run_sink(Running& running);
  void add_outlet(Outlet outlet);

  const Options& options_;
  Disk& disk_;
  const Clock& clock_;
  DeliveryQueue queue_;
  SpooledPosition spooled_;
  std::vector<std::shared_ptr<Running>> sinks_;
  std::vector<Outlet> outlets_;
  std::vector<std::string> folders_;   // of the spools in use, names only
  std::vector<std::size_t> goes_on_;   // outlets whose points were given to the recovery
  std::unique_ptr<DeliveryStage> stage_;
  bool has_feed_ = false;
  std::atomic<bool> stop_{false};
  std::atomic<ElapsedMillis> deadline_ms_{std::numeric_limits<ElapsedMillis>::max()};
  std::uint64_t undelivered_ = 0;
  ElapsedMillis progress_ms_ = -1;  // when it last became less
};

}  // namespace streamd
