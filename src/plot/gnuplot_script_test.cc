// What the pictures show, by the commands that draw them; and one that gnuplot draws, looked at by its pixels.
#include "plot/gnuplot_script.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>

#include "flags/plot_programs.h"
#include "plot/run_gnuplot.h"
#include "support/plot_lines.h"
#include "support/png_pixels.h"

namespace streamd::plot {
namespace {

PlotData data_of(int symbols) {
  std::vector<SymbolSeries> all;
  for (int i = 0; i < symbols; ++i) {
    SymbolSeries series{fmt::format("S{}", i), {}};
    for (int second = 0; second < 20; ++second) {
      SeriesPoint point;
      point.timestamp_ms = 1'700'000'000'000 + second * 1000;
      point.exposure = second < 10 ? 0.25 : -0.25;
      point.delta = second == 0 ? 0.25 : second == 10 ? -0.5 : 0;
      point.state = second < 10 ? 1 : -1;
      point.urgency = 0.9F;
      point.observe = second >= 5 && second < 8;
      series.points.push_back(point);
    }
    all.push_back(std::move(series));
  }
  return plot_data(all, kPictureColumns);
}

std::string script_of(int symbols, const PictureOptions& options) {
  return exposure_script(data_of(symbols), options, "/data", "decisions.ndjson", PictureFormat::png, "/out.png");
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(GnuplotScript, SaysThatTargetsAreNoExecutions) {
  const std::string script = script_of(1, {});
  EXPECT_TRUE(contains(script, "set ylabel 'target exposure (not executions)'"));
  EXPECT_TRUE(contains(script, "set ylabel 'delta exposure'"));
  EXPECT_TRUE(contains(script, "set xlabel \"UTC, 2023-11-14 22:13:20 to 2023-11-14 22:13:39\""));
}

TEST(GnuplotScript, ExposureIsNeverInterpolated) {
  const std::string script = script_of(2, {});
  for (const char* what : {"0_exposure", "1_exposure", "0_gross", "0_net"}) {
    EXPECT_TRUE(contains(script, fmt::format("\"/data/{}\" using 1:2 with steps", what))) << what;
  }
  EXPECT_TRUE(contains(script, "\"/data/0_delta\" using 1:2 with impulses"));
}

TEST(GnuplotScript, ShowsWhatIsAskedForAlone) {
  const std::string plain = script_of(1, {});
  EXPECT_FALSE(contains(plain, "_state") || contains(plain, "_thick") || contains(plain, "set object rectangle"));
  const std::string states = script_of(1, {.show_state = true});
  EXPECT_TRUE(contains(states, "\"/data/0_state1\" using 1:2 with points pt 9"));
  EXPECT_TRUE(contains(states, "\"/data/0_state-1\" using 1:2 with points pt 11"));
  EXPECT_TRUE(contains(states, "title 'BUY'") && contains(states, "title 'SELL'"));
  EXPECT_FALSE(contains(states, "title 'FLAT'"));
  EXPECT_TRUE(contains(script_of(1, {.urgency_thickness = true}), "\"/data/0_thick3\" using 1:2 with lines lw 5.1"));
  EXPECT_TRUE(contains(script_of(1, {.show_state = true, .urgency_thickness = true}), "ps variable"));
  const std::string posture = script_of(1, {.show_posture = true});
  EXPECT_TRUE(contains(posture, "set object rectangle from 1700000005.000, graph 0 to 1700000008.000, graph 1 behind"));
}

TEST(GnuplotScript, TheLegendNamesThirtySymbolsAllDifferent) {
  const std::string script = script_of(30, {});
  std::set<std::string> looks;
  for (int i = 0; i < 30; ++i) {
    const std::size_t end = script.find(fmt::format(" title \"S{}\"", i));
    ASSERT_NE(end, std::string::npos) << i;
    const std::size_t begin = script.rfind("keyentry", end);
    looks.insert(script.substr(begin, end - begin));
  }
  EXPECT_EQ(looks.size(), 30U);
  EXPECT_EQ(count(script_of(300, {}), "keyentry with lines lw 2 lc rgb '#0072b2' dt solid"), 2U);
  EXPECT_TRUE(contains(script_of(300, {}), "263 more"));
}

TEST(GnuplotScript, TextStaysText) {
  EXPECT_EQ(quoted("it's `date` \"$x\"\\\n"), R"("it's \140date\140 \042$x\042\134?")");
  EXPECT_EQ(quoted_path("/a\tb.png"), R"("/a\011b.png")");
  EXPECT_EQ(quoted_path("|touch x"), R"("./|touch x")");
}

class GnuplotPicture : public testing::Test {
 protected:
  void SetUp() override {
    auto found = find_gnuplot();
    ASSERT_TRUE(found.ok()) << found.error().message;
    gnuplot_ = found.value();
  }
  Result<void> draw(const Drawing& drawing, const std::string& out,
                    std::chrono::seconds at_most = std::chrono::seconds(60)) {
    return run_gnuplot(gnuplot_, drawing, out, at_most, stopped_);
  }

  std::string gnuplot_;
  std::atomic<bool> stopped_{false};
  PlotFolder folder_;
};

TEST_F(GnuplotPicture, NamesCannotBecomeCommands) {
  const std::string mark = folder_.path + "/mark";
  PlotData data = data_of(1);
  data.symbols[0] = fmt::format("`touch {}`'@a", mark).substr(0, 64);
  const std::string title = fmt::format("`touch {0}`' ; system('touch {0}') #", mark);
  const Drawing drawing{data.files, [&](const std::string& folder, const std::string& out) {
                          return exposure_script(data, {}, folder, title, PictureFormat::png, out);
                        }};
  const auto drawn = draw(drawing, folder_.path + "/a.png");
  EXPECT_TRUE(drawn.ok()) << drawn.error().message;
  EXPECT_FALSE(std::filesystem::exists(mark));
  EXPECT_EQ(text_of(folder_.path + "/a.png").substr(0, 8), "\x89PNG\r\n\x1a\n");
}

TEST_F(GnuplotPicture, NamesMayBeAnything) {
  PlotData data = data_of(8);
  data.symbols = {"'", "''a", "a''b", "100%d", "%s%%", "\\", "\"\"", "{_^@"};
  const Drawing exposure{data.files, [&](const std::string& folder, const std::string& out) {
                           return exposure_script(data, {}, folder, "''%d", PictureFormat::svg, out);
                         }};
  const Drawing states{data.files, [&](const std::string& folder, const std::string& out) {
                         return state_script(data, folder, "''%d", PictureFormat::svg, out);
                       }};
  for (const Drawing* drawing : {&exposure, &states}) {
    const auto drawn = draw(*drawing, folder_.path + "/a.svg");
    ASSERT_TRUE(drawn.ok()) << drawn.error().message;
    const std::string svg = text_of(folder_.path + "/a.svg");
    for (const char* name : {"''%d", "''a", "a''b", "100%d", "%s%%", "{_^@"}) {
      EXPECT_TRUE(contains(svg, fmt::format(">{}<", name))) << name;
    }
  }
}

// A vector picture tells where lines go: the exposure's is made of level and upright pieces alone.
TEST_F(GnuplotPicture, StepsAreUprightInThePicture) {
  const PlotData data = data_of(1);
  const Drawing drawing{data.files, [&](const std::string& folder, const std::string& out) {
                          return exposure_script(data, {}, folder, "t", PictureFormat::svg, out);
                        }};
  const std::string path = folder_.path + "/a.svg";
  ASSERT_TRUE(draw(drawing, path).ok());
  const std::string svg = text_of(path);
  const std::size_t begin = svg.find("d='M", svg.find("stroke='rgb(  0, 114, 178)'"));
  ASSERT_NE(begin, std::string::npos);
  std::istringstream numbers(svg.substr(begin + 4, svg.find('\'', begin + 4) - begin - 4));
  std::vector<std::array<double, 2>> corners;
  std::string piece;
  while (numbers >> piece) {
    std::erase_if(piece, [](char c) { return c == 'L' || c == 'M'; });
    if (const auto comma = piece.find(','); comma != std::string::npos) {
      corners.push_back({std::stod(piece.substr(0, comma)), std::stod(piece.substr(comma + 1))});
    }
  }
  ASSERT_GE(corners.size(), 4U);
  std::size_t upright = 0;
  double edge = 0, drop = 0;
  for (std::size_t i = 1; i < corners.size(); ++i) {
    const bool is_level = corners[i][1] == corners[i - 1][1];
    const bool is_upright = corners[i][0] == corners[i - 1][0];
    EXPECT_TRUE(is_level || is_upright) << i;
    if (is_upright && !is_level) {
      ++upright;
      edge = corners[i][0];
      drop = corners[i][1] - corners[i - 1][1];
    }
  }
  EXPECT_EQ(upright, 1U);
  EXPECT_GT(drop, 0);  // downwards
  const double share = (edge - corners.front()[0]) / (corners.back()[0] - corners.front()[0]);
  EXPECT_NEAR(share, 10.0 / 19, 0.002);  // at the tenth of twenty seconds
}

// 0.25 for ten seconds, then -0.25: one upright edge in the upper panel, in the place of the tenth second.
TEST_F(GnuplotPicture, PixelsShowTheEdgeOfAStep) {
  const PlotData data = data_of(1);
  const Drawing drawing{data.files, [&](const std::string& folder, const std::string& out) {
                          return exposure_script(data, {}, folder, "t", PictureFormat::png, out);
                        }};
  const std::string path = folder_.path + "/a.png";
  ASSERT_TRUE(draw(drawing, path).ok());
  const PngPixels pixels = read_png(text_of(path));
  ASSERT_EQ(pixels.width, 1280U);
  std::vector<std::size_t> upright;
  for (std::size_t x = 100; x < 1096; ++x) {
    std::size_t drawn = 0;
    for (std::size_t y = 50; y < 450; ++y) drawn += pixels.is(x, y, 0x0072b2);
    if (drawn > 200) upright.push_back(x);
  }
  ASSERT_FALSE(upright.empty());
  EXPECT_LE(upright.back() - upright.front(), 3U) << "more than one edge, or a slope";
  const double left = 0.075 * 1280,
               right = 0.86 * 1280;  // of the panel: from half a second before to half a second after
  EXPECT_NEAR(static_cast<double>(upright.front()), left + (right - left) * 10.5 / 20, 2);
}

TEST_F(GnuplotPicture, AFailureIsOneLineAndLeavesNothing) {
  const auto failed =
      draw({{}, [](const std::string&, const std::string&) { return "nonsense\n"; }}, folder_.path + "/a.png");
  ASSERT_FALSE(failed.ok());
  EXPECT_TRUE(contains(failed.error().message, "invalid command")) << failed.error().message;
  EXPECT_EQ(failed.error().message.find('\n'), std::string::npos);
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path));
}

TEST_F(GnuplotPicture, ItMayNotTakeForever) {
  const Drawing endless{{}, [](const std::string&, const std::string&) { return "pause 600\nwhile (1) {}\n"; }};
  const auto failed = draw(endless, folder_.path + "/a.png", std::chrono::seconds(1));
  ASSERT_FALSE(failed.ok());
  EXPECT_TRUE(contains(failed.error().message, "more than 1 s")) << failed.error().message;
  stopped_ = true;
  EXPECT_TRUE(contains(draw(endless, folder_.path + "/a.png").error().message, "stopped"));
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path));
}

TEST_F(GnuplotPicture, WhatCannotBeWrittenIsNamed) {
  const Drawing none{{}, [](const std::string&, const std::string&) { return ""; }};
  const std::string file = folder_.file("file", "");
  const auto below_a_file = draw(none, file + "/a.png");
  ASSERT_FALSE(below_a_file.ok());
  EXPECT_TRUE(contains(below_a_file.error().message, file)) << below_a_file.error().message;
  EXPECT_TRUE(contains(draw(none, folder_.path).error().message, "it is a folder"));
  EXPECT_TRUE(contains(draw(none, folder_.path + "/a.png").error().message, "is cut off"));
}

TEST(FindGnuplot, SaysWhatToInstall) {
  const std::string before = std::getenv("PATH");
  ::setenv("PATH", "/nowhere", 1);
  const auto found = find_gnuplot();
  ::setenv("PATH", before.c_str(), 1);
  ASSERT_FALSE(found.ok());
  EXPECT_TRUE(contains(found.error().message, "install gnuplot-nox"));
}

}  // namespace
}  // namespace streamd::plot
