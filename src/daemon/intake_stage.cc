#include "daemon/intake_stage.h"

#include <utility>

namespace streamd {

IntakeStage::IntakeStage(LineIntake& intake, RejectLog& rejects, TcpSource* tcp, TailSource* tail, const Clock& clock,
                         EventQueue& recycled, EventQueue& output)
    : intake_(intake), rejects_(rejects), tcp_(tcp), tail_(tail), clock_(clock), recycled_(recycled), output_(output) {}

void IntakeStage::stop() {
  if (stopping_) return;
  stopping_ = true;
  if (tcp_ != nullptr) tcp_->stop_accepting();
}

Work IntakeStage::do_work(int wait_ms) {
  if (finished_) return Work::finished;
  const bool full = !output_.has_room() || rejects_.is_full();
  if (full && !(stopping_ && clock_.elapsed_ms() >= deadline_ms_)) {
    interrupted_ = true;
    rejects_.flush();
    return Work::blocked;
  }
  begin_batch();
  // The first thing that the core learns is the time, and after a hold-up too: lines are checked against it.
  add_tick_if_due(kLateTickMs);
  if (stopping_ && stopped_reading()) return finish();
  bool any = false;
  if (tcp_ != nullptr) tcp_->poll(0);
  if (tcp_ != nullptr) any |= tcp_->read();
  if (tail_ != nullptr && !stopping_) any |= tail_->read();
  add_tick_if_due(kTickMs);
  give_batch();
  if (any || stopping_) return Work::done;
  if (tcp_ != nullptr) tcp_->poll(wait_ms);
  return Work::idle;
}

void IntakeStage::begin_batch() {
  if (batch_ == nullptr) {
    if (auto recycled = recycled_.try_pop()) {
      batch_ = std::move(*recycled);
    } else {
      batch_ = std::make_unique<EventBatch>();
    }
  }
  intake_.set_batch(batch_.get());
}

void IntakeStage::give_batch() {
  rejects_.flush();
  intake_.publish_counts();
  if (!batch_->empty()) output_.push(std::exchange(batch_, nullptr));
}

// Behind a batch's reads, as a rule, so that it says what they have left unread.
void IntakeStage::add_tick_if_due(ElapsedMillis interval_ms) {
  const ElapsedMillis now = clock_.elapsed_ms();
  if (last_tick_ms_ && now - *last_tick_ms_ < interval_ms) return;
  last_tick_ms_ = now;
  Tick tick;
  tick.wall_ms = clock_.wall_ms();
  tick.elapsed_ms = now;
  tick.all_interrupted = std::exchange(interrupted_, false);
  if (tcp_ != nullptr) {
    tcp_->poll(0);
    tcp_->add_undrained(tick.busy);
  }
  if (tail_ != nullptr) tail_->add_undrained(tick.busy);
  intake_.set_wall_ms(tick.wall_ms);
  batch_->add_tick(std::move(tick));
}

bool IntakeStage::stopped_reading() const {
  return tcp_ == nullptr || tcp_->bytes_to_read() == 0 || clock_.elapsed_ms() >= deadline_ms_;
}

Work IntakeStage::finish() {
  if (tcp_ != nullptr) {
    bytes_left_ = tcp_->bytes_to_read();
    tcp_->close_all();
  }
  batch_->add_write_open(kAllSources);
  if (tail_ != nullptr) tail_->add_positions();
  give_batch();
  rejects_.flush(true);
  output_.close();
  finished_ = true;
  return Work::finished;
}

}  // namespace streamd
