#include "plot/frame_painter.h"

#include <algorithm>
#include <cmath>

#include "base/result.h"
#include "plot/picture_layout.h"

namespace streamd::plot {
namespace {

constexpr std::size_t kPixel = 3;
constexpr char kGrey = '\x77';
constexpr double kHalfALine = 1;

}  // namespace

FramePainter::FramePainter(RgbPicture whole, RgbPicture axes) : whole_(std::move(whole)), shown_(std::move(axes)) {
  STREAMD_CHECK(whole_.width == shown_.width && whole_.height == shown_.height);
}

const RgbPicture& FramePainter::frame(int column) {
  show_up_to(std::min(column, shown_.width - 1));
  for (const Range& panel : {kExposurePanel, kDeltaPanel, kPnlPanel}) draw_line(columns_shown_, panel);
  return shown_;
}

void FramePainter::show_up_to(int column) {
  if (column <= columns_shown_) return;
  const std::size_t row = static_cast<std::size_t>(shown_.width) * kPixel;
  const std::size_t begin = static_cast<std::size_t>(columns_shown_) * kPixel;
  const std::size_t size = static_cast<std::size_t>(column) * kPixel - begin;
  for (std::size_t at = begin; at < shown_.bytes.size(); at += row) {
    shown_.bytes.replace(at, size, whole_.bytes, at, size);
  }
  columns_shown_ = column;
}

void FramePainter::draw_line(int column, const Range& panel) {
  const auto row_at = [&](double share) { return static_cast<int>(std::lround((1 - share) * shown_.height)); };
  for (int y = row_at(panel.high); y < row_at(panel.low); ++y) {
    const auto pixel = static_cast<std::size_t>(y * shown_.width + column) * kPixel;
    std::fill_n(shown_.bytes.begin() + static_cast<std::ptrdiff_t>(pixel), kPixel, kGrey);
  }
}

int frontier_column(UnixMillis time, const Range& time_axis, int width) {
  return static_cast<int>(std::ceil(place_of(static_cast<double>(time) / 1000, time_axis, width) + kHalfALine));
}

}  // namespace streamd::plot
