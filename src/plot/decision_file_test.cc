#include "plot/decision_file.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "support/plot_lines.h"

namespace streamd::plot {
namespace {

DecisionSet read(const std::string& text, const DecisionFilter& filter = {}) {
  const PlotFolder folder;
  auto set = read_decision_file(folder.file("decisions.ndjson", text), filter);
  EXPECT_TRUE(set.ok());
  return set.ok() ? std::move(set).value() : DecisionSet();
}

std::string with(std::string line, const std::string& what, const std::string& instead) {
  const std::size_t at = line.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return line.replace(at, what.size(), instead);
}

TEST(DecisionFile, KeepsWhatIsPlotted) {
  const auto set = read(DecisionText{.second = 7,
                                     .close = -37.5,
                                     .direction = -1,
                                     .exposure = 0.25,
                                     .urgency = 0.5,
                                     .state = -3,
                                     .posture = "OBSERVE"}
                            .line() +
                        DecisionText{.second = 8, .hold = true}.line());
  ASSERT_EQ(set.decisions.size(), 2U);
  const FileDecision& first = set.decisions[0];
  EXPECT_EQ(first.timestamp_ms, 1'700'000'007'000);
  EXPECT_EQ(first.close, -37.5);
  EXPECT_EQ(first.target, -0.25);
  EXPECT_EQ(first.urgency, 0.5F);
  EXPECT_EQ(first.state, -3);
  EXPECT_TRUE(first.observe);
  EXPECT_FALSE(first.hold);
  EXPECT_TRUE(set.decisions[1].hold);
  EXPECT_EQ(set.first_ms(), 1'700'000'007'000);
  EXPECT_EQ(set.last_ms(), 1'700'000'008'000);
  EXPECT_EQ(complaint_about(set.counts), "");
}

TEST(DecisionFile, SortsBySymbolAndTime) {
  std::string text;
  for (const std::int64_t second : {5, 2, 9}) {
    for (const char* symbol : {"NQ", "BTCUSDT", "ES"}) text += DecisionText{.second = second, .symbol = symbol}.line();
  }
  const auto set = read(text);
  EXPECT_EQ(set.symbols, (std::vector<std::string>{"BTCUSDT", "ES", "NQ"}));
  ASSERT_EQ(set.decisions.size(), 9U);
  const int seconds[] = {2, 5, 9};
  for (std::size_t i = 0; i < 9; ++i) {
    EXPECT_EQ(set.decisions[i].symbol, i / 3);
    EXPECT_EQ(set.decisions[i].timestamp_ms, 1'700'000'000'000 + 1000 * seconds[i % 3]);
  }
}

TEST(DecisionFile, RemovesDuplicatesByRunTimeAndSymbol) {
  const DecisionText one{.second = 1, .close = 10};
  DecisionText another_run = one, another_symbol = one, later = one;
  another_run.run = "run2";
  another_symbol.symbol = "NQ";
  later.second = 2;
  const auto set = read(one.line() + another_run.line() + later.line() + one.line() + another_symbol.line() +
                        another_run.line() + one.line());
  EXPECT_EQ(set.decisions.size(), 4U);
  EXPECT_EQ(set.counts.duplicates, 3U);
  EXPECT_EQ(complaint_about(set.counts),
            "7 lines: 3 duplicates removed, 1 of another run for the same second (--run-id chooses one)");
}

TEST(DecisionFile, CountsBadLinesByReason) {
  const std::string good = DecisionText{.second = 1, .close = 10, .urgency = 0.5}.line();
  const std::string bad[] = {
      "no json\n",
      "[1]\n",
      "{}\n",
      with(good, R"("close":10,)", ""),
      with(good, R"("close":10)", R"("close":"10")"),
      with(good, R"("close":10)", R"("close":null)"),
      with(good, R"("close":10)", R"("close":1e999)"),
      with(good, "1700000001000", "1700000001000.5"),
      with(good, "1700000001000", "-1"),
      with(good, R"("direction":0)", R"("direction":2)"),
      with(good, R"("target_exposure":0)", R"("target_exposure":1.5)"),
      with(good, R"("hold":false)", R"("hold":"false")"),
      with(good, R"("hold":false)", R"("hold":0)"),
      with(good, R"("symbol":"ES")", R"("symbol":"")"),
      with(good, R"("symbol":"ES")", R"("symbol":"E\nS")"),
      with(good, R"("symbol":"ES")", R"("symbol":7)"),
      with(good, R"("symbol":"ES",)", ""),
      with(good, R"("run_id":"run1")", R"("run_id":1)"),
      with(good, R"("run_id":"run1")", R"("run_id":")" + std::string(257, 'r') + '"'),
      with(good, R"("reason":"active_triadic")", R"("reason":")" + std::string(257, 'r') + '"'),
      with(good, R"("urgency":0.5)", R"("urgency":-1)"),
      with(good, R"("state":0)", R"("state":5)"),
      std::string(2 << 20, 'x') + "\n",
  };
  std::string text = good + "\n  \r\n";
  for (const std::string& line : bad) text += line;
  text += DecisionText{.second = 2}.line() + R"({"timestamp":17000)";
  const auto set = read(text);
  EXPECT_EQ(set.decisions.size(), 2U);
  EXPECT_EQ(set.counts.lines, 2 + std::size(bad) + 1);
  EXPECT_EQ(set.counts.bad, (std::map<std::string, std::uint64_t>{{"invalid_json", 2},
                                                           {"missing_field:timestamp", 1},
                                                           {"missing_field:close", 1},
                                                           {"bad_field:close", 3},
                                                           {"bad_field:timestamp", 2},
                                                           {"bad_field:direction", 1},
                                                           {"bad_field:target_exposure", 1},
                                                           {"bad_field:hold", 2},
                                                           {"bad_field:symbol", 3},
                                                           {"missing_field:symbol", 1},
                                                           {"bad_field:run_id", 2},
                                                           {"bad_field:reason", 1},
                                                           {"bad_field:urgency", 1},
                                                           {"bad_field:state", 1},
                                                           {"line_too_long", 1},
                                                           {"unfinished_line", 1}}));
  EXPECT_EQ(complaint_about(set.counts).find('\n'), std::string::npos);
}

TEST(DecisionFile, TakesALastLineWithoutNewline) {
  std::string text = DecisionText{.second = 1}.line();
  text.pop_back();
  EXPECT_EQ(read(text).decisions.size(), 1U);
}

TEST(DecisionFile, LeavesOutWhatIsNotAskedFor) {
  std::string text;
  for (const char* symbol : {"ES", "NQ", "BTCUSDT"}) {
    for (const char* run : {"a", "b"}) text += DecisionText{.symbol = symbol, .run = run}.line();
  }
  EXPECT_EQ(read(text, {.symbols = {"NQ", "ES"}, .run_ids = {}}).symbols, (std::vector<std::string>{"ES", "NQ"}));
  const auto one = read(text, {.symbols = {"NQ"}, .run_ids = {"b"}});
  EXPECT_EQ(one.decisions.size(), 1U);
  EXPECT_EQ(one.counts.lines, 6U);
  EXPECT_EQ(one.counts.of_several_runs, 0U);
  EXPECT_EQ(complaint_about(read(text).counts), "6 lines: 3 of another run for the same second (--run-id chooses one)");
  EXPECT_TRUE(read(text, {.symbols = {"SPY"}, .run_ids = {}}).decisions.empty());
}

TEST(DecisionFile, ReadsCompressedFiles) {
  const PlotFolder folder;
  const std::string path = folder.path + "/decisions.ndjson.gz";
  const std::string text = DecisionText{.second = 1}.line() + DecisionText{.second = 2}.line();
  gzFile file = ::gzopen(path.c_str(), "wb");
  ASSERT_EQ(::gzwrite(file, text.data(), static_cast<unsigned>(text.size())), static_cast<int>(text.size()));
  ::gzclose(file);
  auto set = read_decision_file(path, {});
  ASSERT_TRUE(set.ok()) << set.error().message;
  EXPECT_EQ(set->decisions.size(), 2U);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  EXPECT_FALSE(read_decision_file(path, {}).ok());
}

TEST(DecisionFile, SaysThatThereIsNone) {
  const auto set = read_decision_file("/nowhere/decisions.ndjson", {});
  ASSERT_FALSE(set.ok());
  EXPECT_EQ(set.error().kind, ErrorKind::not_found);
}

}  // namespace
}  // namespace streamd::plot
