// What leaves the daemon: the real delivery stage and real spools on the simulated disk, and sinks that take pieces at
// random, hang, and may go back to where they were.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "daemon/delivery_stage.h"
#include "sim/sim_disk.h"
#include "sim/sim_replay.h"
#include "store/store.h"

namespace streamd::sim {

// A sink's other end; it outlives the daemon. What it received is checked in the end.
class SimSink {
 public:
  SimSink(std::string name, bool takes_bars, WhenFull when_full, std::uint64_t max_bytes, std::uint64_t segment_bytes)
      : name_(std::move(name)),
        takes_bars_(takes_bars),
        when_full_(when_full),
        max_bytes_(max_bytes),
        segment_bytes_(segment_bytes) {}

  SpoolOptions spool_options() const { return {"spool-" + name_, name_, max_bytes_, segment_bytes_}; }
  Outlet outlet(Spool& spool) const { return {name_, takes_bars_, when_full_, &spool}; }
  bool takes_bars() const { return takes_bars_; }

  // The daemon has opened its spool; its journal goes on at `position`; and after each turn of the delivery stage.
  void attach(const Spool& spool);
  void begin_journal(const Spool& spool, std::uint64_t position);
  void follow_gap(const Spool& spool);
  // Takes a piece of what waits. False: nothing waits, or it hangs. `patient`: no more mischief.
  bool act(Random& random, Spool& spool, bool patient);
  bool has_all(const Spool& spool) const { return cursor_ == spool.end_position(); }
  // The daemon has died; or a run went by without it.
  void lose_cursor(Random& random, bool power_lost);
  void miss_run() { missed_a_run_ |= joined_.has_value(); }

  // Against what the whole journal says; `history_was_cut`: there were other histories, too, that made `other_lines`.
  // Empty, or what is wrong.
  std::string compare(const Replay& replay, bool history_was_cut, bool journal_was_trimmed,
                      const std::unordered_set<std::string>& other_lines) const;

 private:
  struct Gap {
    std::uint64_t from = 0;   // lines of events behind it are missing …
    std::uint64_t until = 0;  // … up to there
  };

  const std::string name_;
  const bool takes_bars_;
  const WhenFull when_full_;
  const std::uint64_t max_bytes_;
  const std::uint64_t segment_bytes_;
  std::uint64_t cursor_ = 0;
  std::deque<std::uint64_t> earlier_cursors_;
  int hangs_for_ = 0;  // turns
  std::optional<std::uint64_t> joined_;  // lines of events behind it are its
  bool missed_a_run_ = false;
  bool gap_is_open_ = false;
  std::vector<Gap> gaps_;
  std::unordered_set<std::string> received_;
};

// The daemon's side, wired as daemon/delivery.cc does it.
class SimDelivery {
 public:
  SimDelivery(Random& random, SimDisk& disk, const Clock& clock, const std::vector<SimSink*>& sinks,
              std::size_t queue_bytes);

  DeliveryQueue* queue() { return sinks_.empty() ? nullptr : &queue_; }
  const SpooledPosition* spooled() const { return &spooled_; }
  std::vector<Progress> points();
  void begin_replay(const std::string& id, const std::vector<std::uint64_t>& known_to_spools);
  void begin_journal(const std::string& id, std::uint64_t position);
  Work do_work();
  // One turn of each sink; false when none took anything.
  bool sinks_act(bool patient);
  // After the stage has finished.
  void empty_spools();

 private:
  Random& random_;
  std::vector<SimSink*> sinks_;
  std::vector<std::unique_ptr<Spool>> spools_;
  std::vector<std::size_t> goes_on_;  // sinks whose points were given to the recovery
  DeliveryQueue queue_;
  SpooledPosition spooled_;
  std::unique_ptr<DeliveryStage> stage_;
};

}  // namespace streamd::sim
