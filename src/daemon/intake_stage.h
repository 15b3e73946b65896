// Intake: polls the sources, cuts and reads their lines, adds ticks, and gives event batches to the core.
// While the queue to the core is full it reads nothing, so producers are pushed back; ticks say so.
#pragma once

#include <limits>
#include <optional>
#include <string>

#include "base/clock.h"
#include "daemon/stage.h"
#include "source/line_intake.h"
#include "source/tail_source.h"
#include "source/tcp_source.h"

namespace streamd {

class IntakeStage {
 public:
  // `tcp` and `tail` may be absent. `recycled` brings emptied batches back.
  IntakeStage(LineIntake& intake, RejectLog& rejects, TcpSource* tcp, TailSource* tail, const Clock& clock,
              EventQueue& recycled, EventQueue& output);

  // Waits up to `wait_ms` for sockets when there is nothing to do.
  Work do_work(int wait_ms);
  // From now on: no new connections, what has arrived is read, open seconds are written, then finished.
  void stop();
  // What is not read by then is left, so that the daemon can end.
  void set_deadline(ElapsedMillis deadline_ms) { deadline_ms_ = deadline_ms; }
  // Bytes that had arrived and were left.
  std::uint64_t bytes_left() const { return bytes_left_; }
  // All tailed files are in (never without any).
  bool tails_finished() const { return tail_ != nullptr && tail_->finished(); }

 private:
  void begin_batch();
  void give_batch();
  void add_tick_if_due(ElapsedMillis interval_ms);
  bool stopped_reading() const;
  Work finish();

  static constexpr ElapsedMillis kTickMs = 100;
  static constexpr ElapsedMillis kLateTickMs = 500;  // then reading was held up

  LineIntake& intake_;
  RejectLog& rejects_;
  TcpSource* tcp_;
  TailSource* tail_;
  const Clock& clock_;
  EventQueue& recycled_;
  EventQueue& output_;
  std::unique_ptr<EventBatch> batch_;
  bool interrupted_ = false;  // since the last tick
  std::optional<ElapsedMillis> last_tick_ms_;
  bool stopping_ = false;
  bool finished_ = false;
  ElapsedMillis deadline_ms_ = std::numeric_limits<ElapsedMillis>::max();
  std::uint64_t bytes_left_ = 0;
};

}  // namespace streamd
