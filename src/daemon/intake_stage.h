// Intake: polls the sources, cuts and reads their lines, adds ticks, and gives event batches to the core.
// While the queue to the core is full it reads nothing, so producers are pushed back; ticks say so.
#pragma once

#include <limits>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "daemon/stage.h"
#include "source/line_intake.h"
#include "source/source.h"

namespace streamd {

class IntakeStage {
 public:
  // `recycled` brings emptied batches back.
  IntakeStage(LineIntake& intake, RejectLog& rejects, std::vector<Source*> sources, const Clock& clock,
              EventQueue& recycled, EventQueue& output);

  // Waits up to `wait_ms` for sockets when there is nothing to do.
  Work do_work(int wait_ms);
  // From now on: no new connections, what has arrived is read, open seconds are written, the output is closed; when the
  // last answers are sent, finished. `at_end_of_files`: since all files are read, not because somebody asks.
  void stop(bool at_end_of_files);
  // What is not read by then is left, so that the daemon can end.
  void set_deadline(ElapsedMillis deadline_ms) { deadline_ms_ = deadline_ms; }
  // Bytes that had arrived and were left.
  std::uint64_t bytes_left() const { return bytes_left_; }

 private:
  void begin_batch();
  void give_batch();
  void add_tick_if_due(ElapsedMillis interval_ms);
  bool stopped_reading() const;
  std::uint64_t bytes_to_read() const;
  void finish_reading();
  bool has_answers() const;
  void poll(int wait_ms);

  static constexpr ElapsedMillis kTickMs = 100;
  static constexpr ElapsedMillis kLateTickMs = 500;  // then reading was held up
  static constexpr ElapsedMillis kLastAnswersMs = 5'000;  // at a stop, for the stages behind; not beyond the deadline
  static constexpr ElapsedMillis kLateAnswersMs = 300;    // but at least

  LineIntake& intake_;
  RejectLog& rejects_;
  const std::vector<Source*> sources_;
  const Clock& clock_;
  EventQueue& recycled_;
  EventQueue& output_;
  std::unique_ptr<EventBatch> batch_;
  std::uint64_t batches_ = 0;  // begun
  bool interrupted_ = false;  // since the last tick
  std::optional<ElapsedMillis> last_tick_ms_;
  bool stopping_ = false;
  bool at_end_of_files_ = false;
  bool all_read_ = false;
  ElapsedMillis answers_until_ms_ = 0;
  bool finished_ = false;
  ElapsedMillis deadline_ms_ = std::numeric_limits<ElapsedMillis>::max();
  std::uint64_t bytes_left_ = 0;
};

}  // namespace streamd
