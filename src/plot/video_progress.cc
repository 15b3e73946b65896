#include "plot/video_progress.h"

#include <fmt/format.h>

#include <cstdint>

namespace streamd::plot {

std::string VideoProgress::text(std::size_t frames_done, std::size_t frames, double elapsed_s) {
  constexpr std::size_t kWidth = 30;
  std::string bar(frames_done * kWidth / frames, '#');
  bar.resize(kWidth, '.');
  std::string text =
      fmt::format("video [{}] {:3}%  frame {} of {}", bar, frames_done * 100 / frames, frames_done, frames);
  if (frames_done > 0 && frames_done < frames) {
    const double left = elapsed_s * static_cast<double>(frames - frames_done) / static_cast<double>(frames_done);
    const auto seconds = static_cast<std::int64_t>(left + 0.5);
    text += fmt::format("  {}:{:02} left", seconds / 60, seconds % 60);
  }
  return text;
}

void VideoProgress::update(std::size_t frames_done, std::size_t frames) {
  const auto now = Clock::now();
  if (now - last_ < std::chrono::milliseconds(200)) return;
  last_ = now;
  line_.show(text(frames_done, frames, std::chrono::duration<double>(now - start_).count()));
}

}  // namespace streamd::plot
