#include "plot/time_lapse.h"

#include "plot/frame_painter.h"
#include "plot/frame_times.h"
#include "plot/gnuplot_script.h"
#include "plot/picture_layout.h"
#include "plot/run_ffmpeg.h"
#include "plot/run_gnuplot.h"
#include "plot/still_pictures.h"
#include "plot/temporary_folder.h"
#include "plot/unfinished_file.h"
#include "plot/video_progress.h"

namespace streamd::plot {

Result<void> make_time_lapse(const PlotOptions& options, const std::string& gnuplot, const std::string& ffmpeg,
                             const std::vector<SymbolSeries>& series, const std::atomic<bool>& stopped) {
  auto video = UnfinishedFile::make(options.webm);
  if (!video) return video.error();
  const auto folder = TemporaryFolder::make();
  if (!folder) return folder.error();
  const std::string& path = folder.value().path();
  const PlotData data = plot_data(series, kPictureColumns);
  const std::string title = picture_title(options.ndjson, series);
  const auto picture = [&](Content content) -> Result<RgbPicture> {
    const std::string png = path + "/picture.png";
    const Drawing drawing{data.files, [&](const std::string& files, const std::string& out) {
                            return exposure_script(data, options.picture, files, title, PictureFormat::png, out,
                                                   kVideoHeight, content);
                          }};
    if (auto drawn = run_gnuplot(gnuplot, drawing, png, kDrawingTakesAtMost, stopped); !drawn) return drawn.error();
    return decode_picture(ffmpeg, png, kVideoWidth, kVideoHeight, path, stopped);
  };
  auto whole = picture(Content::decisions);
  if (!whole) return whole.error();
  auto axes = picture(Content::axes);
  if (!axes) return axes.error();
  FramePainter painter(std::move(whole).value(), std::move(axes).value());

  auto encoder = VideoEncoder::start(ffmpeg, {kVideoWidth, kVideoHeight, options.fps}, video->path(), path, stopped);
  if (!encoder) return encoder.error();
  const std::vector<UnixMillis> times = frame_times(series, options.frame_step);
  const Range axis = time_axis(data);
  VideoProgress progress;
  for (std::size_t k = 0; k + 1 < times.size(); ++k) {
    const RgbPicture& frame = painter.frame(frontier_column(times[k], axis, kVideoWidth));
    if (auto added = encoder->add(frame); !added) return added;
    progress.update(k + 1, times.size());
  }
  if (auto added = encoder->add(painter.whole()); !added) return added;
  if (auto finished = encoder->finish(); !finished) return finished;
  return video->finish();
}

}  // namespace streamd::plot
