// The pictures as gnuplot draws them from the files of PlotData. Pure.
#pragma once

#include <string>

#include "flags/picture_format.h"
#include "plot/plot_data.h"

namespace streamd::plot {

struct PictureOptions {
  bool show_state = false;
  bool urgency_thickness = false;
  bool show_posture = false;
};

// Along the time axis; more than pixels, for SVG and PDF can be enlarged.
inline constexpr int kPictureColumns = 2200;
inline constexpr int kPictureWidth = 1280, kPictureHeight = 960;  // pixels of a PNG

// `axes`: the picture before the first decision, with the axes, the title and the legend of the whole one.
enum class Content { decisions, axes };

// Target exposure, its changes, PnL. `folder` has the files, `out` is written; `title` says whose decisions.
std::string exposure_script(const PlotData& data, const PictureOptions& options, const std::string& folder,
                            const std::string& title, PictureFormat format, const std::string& out,
                            int height = kPictureHeight, Content content = Content::decisions);
// Each symbol's states over time.
std::string state_script(const PlotData& data, const std::string& folder, const std::string& title,
                         PictureFormat format, const std::string& out);

// A text as gnuplot reads it back, whatever is in it; `?` for control characters.
std::string quoted(std::string text);
// And a file's name, that is nothing but that: gnuplot runs what begins with `|` or `<`, and knows `~`.
std::string quoted_path(const std::string& path);

}  // namespace streamd::plot
