#include "plot/plot_options.h"

#include <gtest/gtest.h>

namespace streamd::plot {
namespace {

PlotInvocation parse(std::vector<std::string> arguments) {
  return parse_plot_options(std::move(arguments));
}

TEST(PlotOptions, TheContractsCommands) {
  const auto plain = parse({"--ndjson", "logs/decisions.ndjson", "--out", "logs/decisions_plot.png"});
  ASSERT_EQ(plain.action, PlotInvocation::Action::run) << plain.complaint;
  EXPECT_EQ(plain.options.ndjson, "logs/decisions.ndjson");
  EXPECT_EQ(plain.options.out, "logs/decisions_plot.png");
  EXPECT_FALSE(plain.options.picture.show_state || plain.options.picture.urgency_thickness);
  EXPECT_EQ(plain.options.series.fee_rate, 0.0005);
  EXPECT_EQ(plain.options.series.slippage, 0.0003);
  const auto marked = parse({"--ndjson", "logs/decisions.ndjson", "--show-state", "--urgency-thickness"});
  ASSERT_EQ(marked.action, PlotInvocation::Action::run) << marked.complaint;
  EXPECT_TRUE(marked.options.picture.show_state && marked.options.picture.urgency_thickness);
  EXPECT_EQ(marked.options.out, "logs/decisions_plot.png");
}

TEST(PlotOptions, TheContractsLiveFollowAndTimeLapse) {
  const auto follow = parse({"--ndjson", "logs/decisions.ndjson", "--follow", "--interval-ms", "1000", "--show-state",
                             "--urgency-thickness"});
  ASSERT_EQ(follow.action, PlotInvocation::Action::run) << follow.complaint;
  EXPECT_TRUE(follow.options.follow);
  EXPECT_EQ(follow.options.interval_ms, 1000);
  EXPECT_EQ(follow.options.out, "");
  const auto video = parse({"--ndjson", "logs/decisions.ndjson", "--webm", "logs/decisions.webm", "--fps", "10",
                            "--frame-step", "5"});
  ASSERT_EQ(video.action, PlotInvocation::Action::run) << video.complaint;
  EXPECT_EQ(video.options.webm, "logs/decisions.webm");
  EXPECT_EQ(video.options.fps, 10);
  EXPECT_EQ(video.options.frame_step, 5U);
  EXPECT_EQ(video.options.out, "");
}

TEST(PlotOptions, SeveralRuns) {
  EXPECT_EQ(parse({"--ndjson", "a", "--run-id", "1,2"}).options.filter.run_ids, (std::vector<std::string>{"1", "2"}));
}

TEST(PlotOptions, PicturesLieBesideTheFile) {
  const auto out_of = [](const char* path) { return parse({"--ndjson", path}).options.out; };
  EXPECT_EQ(out_of("a.ndjson"), "a_plot.png");
  EXPECT_EQ(out_of("/x.y/a"), "/x.y/a_plot.png");
  EXPECT_EQ(out_of("logs/a.ndjson.gz"), "logs/a_plot.png");
  EXPECT_EQ(out_of("logs/a.b.ndjson.zst"), "logs/a.b_plot.png");
  EXPECT_EQ(out_of("logs/.hidden"), "logs/.hidden_plot.png");
  EXPECT_EQ(parse({"--ndjson", "a.ndjson"}).options.state_out, "");
  EXPECT_EQ(parse({"--ndjson", "a.ndjson", "--state-plot"}).options.state_out, "a_state.png");
  EXPECT_EQ(parse({"--ndjson", "a.ndjson", "--state-out", "s.svg"}).options.state_out, "s.svg");
}

TEST(PlotOptions, Symbols) {
  EXPECT_EQ(parse({"--ndjson", "a", "--symbols", "ES,NQ"}).options.filter.symbols,
            (std::vector<std::string>{"ES", "NQ"}));
  EXPECT_EQ(parse({"--ndjson", "a", "--symbols", "ES,"}).exit_code, 2);
}

TEST(PlotOptions, BadUsageIsOneLine) {
  const std::vector<std::vector<std::string>> all = {
      {},
      {"--ndjson", "a", "--unknown"},
      {"--ndjson", "a", "--out", "a.gif"},
      {"--ndjson", "a", "--out", "png"},
      {"--ndjson", "a", "--state-out", ".png"},
      {"--ndjson", "a", "--fee-rate", "nan"},
      {"--ndjson", "a", "--min-trade", "-1"},
      {"--ndjson", "a", "--window-seconds", "-1"},
      {"--ndjson", "a", "--webm", "a.mp4"},
      {"--ndjson", "a", "--webm", "a.webm", "--fps", "0"},
      {"--ndjson", "a", "--webm", "a.webm", "--frame-step", "0"},
      {"--ndjson", "a", "--webm", "a.webm", "--follow"},
      {"--ndjson", "a.gz", "--follow"},
      {"--ndjson", "a", "--follow", "--interval-ms", "0"},
      {"--ndjson", "a", "--follow", "--port", "70000"},
  };
  for (const auto& arguments : all) {
    const auto bad = parse(arguments);
    EXPECT_EQ(bad.action, PlotInvocation::Action::exit);
    EXPECT_EQ(bad.exit_code, 2);
    EXPECT_FALSE(bad.complaint.empty());
    EXPECT_EQ(bad.complaint.find('\n'), std::string::npos) << bad.complaint;
  }
}

TEST(PlotOptions, HelpAndVersion) {
  EXPECT_NE(parse({"--help"}).output.find("--urgency-thickness"), std::string::npos);
  EXPECT_EQ(parse({"--version"}).exit_code, 0);
}

}  // namespace
}  // namespace streamd::plot
