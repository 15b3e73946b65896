// Videos of plot_stream_decisions as its users get them: what ffprobe says of them, what their pixels show, errors of
// one line, and Ctrl-C, which leaves nothing.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <set>

#include "system/decision_lines.h"
#include "system/plot_fixture.h"

namespace streamd {
namespace {

constexpr std::size_t kWidth = 1280, kHeight = 720, kFrameBytes = kWidth * kHeight * 3;

// An ffmpeg that decodes, and does that in place of encoding.
std::string encoder_that(const std::string& does) {
  return "#!/bin/sh\ncase \"$*\" in *libvpx*) " + does + ";; esac\nPATH=${PATH#*:} exec ffmpeg \"$@\"\n";
}

class PlotVideoTest : public PlotFixture {
 protected:
  // The different timestamps of these symbols, of all if there are none, computed here once more.
  std::vector<std::int64_t> times(const std::set<std::string>& symbols = {}) {
    std::set<std::int64_t> all;
    for (const DecisionLine& line : read_decisions(read_file(folder_ / kFile))) {
      if (symbols.empty() || symbols.contains(line.values.symbol)) all.insert(line.values.timestamp_ms);
    }
    return {all.begin(), all.end()};
  }
  std::string run(const std::vector<std::string>& words) {
    Process process(words, folder_.path());
    EXPECT_EQ(process.wait(), 0) << process.errors();
    return process.output();
  }
  void expect_video(const std::string& path, int fps, std::size_t frames) {
    EXPECT_EQ(run({"ffprobe", "-v", "error", "-count_frames", "-show_entries",
                   "stream=codec_name,width,height,pix_fmt,color_space,r_frame_rate,nb_read_frames", "-of",
                   "default=noprint_wrappers=1:nokey=1", path}),
              fmt::format("vp9\n{}\n{}\nyuv420p\nbt709\n{}/1\n{}\n", kWidth, kHeight, fps, frames));
  }
  void expect_nothing_left(const std::string& folder) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      EXPECT_EQ(entry.path().string().find(".part"), std::string::npos) << entry.path();
      EXPECT_NE(entry.path().extension(), ".webm") << entry.path();
    }
  }
  // What a terminal does, while its child runs.
  void expect_stopped(Process& process, const std::string& complaint) {
    const std::vector<pid_t> children = process.children();
    EXPECT_EQ(children.size(), 1U);
    ASSERT_EQ(::kill(-process.pid(), SIGINT), 0);
    EXPECT_EQ(process.wait(), 1);
    EXPECT_EQ(process.errors(), "plot_stream_decisions: " + complaint + "\n");
    for (const pid_t child : children) EXPECT_EQ(::kill(child, 0), -1) << "its child goes on";
    EXPECT_TRUE(std::filesystem::is_empty(folder_ / "tmp"));
    expect_nothing_left(folder_.path());
  }
};

TEST_F(PlotVideoTest, TheContractsCommandMakesAVideo) {
  const Ran ran = plot({"--ndjson", kFile, "--webm", "logs/decisions.webm", "--fps", "10"});
  EXPECT_EQ(ran.code, 0) << ran.errors;
  EXPECT_EQ(ran.output, "logs/decisions.webm\n");
  EXPECT_EQ(ran.errors, "") << "no terminal, no progress";
  expect_video(folder_ / "logs/decisions.webm", 10, times().size());
  EXPECT_FALSE(std::filesystem::exists(folder_ / "logs/decisions_plot.png")) << "nobody asked for a picture";
}

TEST_F(PlotVideoTest, ATerminalShowsHowFarItIs) {
  const std::string shown = run(
      {"script", "-qec", program_path("plot_stream_decisions") + " --ndjson " + kFile + " --webm a.webm", "/dev/null"});
  EXPECT_NE(shown.find("\r\033[Kvideo [#"), std::string::npos) << shown;
  EXPECT_NE(shown.find(fmt::format(" of {}  0:", times().size())), std::string::npos) << shown;
  EXPECT_NE(shown.find("\r\033[Ka.webm"), std::string::npos) << "it stays there: " << shown;
}

TEST_F(PlotVideoTest, StepRateSymbolsAndAPictureBesideIt) {
  const std::size_t two = times({"S0", "S1"}).size();
  ASSERT_NE((two - 1) % 70, 0U);
  const Ran ran = plot({"--ndjson", kFile, "--symbols", "S0,S1", "--webm", "new/folder/it's a:video.webm", "--fps",
                        "24", "--frame-step", "70", "--out", "a.png", "--show-state"});
  EXPECT_EQ(ran.code, 0) << ran.errors;
  EXPECT_EQ(ran.output, "a.png\nnew/folder/it's a:video.webm\n");
  expect_video("file:" + (folder_ / "new/folder/it's a:video.webm"), 24, (two - 1 + 69) / 70 + 1);
  EXPECT_EQ(plot({"--ndjson", kFile, "--window-seconds", "0.5", "--webm", "one.webm"}).code, 0);
  expect_video("one.webm", 10, 1);
}

struct Pixels {
  std::string bytes;

  // Lines of symbols have colours, axes do not.
  bool is_coloured(std::size_t frame, std::size_t x, std::size_t y) const {
    const auto channel = [&](std::size_t i) {
      return static_cast<std::uint8_t>(bytes[frame * kFrameBytes + (y * kWidth + x) * 3 + i]);
    };
    const auto [low, high] = std::minmax({channel(0), channel(1), channel(2)});
    return high - low > 60;
  }
  bool differ(std::size_t frame, std::size_t other, std::size_t x, std::size_t y) const {
    for (std::size_t i = 0; i < 3; ++i) {
      const std::size_t at = (y * kWidth + x) * 3 + i;
      const int one = static_cast<std::uint8_t>(bytes[frame * kFrameBytes + at]);
      const int two = static_cast<std::uint8_t>(bytes[other * kFrameBytes + at]);
      if (std::abs(one - two) > 40) return true;
    }
    return false;
  }
};

// Each frame is the last one up to its time, and has no line of a symbol after that.
TEST_F(PlotVideoTest, FramesShowWhatWasDecidedUpToTheirTime) {
  constexpr std::size_t kStep = 23;
  EXPECT_EQ(plot({"--ndjson", kFile, "--webm", "a.webm", "--frame-step", std::to_string(kStep)}).code, 0);
  run({"ffmpeg", "-v", "error", "-i", "a.webm", "-f", "rawvideo", "-pix_fmt", "rgb24", "a.rgb"});
  const Pixels pixels{read_file(folder_ / "a.rgb")};
  const std::vector<std::int64_t> all = times();
  const std::size_t last = (all.size() - 1 + kStep - 1) / kStep;
  ASSERT_EQ(pixels.bytes.size(), (last + 1) * kFrameBytes);
  constexpr std::size_t kPanelLeft = 97, kPanelRight = 1100, kBottom = 665;
  const double span = static_cast<double>(all.back() - all.front());
  for (std::size_t k = 0; k <= last; ++k) {
    const double passed = static_cast<double>(all[std::min(k * kStep, all.size() - 1)] - all.front());
    const double place = 1280 * (0.075 + 0.785 * (passed / span + 0.01) / 1.02);
    std::size_t newest = 0, different = 0;
    for (std::size_t y = 0; y < kBottom; ++y) {
      for (std::size_t x = kPanelLeft; x < kPanelRight; ++x) {
        if (pixels.is_coloured(k, x, y)) newest = std::max(newest, x);
      }
      for (std::size_t x = 0; x < static_cast<std::size_t>(place) - 2; ++x) different += pixels.differ(k, last, x, y);
    }
    EXPECT_LE(static_cast<double>(newest), place + 3) << "frame " << k;
    const double least = k == 0 ? 0 : place - 3;  // what the first one shows has no length
    EXPECT_GE(static_cast<double>(newest), least) << "frame " << k;
    EXPECT_LT(different, 20U) << "frame " << k;
  }
}

TEST_F(PlotVideoTest, ErrorsAreOneLine) {
  std::filesystem::create_directories(folder_ / "bin");
  std::filesystem::create_symlink(run({"sh", "-c", "printf %s \"$(command -v gnuplot)\""}), folder_ / "bin/gnuplot");
  expect_error(plot({"--ndjson", "none.ndjson", "--webm", "a.webm"}, folder_ / "bin"), 3,
               {"ffmpeg", "install ffmpeg (apt-get install ffmpeg)"});
  expect_error(plot({"--ndjson", kFile, "--webm", "a.webm"}, "/nowhere"), 3, {"install gnuplot-nox"});
  expect_error(plot({"--ndjson", "none.ndjson", "--webm", "a.webm"}), 3, {"none.ndjson", "--decision-sink"});
  write_file(folder_ / "empty.ndjson", "");
  expect_error(plot({"--ndjson", "empty.ndjson", "--webm", "a.webm"}), 1, {"empty.ndjson", "--decision-sink"});
  expect_error(plot({"--ndjson", kFile, "--webm", "empty.ndjson/a.webm"}), 1, {"empty.ndjson", "give another file"});
  std::filesystem::create_directories(folder_ / "folder.webm");
  expect_error(plot({"--ndjson", kFile, "--webm", "folder.webm"}), 1, {"folder.webm", "it is a folder"});
  std::filesystem::remove(folder_ / "folder.webm");
  expect_nothing_left(folder_.path());
}

TEST_F(PlotVideoTest, WhatFfmpegCannotDoIsOneLine) {
  const std::string path = with_program("ffmpeg", encoder_that("echo broken >&2; echo 'no such encoder' >&2; exit 1"));
  const Ran ran = plot({"--ndjson", kFile, "--webm", "a.webm"}, path);
  expect_error(ran, 1, {"ffmpeg failed: no such encoder"});
  EXPECT_EQ(ran.output, "");
  expect_nothing_left(folder_.path());
}

TEST_F(PlotVideoTest, WhatFfmpegOnlySaysIsNoVideo) {
  const std::string path = with_program("ffmpeg", encoder_that("cat >/dev/null; echo 'disk full' >&2; exit 0"));
  expect_error(plot({"--ndjson", kFile, "--webm", "a.webm"}, path), 1, {"ffmpeg: disk full"});
  expect_nothing_left(folder_.path());
}

TEST_F(PlotVideoTest, CtrlCEndsIt) {
  const auto process = start({"--ndjson", kFile, "--webm", "a.webm"});
  const std::string part = folder_ / fmt::format("a.webm.{}.part", process->pid());
  ASSERT_TRUE(eventually([&] {
    std::error_code absent;
    const auto size = std::filesystem::file_size(part, absent);
    return (!absent && size > 0) || !process->is_running();
  })) << "frames never came";
  expect_stopped(*process, "stopped before the video was made");
}

TEST_F(PlotVideoTest, CtrlCEndsItWhileFfmpegTakesNothing) {
  const std::string path = with_program("ffmpeg", encoder_that("touch hangs; exec sleep 1000"));
  const auto process = start({"--ndjson", kFile, "--webm", "a.webm"}, path);
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(folder_ / "hangs"); }));
  expect_stopped(*process, "stopped before the video was made");
}

TEST_F(PlotVideoTest, CtrlCEndsItWhileGnuplotDraws) {
  const std::string path = with_program("gnuplot", "#!/bin/sh\ntouch draws; exec sleep 1000\n");
  for (const std::vector<std::string>& way : {std::vector<std::string>{"--webm", "a.webm"}, {"--out", "a.png"}}) {
    std::filesystem::remove(folder_ / "draws");
    const auto process = start({"--ndjson", kFile, way[0], way[1]}, path);
    ASSERT_TRUE(eventually([&] { return std::filesystem::exists(folder_ / "draws"); }));
    expect_stopped(*process, "stopped before the picture was drawn");
  }
}

}  // namespace
}  // namespace streamd
