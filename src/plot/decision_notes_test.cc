#include "plot/decision_notes.h"

#include <gtest/gtest.h>

#include "support/plot_lines.h"

namespace streamd::plot {
namespace {

using Lines = std::vector<std::string>;

class DecisionNotes : public testing::Test {
 protected:
  DecisionSet read(const std::string& text, const DecisionFilter& filter = {}) {
    auto set = read_decision_file(folder_.file("d.ndjson", text), filter);
    EXPECT_TRUE(set.ok());
    return set.ok() ? std::move(set).value() : DecisionSet();
  }
  const PlotFolder folder_;
};

TEST_F(DecisionNotes, SeveralRunsAreNamedTheNewestFirst) {
  const std::string text = DecisionText{.second = 0, .run = "a"}.line() + DecisionText{.second = 9, .run = "b"}.line() +
                           DecisionText{.second = 5, .run = "a"}.line();
  EXPECT_EQ(notes_on(read(text), {}),
            (Lines{"drawn are 2 runs: b (1 decisions, 2023-11-14 22:13:29 to 2023-11-14 22:13:29), "
                   "a (2 decisions, 2023-11-14 22:13:20 to 2023-11-14 22:13:25); --run-id shows one"}));
  const DecisionFilter one{.symbols = {}, .run_ids = {"a"}};
  EXPECT_EQ(notes_on(read(text, one), one), Lines{});
  const DecisionFilter none{.symbols = {}, .run_ids = {"c"}};
  const std::string why = nothing_to_plot(folder_.path + "/d.ndjson", read(text, none), none);
  EXPECT_NE(why.find("none with run_id c; its runs: b (1 decisions"), std::string::npos) << why;
}

TEST_F(DecisionNotes, SymbolsThatHaveNone) {
  const DecisionFilter filter{.symbols = {"NQ", "ES", "SPY"}, .run_ids = {}};
  EXPECT_EQ(notes_on(read(DecisionText{}.line(), filter), filter), Lines{"no decision of NQ, SPY"});
}

TEST_F(DecisionNotes, HoldsAlone) {
  const std::string held = DecisionText{.second = 1, .hold = true}.line();
  const std::string observed = DecisionText{.second = 2, .hold = true, .posture = "OBSERVE"}.line();
  EXPECT_EQ(notes_on(read(held + observed), {}), Lines{"all decisions are holds, so nothing changes"});
  EXPECT_EQ(notes_on(read(observed), {}),
            Lines{"all decisions are holds, so nothing changes: the gate is closed (OBSERVE)"});
  EXPECT_EQ(notes_on(read(observed + DecisionText{.second = 3}.line()), {}), Lines{});
}

}  // namespace
}  // namespace streamd::plot
