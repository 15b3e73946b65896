// A folder with decisions that a daemon made, and plot_stream_decisions to run there.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "support/paths.h"
#include "system/daemon_process.h"
#include "system/decision_feed.h"

namespace streamd {

class PlotFixture : public testing::Test {
 protected:
  static constexpr std::size_t kBars = 1200;
  static constexpr const char* kFile = "logs/decisions.ndjson";

  void SetUp() override {
    DecisionFeed feed(folder_, 7);
    feed.grow(kBars);
    DaemonProcess daemon(folder_, feed.to_the_end({"--decision-sink", std::string("file:") + kFile}));
    ASSERT_EQ(daemon.wait_exit(), 0) << daemon.errors();
    std::filesystem::create_directories(folder_ / "tmp");
  }

  struct Ran {
    int code;
    std::string output, errors;
  };
  // With temporary files in ./tmp. `path`: PATH, where it is not this process's.
  std::unique_ptr<Process> start(std::vector<std::string> arguments, const std::string& path = "") {
    arguments.insert(arguments.begin(), program_path("plot_stream_decisions"));
    std::vector<std::string> environment = {"TMPDIR=" + folder_.path() + "/tmp"};
    if (!path.empty()) environment.push_back("PATH=" + path);
    return std::make_unique<Process>(arguments, folder_.path(), Process::Input::none, environment);
  }
  Ran plot(std::vector<std::string> arguments, const std::string& path = "") {
    const auto process = start(std::move(arguments), path);
    const int code = process->wait().value_or(-1);
    EXPECT_TRUE(std::filesystem::is_empty(folder_ / "tmp")) << "a temporary folder is left";
    return {code, process->output(), process->errors()};
  }
  void expect_error(const Ran& ran, int code, const std::vector<std::string>& words) {
    EXPECT_EQ(ran.code, code) << ran.errors;
    EXPECT_EQ(lines_of(ran.errors).size(), 1U) << ran.errors;
    for (const std::string& word : words)
      EXPECT_NE(ran.errors.find(word), std::string::npos) << word << " in " << ran.errors;
  }

  // A PATH on which this script comes before all programs of that name.
  std::string with_program(const std::string& name, const std::string& script) {
    std::filesystem::create_directories(folder_ / "bin");
    write_file(folder_ / "bin/" + name, script);
    std::filesystem::permissions(folder_ / "bin/" + name, std::filesystem::perms::owner_all);
    return folder_ / "bin" + ":" + std::getenv("PATH");
  }

  TempFolder folder_;
};

}  // namespace streamd
