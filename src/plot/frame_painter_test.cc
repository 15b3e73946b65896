// Frames by their pixels: of made-up pictures, and of those that gnuplot and ffmpeg make.
#include "plot/frame_painter.h"

#include <gtest/gtest.h>

#include "flags/plot_programs.h"
#include "plot/gnuplot_script.h"
#include "plot/picture_layout.h"
#include "plot/run_ffmpeg.h"
#include "plot/run_gnuplot.h"
#include "plot/temporary_folder.h"

namespace streamd::plot {
namespace {

constexpr int kWidth = 40, kHeight = 100;

RgbPicture picture_of(char value) {
  return {kWidth, kHeight, std::string(kWidth * kHeight * 3, value)};
}

std::string row_of(const RgbPicture& picture, int y) {
  std::string row;
  for (int x = 0; x < picture.width; ++x) row += picture.bytes[static_cast<std::size_t>(y * picture.width + x) * 3];
  return row;
}

std::string row_with(std::size_t whole, char line) {
  return std::string(whole, 'w') + line + std::string(kWidth - 1 - whole, 'a');
}

TEST(FramePainter, AFrameIsTheWholePictureUpToALine) {
  FramePainter painter(picture_of('w'), picture_of('a'));
  for (const int column : {3, 10, 10, 11, 39}) {
    const RgbPicture& frame = painter.frame(column);
    const auto whole = static_cast<std::size_t>(column);
    ASSERT_EQ(frame.bytes.size(), kWidth * kHeight * 3U);
    for (const int y : {5, 46, 50, 66, 70, 92}) EXPECT_EQ(row_of(frame, y), row_with(whole, '\x77')) << y;
    for (const int y : {0, 4, 47, 49, 67, 69, 93, 99}) EXPECT_EQ(row_of(frame, y), row_with(whole, 'a')) << y;
  }
  EXPECT_EQ(painter.whole().bytes, picture_of('w').bytes);
}

TEST(FramePainter, TheLineStaysInThePicture) {
  FramePainter painter(picture_of('w'), picture_of('a'));
  EXPECT_EQ(row_of(painter.frame(1'000'000), 20), row_with(kWidth - 1, '\x77'));
}

TEST(PictureLayout, TimesHaveTheirPlaceInThePanels) {
  PlotData data;
  data.first_s = 1000;
  data.last_s = 2000;
  const Range axis = time_axis(data);
  EXPECT_EQ(axis.low, 990);
  EXPECT_EQ(axis.high, 2010);
  EXPECT_DOUBLE_EQ(place_of(990, axis, 1000), 75);
  EXPECT_DOUBLE_EQ(place_of(2010, axis, 1000), 860);
  EXPECT_DOUBLE_EQ(place_of(1500, axis, 1000), (75 + 860) / 2.0);
  EXPECT_EQ(frontier_column(1'500'000, axis, 1000), 469);  // 467.5, half a line, the next whole one
  data.last_s = 1000;
  EXPECT_EQ(time_axis(data).low, 999.5) << "a single time is in the middle";
}

class DrawnFrames : public testing::Test {
 protected:
  static constexpr int kVideoWidth = 1280, kVideoHeight = 720;
  static constexpr UnixMillis kFirst = 1'700'000'000'000;
  static constexpr int kSeconds = 100;

  // Long 0.25, then short: a step at second 40.
  static std::vector<SymbolSeries> one_step() {
    SymbolSeries series{"ES", {}};
    for (int second = 0; second < kSeconds; ++second) {
      SeriesPoint point;
      point.timestamp_ms = kFirst + second * 1000;
      point.exposure = second < 40 ? 0.25 : -0.25;
      point.delta = second == 0 ? 0.25 : second == 40 ? -0.5 : 0;
      point.observe = second > 50;
      point.state = second < 40 ? 1 : -1;
      series.points.push_back(point);
    }
    return {series};
  }
  RgbPicture draw(const PlotData& data, Content content) {
    const auto folder = TemporaryFolder::make();
    const std::string png = folder.value().path() + "/a.png";
    const PictureOptions all{.show_state = true, .urgency_thickness = true, .show_posture = true};
    const Drawing drawing{data.files, [&](const std::string& files, const std::string& out) {
                            return exposure_script(data, all, files, "t", PictureFormat::png, out, kVideoHeight,
                                                   content);
                          }};
    const auto drawn = run_gnuplot(find_gnuplot().value(), drawing, png, kDrawingTakesAtMost, stopped_);
    EXPECT_TRUE(drawn) << drawn.error().message;
    auto picture =
        decode_picture(find_ffmpeg().value(), png, kVideoWidth, kVideoHeight, folder.value().path(), stopped_);
    EXPECT_TRUE(picture) << picture.error().message;
    return std::move(picture).value();
  }
  // Of the colour of the first symbol.
  static int blue_rows(const RgbPicture& picture, int x) {
    int rows = 0;
    for (int y = 0; y < kVideoHeight * 4 / 10; ++y) {
      const std::size_t at = static_cast<std::size_t>(y * kVideoWidth + x) * 3;
      rows += picture.bytes.compare(at, 3, std::string("\x00\x72\xb2", 3)) == 0;
    }
    return rows;
  }

  std::atomic<bool> stopped_{false};
};

TEST_F(DrawnFrames, DecisionsAreInThePanelsAlone) {
  const PlotData data = plot_data(one_step(), kPictureColumns);
  const RgbPicture whole = draw(data, Content::decisions), axes = draw(data, Content::axes);
  int differences = 0;
  for (int y = 0; y < kVideoHeight; ++y) {
    for (int x = 0; x < kVideoWidth; ++x) {
      const std::size_t at = static_cast<std::size_t>(y * kVideoWidth + x) * 3;
      if (whole.bytes.compare(at, 3, axes.bytes, at, 3) == 0) continue;
      ++differences;
      const bool is_in_a_panel =
          x >= 96 && x <= 1101 && ((y >= 36 && y <= 339) || (y >= 360 && y <= 483) || (y >= 504 && y <= 666));
      ASSERT_TRUE(is_in_a_panel) << x << ',' << y;
    }
  }
  EXPECT_GT(differences, 10'000);
}

TEST_F(DrawnFrames, AStepShowsFromItsTimeOn) {
  const PlotData data = plot_data(one_step(), kPictureColumns);
  FramePainter painter(draw(data, Content::decisions), draw(data, Content::axes));
  const auto upright_in = [&](int second) {
    const int column = frontier_column(kFirst + second * 1000, time_axis(data), kVideoWidth);
    const RgbPicture& frame = painter.frame(column);
    int most = 0;
    for (int x = 100; x < 1096; ++x) most = std::max(most, blue_rows(frame, x));
    for (int x = column; x < 1096; ++x) EXPECT_EQ(blue_rows(frame, x), 0) << x;
    return most > 150;
  };
  EXPECT_FALSE(upright_in(0));
  EXPECT_FALSE(upright_in(39));
  EXPECT_TRUE(upright_in(40));
  EXPECT_TRUE(upright_in(99));
}

}  // namespace
}  // namespace streamd::plot
