// Intake: polls the sources, cuts and reads their lines, adds ticks, and gives event batches to the core.
// While the queue to the core is full it reads nothing, so producers are pushed back; ticks say so.
#pragma once

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
  // Whatever has not arrived by `deadline_ms` is left.
  void stop(ElapsedMillis deadline_ms);
  // All tailed files are in (never without any).
  bool tails_finished() const { return tail_ != nullptr && tail_->finished(); }

 private:
  void begin_batch();
  void give_batch();
  void add_tick_if_due();
  bool stopped_reading() const;
  Work finish();

  static constexpr ElapsedMillis kTickMs = 100;

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
  ElapsedMillis deadline_ms_ = 0;
};

}  // namespace streamd
