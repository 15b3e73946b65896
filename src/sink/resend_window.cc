#include "sink/resend_window.h"

namespace streamd {
namespace {

constexpr int kSamplesInWindow = 64;

}  // namespace

void ResendWindow::start(std::uint64_t position) {
  samples_.assign(1, {last_ms_, position, 0});
  total_bytes_ = 0;
  under_way_ = 0;
}

void ResendWindow::set_under_way(std::uint64_t bytes) {
  under_way_ = bytes;
  drop_old();
}

void ResendWindow::drop_old() {
  while (samples_.size() > 1 && may_begin_at(samples_[1])) samples_.pop_front();
}

void ResendWindow::sent(ElapsedMillis now_ms, std::uint64_t position, std::uint64_t bytes) {
  total_bytes_ += bytes;
  last_ms_ = now_ms;
  const Sample& newest = samples_.back();
  if (position > newest.position && (total_bytes_ - newest.bytes >= bytes_ / kSamplesInWindow ||
                                     now_ms - newest.ms >= ms_ / kSamplesInWindow)) {
    samples_.push_back({now_ms, position, total_bytes_});
  }
  drop_old();
  if (samples_.size() > kMaxSamples) {  // coarser ones do
    std::deque<Sample> fewer;
    for (std::size_t i = 0; i < samples_.size(); i += 2) fewer.push_back(samples_[i]);
    samples_ = std::move(fewer);
  }
}

bool ResendWindow::forget_seconds() {
  const std::uint64_t before = begin();
  while (samples_.size() > 1 && is_behind_bytes(samples_[1])) samples_.pop_front();
  return begin() != before;
}

}  // namespace streamd
