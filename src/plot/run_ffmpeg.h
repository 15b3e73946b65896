// Pictures and videos by ffmpeg. One thread.
#pragma once

#include <atomic>
#include <string>

#include "base/result.h"
#include "plot/child_program.h"
#include "plot/frame_painter.h"

namespace streamd::plot {

// Of a PNG of that size. Other files go to `folder`.
Result<RgbPicture> decode_picture(const std::string& ffmpeg, const std::string& png, int width, int height,
                                  const std::string& folder, const std::atomic<bool>& stopped);

// One ffmpeg that gets frames and writes WebM (VP9).
class VideoEncoder {
 public:
  struct Video {
    int width, height;  // even
    int fps;
  };

  // `out` is written over. Other files go to `folder`. `stopped` must outlive the encoder; it is looked at often.
  static Result<VideoEncoder> start(const std::string& ffmpeg, const Video& video, const std::string& out,
                                    const std::string& folder, const std::atomic<bool>& stopped);

  // `frame` has the video's size.
  Result<void> add(const RgbPicture& frame);
  // The video is there, whole.
  Result<void> finish();

 private:
  VideoEncoder(ChildProgram program, const std::atomic<bool>& stopped)
      : program_(std::move(program)), stopped_(&stopped) {}

  ChildProgram program_;
  const std::atomic<bool>* stopped_;
};

}  // namespace streamd::plot
