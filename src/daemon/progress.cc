#include "daemon/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace streamd {

ProgressBar::ProgressBar(std::string title) : title_(std::move(title)), on_terminal_(::isatty(STDERR_FILENO) == 1) {}

std::string ProgressBar::draw(const std::string& title, std::uint64_t bytes_done, std::uint64_t bytes_total,
                              std::uint64_t lines, ElapsedMillis elapsed_ms) {
  const double share = bytes_total == 0 ? 1.0
                                        : std::min(1.0, static_cast<double>(bytes_done) / static_cast<double>(bytes_total));
  const double seconds = std::max(0.001, static_cast<double>(elapsed_ms) / 1000.0);
  constexpr int kWidth = 30;
  const int filled = static_cast<int>(share * kWidth);
  std::string bar(static_cast<std::size_t>(filled), '#');
  bar.resize(kWidth, '.');
  std::string text = fmt::format("{} [{}] {:3.0f}%  {:.1f} MB/s  {:.2f} M lines/s", title, bar, share * 100,
                                 static_cast<double>(bytes_done) / seconds / 1e6,
                                 static_cast<double>(lines) / seconds / 1e6);
  if (share > 0 && share < 1) {
    const auto left = static_cast<std::int64_t>(seconds * (1 - share) / share + 0.5);
    text += fmt::format("  {}:{:02} left", left / 60, left % 60);
  }
  return text;
}

void ProgressBar::update(std::uint64_t bytes_done, std::uint64_t bytes_total, std::uint64_t lines,
                         ElapsedMillis now_ms) {
  if (!on_terminal_) return;
  if (!started_) {
    started_ = true;
    start_ms_ = last_ms_ = now_ms;
    return;
  }
  if (now_ms - last_ms_ < 200) return;
  last_ms_ = now_ms;
  shown_ = true;
  std::fprintf(stderr, "\r\033[K%s", draw(title_, bytes_done, bytes_total, lines, now_ms - start_ms_).c_str());
  std::fflush(stderr);
}

void ProgressBar::clear() {
  if (!shown_) return;
  std::fprintf(stderr, "\r\033[K");
  std::fflush(stderr);
  shown_ = false;
}

}  // namespace streamd
