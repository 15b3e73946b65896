#include "daemon/intake_stage.h"

#include <algorithm>
#include <utility>

namespace streamd {

IntakeStage::IntakeStage(LineIntake& intake, RejectLog& rejects, std::vector<Source*> sources, const Clock& clock,
                         EventQueue& recycled, EventQueue& output)
    : intake_(intake),
      rejects_(rejects),
      sources_(std::move(sources)),
      clock_(clock),
      recycled_(recycled),
      output_(output) {}

void IntakeStage::stop(bool at_end_of_files) {
  if (stopping_) return;
  stopping_ = true;
  at_end_of_files_ = at_end_of_files;
  for (Source* source : sources_) source->stop();
}

Work IntakeStage::do_work(int wait_ms) {
  if (finished_) return Work::finished;
  for (Source* source : sources_) source->answer();
  if (all_read_) {
    finished_ = !has_answers() || clock_.elapsed_ms() >= answers_until_ms_;
    if (!finished_) poll(wait_ms);
    if (finished_) {
      for (Source* source : sources_) source->close();
    }
    return finished_ ? Work::finished : Work::idle;
  }
  const bool full = !output_.has_room() || rejects_.is_full();
  if (full && !(stopping_ && clock_.elapsed_ms() >= deadline_ms_)) {
    interrupted_ = true;
    rejects_.flush();
    return Work::blocked;
  }
  begin_batch();
  // The first thing that the core learns is the time, and after a hold-up too: lines are checked against it.
  add_tick_if_due(kLateTickMs);
  if (stopping_ && stopped_reading()) {
    finish_reading();
    return Work::done;
  }
  poll(0);
  batch_->read_us = clock_.elapsed_us();
  bool any = false;
  for (Source* source : sources_) any |= source->read();
  add_tick_if_due(kTickMs);
  give_batch();
  if (any) return Work::done;
  poll(wait_ms);
  return Work::idle;
}

void IntakeStage::poll(int wait_ms) {
  for (Source* source : sources_) source->poll(wait_ms);
}

void IntakeStage::begin_batch() {
  if (batch_ == nullptr) {
    if (auto recycled = recycled_.try_pop()) {
      batch_ = std::move(*recycled);
    } else {
      batch_ = std::make_unique<EventBatch>();
    }
    batch_->number = ++batches_;
  }
  intake_.set_batch(batch_.get());
}

void IntakeStage::give_batch() {
  for (Source* source : sources_) source->end_batch();
  intake_.end_batch();
  rejects_.flush();
  if (!batch_->empty() || batch_->wants_sync) output_.push(std::exchange(batch_, nullptr));
}

// Behind a batch's reads, as a rule, so that it says what they have left unread.
void IntakeStage::add_tick_if_due(ElapsedMillis interval_ms) {
  const ElapsedMillis now_ms = clock_.elapsed_ms();
  if (last_tick_ms_ && now_ms - *last_tick_ms_ < interval_ms) return;
  last_tick_ms_ = now_ms;
  Tick tick;
  tick.wall_ms = clock_.wall_ms();
  tick.elapsed_ms = now_ms;
  tick.all_interrupted = std::exchange(interrupted_, false);
  poll(0);
  for (const Source* source : sources_) source->add_undrained(tick.busy);
  intake_.set_wall_ms(tick.wall_ms);
  batch_->add_tick(std::move(tick));
}

std::uint64_t IntakeStage::bytes_to_read() const {
  std::uint64_t sum = 0;
  for (const Source* source : sources_) sum += source->bytes_to_read();
  return sum;
}

bool IntakeStage::stopped_reading() const { return bytes_to_read() == 0 || clock_.elapsed_ms() >= deadline_ms_; }

bool IntakeStage::has_answers() const {
  return std::any_of(sources_.begin(), sources_.end(), [](const Source* source) { return source->has_answers(); });
}

void IntakeStage::finish_reading() {
  bytes_left_ = bytes_to_read();
  for (Source* source : sources_) source->finish();
  if (at_end_of_files_) batch_->add_input_end({clock_.wall_ms()});
  batch_->add_write_open();
  batch_->wants_sync = true;
  give_batch();
  rejects_.flush(true);
  output_.close();
  all_read_ = true;
  const ElapsedMillis now_ms = clock_.elapsed_ms();
  answers_until_ms_ = std::min(now_ms + kLastAnswersMs, std::max(deadline_ms_, now_ms + kLateAnswersMs));
}

}  // namespace streamd
