// Decision lines for the plotter's tests, and a file to put them in.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace streamd::plot {

struct PlotFolder {
  std::string path = (std::filesystem::temp_directory_path() / "plot_test.XXXXXX").string();
  PlotFolder() { EXPECT_NE(::mkdtemp(path.data()), nullptr); }
  ~PlotFolder() { std::filesystem::remove_all(path); }
  PlotFolder(const PlotFolder&) = delete;
  PlotFolder& operator=(const PlotFolder&) = delete;

  // The path of a file with that text.
  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(path + "/" + name, std::ios::binary) << text;
    return path + "/" + name;
  }
};

inline std::string text_of(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

struct DecisionText {
  std::int64_t second = 0;
  double close = 100;
  int direction = 0;
  double exposure = 0;
  bool hold = false;
  double urgency = 0;
  int state = 0;
  std::string symbol = "ES";
  std::string run = "run1";
  std::string posture = "TRADE_NORMAL";

  std::string line() const {
    return fmt::format(
        R"({{"timestamp":{},"symbol":"{}","close":{},"state":{},"direction":{},"target_exposure":{},"urgency":{},)"
        R"("hold":{},"actionability":1,"reason":"active_triadic","gate_open":true,"posture":"{}",)"
        R"("phase6_gate":{{"open":true,"source":null,"allowed_slip_bps":null,"reason":null,"timestamp":null}},)"
        R"("cost":0,"run_id":"{}","source":"stream_daemon"}})"
        "\n",
        1'700'000'000'000 + second * 1000, symbol, close, state, direction, exposure, urgency, hold, posture, run);
  }
};

}  // namespace streamd::plot
