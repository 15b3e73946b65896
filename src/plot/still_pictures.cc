#include "plot/still_pictures.h"

#include <fmt/format.h>

#include "flags/picture_format.h"
#include "plot/gnuplot_script.h"
#include "plot/run_gnuplot.h"

namespace streamd::plot {

std::string picture_title(const std::string& ndjson, const std::vector<SymbolSeries>& series) {
  std::size_t decisions = 0;
  for (const SymbolSeries& one : series) decisions += one.points.size();
  const auto count = [](std::size_t number, const char* what) {
    return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
  };
  return fmt::format("{}: {} of {}", ndjson.substr(ndjson.rfind('/') + 1), count(decisions, "decision"),
                     count(series.size(), "symbol"));
}

Result<void> draw_pictures(const PlotOptions& options, const std::string& gnuplot,
                           const std::vector<SymbolSeries>& series, const std::atomic<bool>& stopped) {
  const PlotData data = plot_data(series, kPictureColumns);
  const std::string title = picture_title(options.ndjson, series);
  if (!options.out.empty()) {
    const PictureFormat format = *picture_format(options.out);
    const Drawing drawing{data.files, [&](const std::string& folder, const std::string& out) {
                            return exposure_script(data, options.picture, folder, title, format, out);
                          }};
    if (auto drawn = run_gnuplot(gnuplot, drawing, options.out, kDrawingTakesAtMost, stopped); !drawn) return drawn;
  }
  if (options.state_out.empty()) return {};
  const Drawing drawing{data.files, [&](const std::string& folder, const std::string& out) {
                          return state_script(data, folder, title, *picture_format(options.state_out), out);
                        }};
  return run_gnuplot(gnuplot, drawing, options.state_out, kDrawingTakesAtMost, stopped);
}

}  // namespace streamd::plot
