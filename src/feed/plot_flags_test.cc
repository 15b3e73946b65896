#include "feed/plot_flags.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "feed/live_options.h"

namespace streamd::feed {
namespace {

using Arguments = std::vector<std::string>;

LiveInvocation parsed(Arguments more) {
  Arguments arguments = {"--symbols", "BTCUSDT"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return parse_live_options(arguments);
}

PlotPlan plan_of(Arguments more) {
  more.emplace_back("--emit-decisions");
  const LiveInvocation invocation = parsed(more);
  EXPECT_EQ(invocation.complaint, "");
  return invocation.options.plot.value_or(PlotPlan{});
}

std::string complaint_about(const Arguments& more) {
  const LiveInvocation invocation = parsed(more);
  EXPECT_EQ(invocation.action, LiveInvocation::Action::exit);
  EXPECT_EQ(invocation.exit_code, 2);
  EXPECT_EQ(invocation.complaint.find('\n'), std::string::npos);
  return invocation.complaint;
}

Arguments sinks_of_daemon(const Arguments& more) {
  const LiveInvocation invocation = parsed(more);
  const Arguments& given = invocation.options.daemon_arguments;
  Arguments sinks;
  for (std::size_t i = 0; i + 1 < given.size(); ++i) {
    if (given[i] == "--decision-sink") sinks.push_back(given[i + 1]);
  }
  EXPECT_EQ(std::count(given.begin(), given.end(), "--emit-decisions"), 1);
  return sinks;
}

TEST(PlotFlags, WithoutAnyNothingIsPlotted) {
  EXPECT_FALSE(parsed({"--emit-decisions"}).options.plot);
  EXPECT_EQ(sinks_of_daemon({"--emit-decisions"}), Arguments());
}

TEST(PlotFlags, ThePageGetsTheContractsFlags) {
  const PlotPlan plan = plan_of({"--plot-follow", "--plot-show-state", "--plot-urgency-thickness", "--plot-posture"});
  EXPECT_FALSE(plan.draws_pictures());
  EXPECT_EQ(page_arguments(plan, {"a", "b"}, 4321),
            (Arguments{"--ndjson=logs/decisions.ndjson", "--run-id=a,b", "--show-state", "--urgency-thickness",
                       "--show-posture", "--follow", "--port=4321"}));
}

TEST(PlotFlags, TheVideoGetsTheContractsFlags) {
  const PlotPlan plan = plan_of({"--plot-webm", "logs/decisions.webm", "--plot-fps", "10", "--plot-frame-step", "5"});
  EXPECT_FALSE(plan.has_page);
  EXPECT_TRUE(plan.draws_pictures());
  EXPECT_EQ(picture_arguments(plan, {"a"}), (Arguments{"--ndjson=logs/decisions.ndjson", "--run-id=a",
                                                       "--webm=logs/decisions.webm", "--fps=10", "--frame-step=5"}));
}

TEST(PlotFlags, EachFlagGoesToWhatItIsOf) {
  const PlotPlan plan = plan_of({"--plot-follow", "--plot-out", "a.PNG", "--plot-webm", "b.webm", "--plot-fps", "9",
                                 "--plot-interval-ms", "70", "--plot-window-seconds", "5.5", "--plot-fee-rate", "0.1",
                                 "--plot-slippage", "0.2", "--plot-min-trade", "0.3", "--plot-frame-step", "2"});
  const Arguments look = {"--window-seconds=5.5", "--fee-rate=0.1", "--slippage=0.2", "--min-trade=0.3"};
  Arguments page = {"--ndjson=logs/decisions.ndjson", "--run-id=a", "--out=a.PNG"};
  page.insert(page.end(), look.begin(), look.end());
  Arguments pictures = page;
  page.insert(page.end(), {"--follow", "--port=1", "--interval-ms=70"});
  pictures.insert(pictures.end(), {"--webm=b.webm", "--fps=9", "--frame-step=2"});
  EXPECT_EQ(page_arguments(plan, {"a"}, 1), page);
  EXPECT_EQ(picture_arguments(plan, {"a"}), pictures);
}

TEST(PlotFlags, WithoutAWayToDrawThePlotterNamesThePicture) {
  const PlotPlan plan = plan_of({"--plot-show-state"});
  EXPECT_TRUE(plan.draws_pictures());
  EXPECT_EQ(picture_arguments(plan, {"a"}),
            (Arguments{"--ndjson=logs/decisions.ndjson", "--run-id=a", "--show-state"}));
}

TEST(PlotFlags, TheFirstFileSinkIsReadAndOneIsAddedWhereThereIsNone) {
  const Arguments three = {"--plot-follow", "--decision-sink",        "tcp://h:1",
                           "file:a.ndjson", "--decision-sink=file:b", "--emit-decisions"};
  ASSERT_TRUE(parsed(three).options.plot);
  EXPECT_EQ(parsed(three).options.plot->ndjson, "a.ndjson");
  EXPECT_EQ(sinks_of_daemon(three), (Arguments{"tcp://h:1", "file:a.ndjson", "file:b"}));
  EXPECT_EQ(sinks_of_daemon({"--plot-follow", "--emit-decisions", "--decision-sink", "tcp://h:1"}),
            (Arguments{"tcp://h:1", "file:logs/decisions.ndjson"}));
  EXPECT_EQ(sinks_of_daemon({"--emit-decisions", "--decision-sink", "tcp://h:1"}), Arguments{"tcp://h:1"});
}

TEST(PlotFlags, WhatCannotBeIsSaid) {
  EXPECT_EQ(complaint_about({"--plot-follow"}),
            "--plot-follow without --emit-decisions has nothing to draw; add --emit-decisions");
  EXPECT_NE(complaint_about({"--plot-fps", "10"}).find("--plot-fps without --emit-decisions"), std::string::npos);
  for (const Arguments& wrong : std::vector<Arguments>{{"--plot-out", "a.gif"},
                                                       {"--plot-out", ".png"},
                                                       {"--plot-out", ""},
                                                       {"--plot-webm", "a.mp4"},
                                                       {"--plot-webm", "folder/.webm"},
                                                       {"--plot-fps", "0"},
                                                       {"--plot-fps", "2.5"},
                                                       {"--plot-fps", "121"},
                                                       {"--plot-frame-step", "0"},
                                                       {"--plot-interval-ms", "19"},
                                                       {"--plot-interval-ms", "3600001"},
                                                       {"--plot-window-seconds", "-1"},
                                                       {"--plot-window-seconds", "nan"},
                                                       {"--plot-fee-rate", "1.1"},
                                                       {"--plot-slippage", "x"},
                                                       {"--plot-min-trade", "2.1"}}) {
    const std::string complaint = complaint_about({"--emit-decisions", wrong[0], wrong[1]});
    EXPECT_NE(complaint.find(wrong[0]), std::string::npos) << wrong[1] << ": " << complaint;
  }
}

TEST(PlotFlags, WhereTheDecisionsAreMustBeAFileThatIsKnown) {
  const auto told = [](Arguments more, const char* part) {
    more.insert(more.end(), {"--plot-follow", "--emit-decisions"});
    const std::string complaint = complaint_about(more);
    EXPECT_NE(complaint.find(part), std::string::npos) << complaint;
  };
  told({"--decision-sink", "file:/dev/null"}, "/dev/null is not a file that can be read again");
  told({"--decision-sink", "file:a.ndjson.gz"}, "a.ndjson.gz would be read as a compressed file");
  told({"--config", "/dev/null"}, "--plot-follow with --config");
  EXPECT_EQ(plan_of({"--plot-follow", "--config=/dev/null", "--decision-sink", "file:a"}).ndjson, "a");
}

TEST(PlotFlags, AListOfSymbolsIsPrintedWhateverIsToBePlotted) {
  const LiveInvocation list = parse_live_options({"--list-symbols", "--plot-follow"});
  EXPECT_EQ(list.action, LiveInvocation::Action::run);
  EXPECT_FALSE(list.options.plot);
}

}  // namespace
}  // namespace streamd::feed
