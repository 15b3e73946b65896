#include "plot/run_ffmpeg.h"

#include <fmt/format.h>

#include <sstream>

#include "io/file.h"

namespace streamd::plot {
namespace {

constexpr std::chrono::seconds kPatience{120};
constexpr const char* kRawFrames = "-f rawvideo -pix_fmt rgb24";
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

// A name that ffmpeg takes for nothing but a file.
std::string file(const std::string& path) { return "file:" + path; }

// Settings have spaces between them; names may have anything in them.
std::vector<std::string> command(const std::string& ffmpeg, const std::string& settings_in, const std::string& in,
                                 const std::string& settings_out, const std::string& out) {
  std::vector<std::string> words = {ffmpeg};
  const auto add = [&](const std::string& settings) {
    std::istringstream all(settings);
    for (std::string word; all >> word;) words.push_back(word);
  };
  add("-nostdin -hide_banner -loglevel error -y");
  add(settings_in);
  words.insert(words.end(), {"-i", in});
  add(settings_out);
  words.push_back(out);
  return words;
}

}  // namespace

Result<RgbPicture> decode_picture(const std::string& ffmpeg, const std::string& png, int width, int height,
                                  const std::string& folder, const std::atomic<bool>& stopped) {
  const std::string raw = folder + "/picture.rgb";
  auto program = ChildProgram::start(command(ffmpeg, "", file(png), kRawFrames, file(raw)), folder + "/errors",
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
  const std::string frames =
      fmt::format("{} -video_size {}x{} -framerate {}", kRawFrames, video.width, video.height, video.fps);
  const std::string webm = fmt::format(
      // Colours as browsers take them to be.
      "-vf scale=out_color_matrix=bt709:out_range=tv,format=yuv420p"
      " -colorspace bt709 -color_primaries bt709 -color_trc bt709 -color_range tv"
      // Text stays crisp, and a frame takes some ten milliseconds.
      " -c:v libvpx-vp9 -b:v 0 -crf 16 -deadline realtime -cpu-used 6 -tune-content screen -threads 2 -row-mt 1"
      " -g {} -f webm",
      kFramesAKeyframe);
  auto program = ChildProgram::start(command(ffmpeg, frames, "pipe:0", webm, file(out)), folder + "/errors",
                                     ChildProgram::Input::written);
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
  const auto outcome = program_.wait(kPatience, *stopped_);
  if (outcome != ChildProgram::Outcome::done) return result_of(outcome, program_);
  // It says only errors, and ends well although the disk was full for the video's end.
  if (const std::string said = program_.said(); !said.empty()) return Error{"ffmpeg: " + said};
  return {};
}

}  // namespace streamd::plot
