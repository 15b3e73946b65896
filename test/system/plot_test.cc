// plot_stream_decisions as its users run it, on decisions that a daemon made: the contract's commands for pictures,
// what gnuplot is given, and errors of one line.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <sstream>

#include "system/decision_lines.h"
#include "system/plot_fixture.h"

namespace streamd {
namespace {

// A gnuplot that keeps what it was given in ./given, and draws.
constexpr const char* kCopyingGnuplot =
    "#!/bin/sh\n"
    "rm -rf given; cp -r \"$(dirname \"$2\")\" given\n"
    "PATH=${PATH#*:} exec gnuplot \"$@\"\n";

class PlotTest : public PlotFixture {
 protected:
  void expect_picture(const Ran& ran, const std::string& path, const std::string& magic) {
    EXPECT_EQ(ran.code, 0) << ran.errors;
    EXPECT_EQ(ran.errors, "");
    EXPECT_NE(ran.output.find(path + "\n"), std::string::npos) << ran.output;
    const std::string bytes = read_file(folder_ / path);
    EXPECT_GT(bytes.size(), 5000U);
    EXPECT_EQ(bytes.substr(0, magic.size()), magic) << path;
    EXPECT_TRUE(magic != kPng || bytes.substr(bytes.size() - 8, 4) == "IEND") << path << " is cut off";
  }

  inline static const std::string kPng = "\x89PNG\r\n\x1a\n";
};

TEST_F(PlotTest, TheContractsCommandsDrawPictures) {
  expect_picture(plot({"--ndjson", kFile, "--out", "logs/decisions_plot.png"}), "logs/decisions_plot.png", kPng);
  std::filesystem::remove(folder_ / "logs/decisions_plot.png");
  expect_picture(plot({"--ndjson", kFile, "--show-state", "--urgency-thickness"}), "logs/decisions_plot.png", kPng);
  expect_picture(plot({"--ndjson", kFile, "--out", "new/folder/a.svg", "--show-posture"}), "new/folder/a.svg", "<?xml");
  expect_picture(plot({"--ndjson", kFile, "--out", "a.PDF", "--symbols", "S0,S3"}), "a.PDF", "%PDF-");
  const Ran two = plot({"--ndjson", kFile, "--state-plot", "--window-seconds", "60"});
  expect_picture(two, "logs/decisions_plot.png", kPng);
  expect_picture(two, "logs/decisions_state.png", kPng);
}

std::vector<std::pair<double, double>> points_of(const std::string& text) {
  std::vector<std::pair<double, double>> points;
  std::istringstream numbers(text);
  for (double time = 0, value = 0; numbers >> time >> value;) points.emplace_back(time, value);
  return points;
}

// Computed here once more from the lines, by the contract's words.
TEST_F(PlotTest, GnuplotIsGivenTheSeriesOfTheDecisions) {
  constexpr double kFee = 0.001, kSlippage = 0.002, kMinTrade = 0.0005;
  const std::string path = with_program("gnuplot", kCopyingGnuplot);
  const Ran ran =
      plot({"--ndjson", kFile, "--out", "a.png", "--fee-rate", "0.001", "--slippage", "0.002", "--min-trade", "0.0005"},
           path);
  expect_picture(ran, "a.png", kPng);
  std::map<std::string, std::vector<DecisionValues>> by_symbol;
  for (const DecisionLine& line : read_decisions(read_file(folder_ / kFile)))
    by_symbol[line.values.symbol].push_back(line.values);
  ASSERT_EQ(by_symbol.size(), 4U);
  int number = 0;
  std::size_t changes = 0;
  for (const auto& [symbol, decisions] : by_symbol) {
    const auto given = [&](const char* what) {
      return points_of(read_file(folder_ / fmt::format("given/{}_{}", number, what)));
    };
    const auto exposure = given("exposure"), delta = given("delta"), gross = given("gross"), net = given("net");
    ASSERT_EQ(exposure.size(), decisions.size()) << symbol;
    ASSERT_EQ(gross.size(), decisions.size());
    ASSERT_EQ(net.size(), decisions.size());
    double held = 0, earned = 0, paid = 0;
    std::size_t next_delta = 0;
    for (std::size_t i = 0; i < decisions.size(); ++i) {
      const DecisionValues& one = decisions[i];
      const double time = static_cast<double>(one.timestamp_ms) / 1000;
      if (i > 0) earned += held * (one.close - decisions[i - 1].close);
      double change = one.hold ? 0 : static_cast<double>(one.direction) * one.target_exposure - held;
      if (std::abs(change) < kMinTrade) change = 0;
      held += change;
      paid += std::abs(change) * one.close * (kFee + kSlippage);
      EXPECT_EQ(exposure[i].first, time);
      EXPECT_NEAR(exposure[i].second, held, 1e-12);
      EXPECT_NEAR(gross[i].second, earned, 1e-9);
      EXPECT_NEAR(net[i].second, earned - paid, 1e-9);
      if (change == 0) continue;
      ++changes;
      ASSERT_LT(next_delta, delta.size());
      EXPECT_EQ(delta[next_delta].first, time);
      EXPECT_NEAR(delta[next_delta++].second, change, 1e-12);
    }
    EXPECT_EQ(next_delta, delta.size());
    ++number;
  }
  EXPECT_GT(changes, 20U) << "the decisions hardly change: the test tests nothing";
}

TEST_F(PlotTest, BadLinesAndDuplicatesAreTold) {
  const std::string lines = read_file(folder_ / kFile);
  write_file(folder_ / "more.ndjson", lines + "nonsense\n" + lines + "{}\n");
  const Ran ran = plot({"--ndjson", "more.ndjson"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.errors, fmt::format("plot_stream_decisions: more.ndjson: {} lines: 2 bad (invalid_json 1, "
                                    "missing_field:timestamp 1), {} duplicates removed\n",
                                    2 * kBars + 2, kBars));
  EXPECT_EQ(ran.output, "more_plot.png\n");
}

TEST_F(PlotTest, NothingIsWrittenOverTheInput) {
  const std::string lines = read_file(folder_ / kFile);
  write_file(folder_ / "a.png", lines);
  std::filesystem::create_symlink("a.png", folder_ / "b.svg");
  expect_error(plot({"--ndjson", "a.png", "--out", "./a.png"}), 2, {"--out ./a.png is the file of --ndjson"});
  expect_error(plot({"--ndjson", "a.png", "--state-out", folder_ / "a.png"}), 2, {"is the file of --ndjson"});
  expect_error(plot({"--ndjson", "b.svg", "--follow", "--out", "a.png"}), 2, {"is the file of --ndjson"});
  write_file(folder_ / "a.webm", lines);
  expect_error(plot({"--ndjson", "a.webm", "--webm", "a.webm"}), 2, {"--webm a.webm is the file of --ndjson"});
  expect_error(plot({"--ndjson", kFile, "--out", "c.png", "--state-out", "./c.png"}), 2, {"is the file of --out"});
  EXPECT_EQ(read_file(folder_ / "a.png"), lines);
  EXPECT_EQ(read_file(folder_ / "a.webm"), lines);
}

TEST_F(PlotTest, NamesOfPicturesAreNoCommands) {
  for (const char* name : {"|touch mark;.png", "~a.png", "a\tb'`\"%d.png"}) {
    expect_picture(plot({"--ndjson", kFile, "--out", name}), name, kPng);
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "mark"));
}

TEST_F(PlotTest, AFullDiskIsTold) {
  const std::string half = with_program("gnuplot",
                                        "#!/bin/sh\nPATH=${PATH#*:} gnuplot \"$@\"\n"
                                        "for f in *.part; do truncate -s 5000 \"$f\"; done\n");
  for (const char* name : {"a.png", "a.svg", "a.pdf"}) {
    expect_error(plot({"--ndjson", kFile, "--out", name}, half), 1, {name, "is the disk full?"});
    EXPECT_FALSE(std::filesystem::exists(folder_ / name));
  }
  Process full({"sh", "-c", program_path("plot_stream_decisions") + " --ndjson " + kFile + " >/dev/full"},
               folder_.path());
  EXPECT_EQ(full.wait(), 1);
  EXPECT_NE(full.errors().find("cannot write to stdout"), std::string::npos) << full.errors();
}

TEST_F(PlotTest, ErrorsAreOneLine) {
  expect_error(plot({"--ndjson", "none.ndjson"}), 3, {"none.ndjson", "--decision-sink"});
  expect_error(plot({"--ndjson", kFile}, "/nowhere"), 3, {"install gnuplot-nox"});
  write_file(folder_ / "empty.ndjson", "");
  expect_error(plot({"--ndjson", "empty.ndjson"}), 1, {"empty.ndjson", "--decision-sink"});
  expect_error(plot({"--ndjson", kFile, "--symbols", "SPY"}), 1, {"S0, S1, S2, S3"});
  expect_error(plot({"--ndjson", kFile, "--run-id", "abc"}), 1, {"run_id abc"});
  expect_error(plot({"--ndjson", kFile, "--out", "empty.ndjson/a.png"}), 1, {"empty.ndjson", "give another file"});
  expect_error(plot({"--ndjson", kFile, "--out", "a.gif"}), 2, {"--out a.gif", ".svg"});
  expect_error(plot({"--out", "a.png"}), 2, {"--ndjson"});
  expect_error(plot({"--ndjson", "logs"}), 1, {"logs"});
}

}  // namespace
}  // namespace streamd
