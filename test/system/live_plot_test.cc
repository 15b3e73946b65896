// The plot flags of stream_daemon_live: a page while it goes on, pictures and a video at its end, of this run alone,
// and no process that outlives it.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <simdjson.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "system/decision_lines.h"
#include "system/live_fixture.h"

namespace streamd {
namespace {

constexpr const char* kFile = "logs/decisions.ndjson";

// Keeps what it was given in ./given, and draws.
constexpr const char* kCopyingGnuplot =
    "#!/bin/sh\n"
    "rm -rf given; cp -r \"$(dirname \"$2\")\" given\n"
    "PATH=${PATH#*:} exec gnuplot \"$@\"\n";
constexpr const char* kSlowGnuplot = "#!/bin/sh\nexec sleep 100\n";

std::string command_of(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/cmdline", pid), std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), {});
  std::replace(text.begin(), text.end(), '\0', ' ');
  return text;
}

class LivePlotTest : public LiveFixture {
 protected:
  void SetUp() override { start_exchange({"--symbols", "BTCUSDT,ETHUSDT", "--rate", "200"}); }

  std::unique_ptr<Process> start_plot(std::vector<std::string> more, const std::string& path = "") {
    more.insert(more.end(), {"--symbols", "BTCUSDT,ETHUSDT", "--emit-decisions"});
    std::filesystem::create_directories(folder_ / "tmp");
    std::vector<std::string> environment = {"TMPDIR=" + folder_.path() + "/tmp"};
    if (!path.empty()) environment.push_back("PATH=" + path);
    return start_live(more, environment);
  }

  // Of this test, but for the exchange.
  std::vector<std::string> processes() {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      const pid_t pid = std::atoi(entry.path().filename().c_str());
      std::error_code gone;
      if (pid == 0 || pid == exchange_->pid()) continue;
      if (std::filesystem::read_symlink(entry.path() / "cwd", gone) == folder_.path()) found.push_back(command_of(pid));
    }
    return found;
  }
  void expect_nothing_left() {
    EXPECT_TRUE(eventually([&] { return processes().empty(); }, milliseconds(20'000)))
        << fmt::format("{}", fmt::join(processes(), "\n"));
    EXPECT_TRUE(std::filesystem::is_empty(folder_ / "tmp")) << "a temporary folder is left";
  }
  static pid_t child(const Process& live, const std::string& program) {
    for (const pid_t pid : live.children()) {
      if (command_of(pid).starts_with(program_path(program))) return pid;
    }
    return 0;
  }

  static void kill_child(const Process& live, const std::string& program) {
    const pid_t pid = child(live, program);
    ASSERT_GT(pid, 0) << program << " does not run";
    ASSERT_EQ(::kill(pid, SIGKILL), 0);
  }

  // As the last line about it says; 0: none does.
  static std::uint16_t page_port(const Process& live) {
    const std::string errors = live.errors();
    const std::string begin = "http://127.0.0.1:";
    const std::size_t at = errors.rfind(begin);
    if (at == std::string::npos || errors.find('\n', at) == std::string::npos) return 0;
    return static_cast<std::uint16_t>(std::atoi(errors.c_str() + at + begin.size()));
  }
  static bool page_answers(std::uint16_t port) {
    try {
      const HttpAnswer answer = http_get(port, "/");
      return answer.status == 200 && answer.headers.at("content-type").starts_with("text/html") &&
             answer.body.find("<html") != std::string::npos;
    } catch (const std::exception&) {
      return false;
    }
  }
  static std::size_t decisions_on_page(std::uint16_t port) {
    std::size_t count = 0;
    for (const char* symbol : {"BTCUSDT", "ETHUSDT"}) {
      const std::string history = http_get(port, fmt::format("/history?symbol={}&limit=100000", symbol)).body;
      simdjson::dom::parser parser;
      simdjson::dom::array times;
      if (parser.parse(history)["decisions"]["ts_ms"].get(times) == simdjson::SUCCESS) count += times.size();
    }
    return count;
  }
  void wait_for_page(const Process& live) {
    ASSERT_TRUE(eventually([&] { return page_port(live) != 0; })) << live.errors();
    ASSERT_TRUE(eventually([&] { return page_answers(page_port(live)); })) << live.errors();
  }

  std::string gnuplot_that(const char* script) {
    std::filesystem::create_directories(folder_ / "bin");
    write_file(folder_ / "bin/gnuplot", script);
    std::filesystem::permissions(folder_ / "bin/gnuplot", std::filesystem::perms::owner_all);
    return folder_ / "bin:" + std::getenv("PATH");
  }
  // By what the copying gnuplot was given last.
  std::size_t decisions_drawn() {
    std::size_t count = 0;
    for (int symbol = 0; symbol < 2; ++symbol) {
      count += lines_of(read_file(folder_ / fmt::format("given/{}_exposure", symbol))).size();
    }
    return count;
  }
  std::vector<DecisionLine> decisions() { return without_repetitions(read_decisions(read_file(folder_ / kFile))); }
  void expect_png(const std::string& path) {
    const std::string bytes = read_file(folder_ / path);
    EXPECT_EQ(bytes.substr(0, 8), "\x89PNG\r\n\x1a\n");
    EXPECT_GT(bytes.size(), 5000U);
  }
};

TEST_F(LivePlotTest, APageShowsTheRunWhileItGoesOn) {
  const auto live = start_plot(
      {"--runtime", "6", "--plot-follow", "--plot-show-state", "--plot-urgency-thickness", "--plot-posture"});
  wait_for_page(*live);
  EXPECT_TRUE(live->is_running()) << "the page came too late";
  EXPECT_EQ(live->wait(), 0) << live->errors();
  EXPECT_EQ(live->output().find("http://"), std::string::npos);
  EXPECT_NE(live->output().find("symbols=2 "), std::string::npos) << live->output();
  EXPECT_FALSE(decisions().empty());
  EXPECT_FALSE(std::filesystem::exists(folder_ / "logs/decisions_plot.png"));
  expect_nothing_left();
}

TEST_F(LivePlotTest, CtrlCEndsThePageWhichNeedsNoOtherProgram) {
  const auto live = start_plot({"--plot-follow"}, "/nowhere");
  wait_for_page(*live);
  live->signal(SIGINT);
  EXPECT_EQ(live->wait(), 0) << live->errors();
  expect_nothing_left();
}

TEST_F(LivePlotTest, AKillOfTheFeedEndsThePageAndTheDaemon) {
  const auto live = start_plot({"--plot-follow"});
  wait_for_page(*live);
  live->signal(SIGKILL);
  EXPECT_EQ(live->wait(), 128 + SIGKILL);
  expect_nothing_left();
}

TEST_F(LivePlotTest, APageThatDiesComesBackAndTheFeedGoesOn) {
  const auto live = start_plot({"--plot-follow"});
  wait_for_page(*live);
  const std::uint16_t port = page_port(*live);
  kill_child(*live, "plot_stream_decisions");
  EXPECT_TRUE(live->wait_errors("the page of decisions ended with 137")) << live->errors();
  EXPECT_TRUE(eventually([&] { return page_answers(port); })) << live->errors();
  live->signal(SIGINT);
  EXPECT_EQ(live->wait(), 0) << live->errors();
  EXPECT_NE(live->output().find(" daemon_starts=1 "), std::string::npos) << live->output();
  expect_nothing_left();
}

TEST_F(LivePlotTest, WhenTheDaemonWasKilledItsDecisionsAreStillShown) {
  const auto live = start_plot({"--plot-follow", "--plot-out", "logs/run.png"}, gnuplot_that(kCopyingGnuplot));
  wait_for_page(*live);
  const std::uint16_t port = page_port(*live);
  const pid_t page = child(*live, "plot_stream_decisions");
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(folder_ / kFile) && decisions().size() >= 4; }));
  kill_child(*live, "stream_daemon");
  ASSERT_TRUE(eventually([&] {
    const pid_t now = child(*live, "plot_stream_decisions");
    return now != 0 && now != page && page_answers(port);
  })) << live->errors();
  std::set<std::string> run_ids;
  ASSERT_TRUE(eventually([&] {
    for (const DecisionLine& line : decisions()) run_ids.insert(line.run_id);
    return run_ids.size() == 2;
  }));
  const std::string command = command_of(child(*live, "plot_stream_decisions"));
  for (const std::string& id : run_ids) EXPECT_NE(command.find(id), std::string::npos) << command;
  EXPECT_TRUE(eventually([&] { return decisions_on_page(port) == decisions().size(); }));
  live->signal(SIGINT);
  EXPECT_EQ(live->wait(), 0) << live->errors();
  expect_png("logs/run.png");
  EXPECT_EQ(decisions_drawn(), decisions().size());
  expect_nothing_left();
}

TEST_F(LivePlotTest, PicturesHaveTheDecisionsOfAllDaemonsOfThisRunAlone) {
  const std::string path = gnuplot_that(kCopyingGnuplot);
  EXPECT_EQ(start_plot({"--runtime", "3", "--decision-sink", std::string("file:") + kFile}, path)->wait(), 0);
  const std::size_t before = decisions().size();
  ASSERT_GT(before, 0U);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "given")) << "something is drawn without a plot flag";
  const auto live = start_plot({"--plot-out", "new/folder/run.png", "--plot-show-state"}, path);
  for (const std::size_t runs : {2U, 3U}) {
    ASSERT_TRUE(eventually([&] {
      std::set<std::string> run_ids;
      for (const DecisionLine& line : decisions()) run_ids.insert(line.run_id);
      return run_ids.size() == runs;
    })) << live->errors();
    if (runs == 2) kill_child(*live, "stream_daemon");
  }
  live->signal(SIGINT);
  EXPECT_EQ(live->wait(), 0) << live->errors();
  expect_png("new/folder/run.png");
  EXPECT_EQ(decisions_drawn(), decisions().size() - before);
  EXPECT_TRUE(live->output().ends_with("\nnew/folder/run.png\n")) << live->output();
  expect_nothing_left();
}

TEST_F(LivePlotTest, AVideoIsMadeAtTheEnd) {
  const auto live = start_plot(
      {"--runtime", "6", "--plot-webm", "logs/decisions.webm", "--plot-fps", "10", "--plot-frame-step", "5"});
  EXPECT_EQ(live->wait(), 0) << live->errors();
  EXPECT_EQ(read_file(folder_ / "logs/decisions.webm").substr(0, 4), "\x1a\x45\xdf\xa3");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "logs/decisions_plot.png"));
  expect_nothing_left();
}

TEST_F(LivePlotTest, WithoutAWayToDrawThePictureLiesBesideTheDecisions) {
  const auto live = start_plot({"--runtime", "3", "--plot-posture", "--decision-sink", "file:here/d.ndjson"});
  EXPECT_EQ(live->wait(), 0) << live->errors();
  expect_png("here/d_plot.png");
}

TEST_F(LivePlotTest, CtrlCEndsTheDrawing) {
  const auto live = start_plot({"--runtime", "3", "--plot-out", "run.png"}, gnuplot_that(kSlowGnuplot));
  ASSERT_TRUE(live->wait_output("symbols=2 ")) << live->errors();
  ASSERT_TRUE(eventually([&] { return processes().size() == 3; })) << "feed, plotter and gnuplot";
  live->signal(SIGINT);
  EXPECT_EQ(live->wait(milliseconds(10'000)), 1) << live->errors();
  EXPECT_NE(live->errors().find("stopped while it drew"), std::string::npos) << live->errors();
  expect_nothing_left();
}

TEST_F(LivePlotTest, ASecondCtrlCEndsTheDrawing) {
  const auto live = start_plot({"--plot-out", "run.png"}, gnuplot_that(kSlowGnuplot));
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(folder_ / kFile) && !decisions().empty(); }));
  live->signal(SIGINT);
  ASSERT_TRUE(live->wait_output("symbols=2 ")) << live->errors();
  ASSERT_TRUE(eventually([&] { return processes().size() == 3; })) << "feed, plotter and gnuplot";
  live->signal(SIGINT);
  EXPECT_EQ(live->wait(milliseconds(10'000)), 128 + SIGINT) << live->errors();
  expect_nothing_left();
}

TEST_F(LivePlotTest, WithoutADecisionThereIsNoPictureAndThatIsAFailure) {
  post("/market", "{\"trading\":false}");
  const auto live = start_plot({"--runtime", "2", "--plot-out", "run.png"});
  EXPECT_EQ(live->wait(), 1) << live->errors();
  EXPECT_NE(live->output().find("symbols=2 trades=0 "), std::string::npos) << live->output();
  EXPECT_TRUE(live->errors().ends_with("plot_stream_decisions ended with 1; see above\n")) << live->errors();
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run.png"));
}

TEST_F(LivePlotTest, WhatCannotBeDrawnIsSaidBeforeAnythingIsMade) {
  const auto said = [&](const Process& live, std::optional<int> code, int expected, const std::string& part) {
    EXPECT_EQ(code, expected) << live.errors();
    EXPECT_NE(live.errors().find(part), std::string::npos) << live.errors();
    EXPECT_EQ(lines_of(live.errors()).size(), 1U) << live.errors();
    EXPECT_FALSE(std::filesystem::exists(folder_ / "logs"));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "made"));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "live.duckdb.state"));
  };
  const auto blind = start_live({"--symbols", "BTCUSDT", "--plot-follow"});
  said(*blind, blind->wait(), 2, "--plot-follow without --emit-decisions");
  const auto gif = start_plot({"--plot-out", "made/a.gif"});
  said(*gif, gif->wait(), 2, "--plot-out");
  const auto no_gnuplot = start_plot({"--plot-out", "made/a.png"}, "/nowhere");
  said(*no_gnuplot, no_gnuplot->wait(), 3, "install gnuplot-nox");
  gnuplot_that(kSlowGnuplot);
  const auto no_ffmpeg = start_plot({"--plot-webm", "made/a.webm"}, folder_ / "bin");
  said(*no_ffmpeg, no_ffmpeg->wait(), 3, "install ffmpeg");
}

}  // namespace
}  // namespace streamd
