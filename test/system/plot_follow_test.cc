// plot_stream_decisions --follow as its users run it: beside a daemon, and what goes wrong.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <charconv>
#include <csignal>
#include <filesystem>

#include "support/paths.h"
#include "system/daemon_process.h"
#include "system/decision_feed.h"
#include "system/http_client.h"

namespace streamd {
namespace {

constexpr const char* kFile = "logs/decisions.ndjson";

class PlotFollowTest : public testing::Test {
 protected:
  // The contract's command, and more of its flags.
  std::vector<std::string> command(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all = {program_path("plot_stream_decisions"), "--ndjson", kFile, "--follow",
                                    "--interval-ms", "100", "--show-state", "--urgency-thickness"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  static std::uint16_t port_of(const Process& plotter) {
    static const std::string kBefore = "http://127.0.0.1:";
    const std::string output = plotter.output();
    const std::size_t at = output.find(kBefore);
    std::uint16_t port = 0;
    if (at != std::string::npos)
      std::from_chars(output.data() + at + kBefore.size(), output.data() + output.size(), port);
    return port;
  }
  std::uint64_t decisions_told(std::uint16_t port, const std::string& symbol) {
    const std::string answer = http_get(port, "/history?symbol=" + symbol + "&limit=100000").body;
    simdjson::dom::array times;
    return parser_.parse(answer)["decisions"]["ts_ms"].get(times) == simdjson::SUCCESS ? times.size() : 0;
  }

  TempFolder folder_;
  simdjson::dom::parser parser_;
};

TEST_F(PlotFollowTest, ShowsWhatADaemonDecides) {
  Process plotter(command(), folder_.path());
  ASSERT_TRUE(plotter.wait_output(" shows ")) << plotter.errors();
  const std::uint16_t port = port_of(plotter);
  EXPECT_TRUE(plotter.wait_errors("waiting for")) << plotter.errors();
  const HttpAnswer page = http_get(port, "/", "Accept: text/html\r\n");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.headers.at("content-type"), "text/html; charset=utf-8");
  EXPECT_EQ(http_get(port, "/app.js").status, 200);
  EXPECT_EQ(http_get(port, "/query?sql=SELECT+1").status, 404);
  DecisionFeed feed(folder_, 7);
  feed.grow(400);
  DaemonProcess daemon(folder_, feed.to_the_end({"--decision-sink", std::string("file:") + kFile}));
  ASSERT_EQ(daemon.wait_exit(), 0) << daemon.errors();
  EXPECT_TRUE(eventually([&] { return decisions_told(port, "S0") == 100; })) << decisions_told(port, "S0");
  plotter.signal(SIGTERM);
  EXPECT_EQ(plotter.wait(), 0);
  EXPECT_EQ(lines_of(plotter.output()).size(), 1U) << plotter.output();
}

TEST_F(PlotFollowTest, CtrlCInTheMiddleOfAPictureLeavesNothing) {
  std::filesystem::create_directories(folder_ / "bin");
  std::filesystem::create_directories(folder_ / "tmp");
  write_file(folder_ / "bin/gnuplot", "#!/bin/sh\nexec sleep 1000\n");
  std::filesystem::permissions(folder_ / "bin/gnuplot", std::filesystem::perms::owner_all);
  std::filesystem::create_directories(folder_ / "logs");
  write_file(folder_ / kFile, R"({"timestamp":1700000000000,"symbol":"A","close":1,"direction":1,"target_exposure":1})"
                             "\nnonsense\n");
  Process plotter(command({"--out", "a.png"}), folder_.path(), Process::Input::none,
                  {"PATH=" + folder_ / "bin:/usr/bin:/bin", "TMPDIR=" + folder_ / "tmp"});
  std::vector<pid_t> children;
  ASSERT_TRUE(eventually([&] { return !(children = plotter.children()).empty(); })) << plotter.errors();
  plotter.signal(SIGINT);
  EXPECT_EQ(plotter.wait(), 0);
  for (const pid_t child : children) EXPECT_NE(::kill(child, 0), 0);
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "tmp"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "a.png"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), {}), 3) << "bin, tmp, logs";
  EXPECT_NE(plotter.errors().find("decisions.ndjson: 2 lines: 1 bad (invalid_json 1)\n"), std::string::npos);
}

TEST_F(PlotFollowTest, WhatIsMissingIsOneLine) {
  const auto refused = [&](const std::vector<std::string>& more, const std::string& path, const std::string& word) {
    Process plotter(command(more), folder_.path(), Process::Input::none, {"PATH=" + path});
    EXPECT_EQ(plotter.wait(), 3);
    EXPECT_EQ(lines_of(plotter.errors()).size(), 1U) << plotter.errors();
    EXPECT_NE(plotter.errors().find(word), std::string::npos) << plotter.errors();
  };
  refused({"--out", "a.png"}, "/nowhere", "install gnuplot-nox");
  Process other(command(), folder_.path(), Process::Input::none, {"PATH=/nowhere"});
  ASSERT_TRUE(other.wait_output(" shows ")) << "without pictures nothing else is needed: " << other.errors();
  refused({"--port", std::to_string(port_of(other))}, "/usr/bin:/bin", "--port");
}

}  // namespace
}  // namespace streamd
