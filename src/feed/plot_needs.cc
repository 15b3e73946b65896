#include "feed/plot_needs.h"

#include "feed/companion_program.h"
#include "flags/plot_programs.h"
#include "io/file.h"

namespace streamd::feed {

Result<void> find_plot_programs(const PlotPlan& plan) {
  if (auto plotter = program_beside(kPlotter); !plotter) return plotter.error();
  if (plan.draws_pictures()) {
    auto gnuplot = find_gnuplot();
    if (!gnuplot) return gnuplot.error();
  }
  if (!plan.webm.empty()) {
    auto ffmpeg = find_ffmpeg();
    if (!ffmpeg) return ffmpeg.error();
  }
  return {};
}

Result<void> make_plot_folders(const PlotPlan& plan) {
  for (const std::string* path : {&plan.out, &plan.webm}) {
    if (path->empty()) continue;
    if (auto made = make_parent_folders(*path); !made) return made;
  }
  return {};
}

}  // namespace streamd::feed
