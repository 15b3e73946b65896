#include "plot/run_ffmpeg.h"

#include <fmt/format.h>

#include "io/file.h"
#include "io/find_program.h"

namespace streamd::plot {
namespace {

constexpr std::chrono::seconds kPatience{120};
constexpr int kFramesAKeyframe = 100;  // what a player decodes at most to show the place that is sought

Result<void> result_of(ChildProgram::Outcome outcome, const ChildProgram& ffmpeg) {
  switch (outcome) {
    case ChildProgram::Outcome::done: return {};
    case ChildProgram::Outcome::stopped: return Error{"stopped before the video was made"};
    case ChildProgram::Outcome::failed: return Error{"ffmpeg " + ffmpeg.complaint()};
    case ChildProgram::Outcome::late: break;
  }
  return Error{fmt::format("ffmpeg did nothing for {} s and was ended", kPatience.count())};
}

std::vector<std::string> words(const std::string& ffmpeg, std::vector<std::string> more) {
  std::vector<std::string> all = {ffmpeg, "-nostdin", "-hide_banner", "-loglevel", "error", "-y"};
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  return all;
}

// A name that ffmpeg takes for nothing but a file.
std::string file(const std::string& path) { return "file:" + path; }

}  // namespace

Result<std::string> find_ffmpeg() { return find_program("ffmpeg", "makes the videos", "ffmpeg"); }

Result<RgbPicture> decode_picture(const std::string& ffmpeg, const std::string& png, int width, int height,
                                  const std::string& folder, const std::atomic<bool>& stopped) {
  const std::string raw = folder + "/picture.rgb";
  auto program = ChildProgram::start(
      words(ffmpeg, {"-i", file(png), "-f", "rawvideo", "-pix_fmt", "rgb24", file(raw)}), folder + "/errors",
      ChildProgram::Input::none);
  if (!program) return program.error();
  if (auto decoded = result_of(program->wait(kPatience, stopped), program.value()); !decoded) return decoded.error();
  auto bytes = read_whole_file(raw);
  if (!bytes) return bytes.error();
  if (bytes->size() != static_cast<std::size_t>(width * height) * 3) {
    return Error{fmt::format("ffmpeg made {} bytes of a picture of {}x{} pixels", bytes->size(), width, height)};
  }
  return RgbPicture{width, height, std::move(bytes).value()};
}

Result<VideoEncoder> VideoEncoder::start(const std::string& ffmpeg, const Video& video, const std::string& out,
                                         const std::string& folder, const std::atomic<bool>& stopped) {
  auto program = ChildProgram::start(
      words(ffmpeg, {"-f", "rawvideo", "-pix_fmt", "rgb24", "-video_size",
                     fmt::format("{}x{}", video.width, video.height), "-framerate", std::to_string(video.fps), "-i",
                     "pipe:0",
                     // Colours as browsers take them to be.
                     "-vf", "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p", "-colorspace", "bt709",
                     "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv",
                     // Text stays crisp, and a frame takes some ten milliseconds.
                     "-c:v", "libvpx-vp9", "-b:v", "0", "-crf", "16", "-deadline", "realtime", "-cpu-used", "6",
                     "-tune-content", "screen", "-threads", "2", "-row-mt", "1", "-g",
                     std::to_string(kFramesAKeyframe), "-f", "webm", file(out)}),
      folder + "/errors", ChildProgram::Input::written);
  if (!program) return program.error();
  return VideoEncoder(std::move(program).value(), stopped);
}

Result<void> VideoEncoder::add(const RgbPicture& frame) {
  const auto outcome = program_.write(frame.bytes, kPatience, *stopped_);
  if (outcome != ChildProgram::Outcome::failed) return result_of(outcome, program_);
  auto ended = finish();
  return ended ? Error{"ffmpeg ended before it had the whole video"} : ended;
}

Result<void> VideoEncoder::finish() {
  program_.close_input();
  return result_of(program_.wait(kPatience, *stopped_), program_);
}

}  // namespace streamd::plot
