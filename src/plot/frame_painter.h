// The frames of a time lapse. The axes span everything from the first frame on, so what was decided up to some time is
// the left part of the whole picture; the rest of the frame is the picture without decisions, and a thin line stands
// between them. So frames cost no drawing. Pure.
#pragma once

#include <cstddef>
#include <string>

#include "base/units.h"
#include "plot/plot_data.h"

namespace streamd::plot {

struct RgbPicture {
  int width = 0, height = 0;
  std::string bytes;  // three a pixel, row after row
};

class FramePainter {
 public:
  // Two pictures of the same size, with the same axes.
  FramePainter(RgbPicture whole, RgbPicture axes);

  // The whole picture left of `column`, which has the line. Columns of successive calls must not fall. Valid until the
  // next call.
  const RgbPicture& frame(int column);
  const RgbPicture& whole() const { return whole_; }

 private:
  void show_up_to(int column);
  void draw_line(int column, const Range& panel);

  RgbPicture whole_, shown_;
  int columns_shown_ = 0;
};

// The first column right of the lines that a decision of that time has made. What comes less than a line's width later
// shows by its beginning, and a marker whose time is later by the part of it that is left of the column.
int frontier_column(UnixMillis time, const Range& time_axis, int width);

}  // namespace streamd::plot
