// The views over quotient_summaries: every value of a few windows, by hand.
#include "store/summary_views.h"

#include <gtest/gtest.h>

#include "support/summary_fixture.h"

namespace streamd {
namespace {

// Feature f (0 … 5) has the mean (f + 1) · base.
WindowSummary window(SymbolId symbol, Second start, std::int32_t window_s, double base, double legitimacy,
                     UnixMillis artifact_ms) {
  WindowSummary summary = numbered_summary(symbol, start, window_s);
  for (std::size_t f = 0; f < kFeatures; ++f) summary.features[f].mean = static_cast<double>(f + 1) * base;
  summary.legitimacy_density = legitimacy;
  summary.artifact_ms = artifact_ms;
  return summary;
}

WindowSummary without_features(WindowSummary summary) {
  summary.count = 0;
  return summary;
}

class SummaryViewsTest : public SummaryFixture {
 protected:
  void SetUp() override {
    open();
    announce({"A", "B"});
  }
  // A's minute 6060 is missing, B's has no features; A has windows of two minutes, too, and B one of 30 s.
  void add_few() {
    add({window(0, 5940, 60, 1, 0.5, 6'002'500), window(0, 6000, 60, 3, 1, 6'062'500),
         window(0, 6120, 60, 2, 0.25, 6'182'500), window(1, 6000, 60, 8, 0.75, 6'063'500),
         without_features(window(1, 6060, 60, 7, 0, 6'123'500)), window(0, 5880, 120, 1, 1, 6'500'500),
         window(0, 6000, 120, 5, 0.5, 6'122'500), window(1, 5970, 30, 9, 1, 6'003'500)});
    ASSERT_TRUE(commit(1).ok());
  }
  static constexpr const char* kNulls = " NULL NULL NULL NULL NULL NULL";
};

TEST_F(SummaryViewsTest, LegitimacyStream) {
  add_few();
  EXPECT_EQ(rows("SELECT symbol, epoch(window_start)::BIGINT, epoch(window_end)::BIGINT, legitimacy_density, "
                 "unknown_frac, epoch_ms(artifact_ts) FROM legitimacy_stream ORDER BY ALL LIMIT 3"),
            (Rows{"A 5880 6000 1.0 0.25 6500500", "A 5940 6000 0.5 0.25 6002500", "A 6000 6060 1.0 0.25 6062500"}));
  EXPECT_EQ(rows("SELECT count(*) FROM legitimacy_stream"), Rows{"8"});
}

TEST_F(SummaryViewsTest, DeltasAreThoseToTheAdjacentWindowOfTheSameLength) {
  add_few();
  EXPECT_EQ(rows("SELECT symbol, epoch(window_start)::BIGINT, epoch(window_end)::BIGINT, COLUMNS('delta_.*') "
                 "FROM quotient_deltas ORDER BY symbol, window_start, window_end"),
            (Rows{std::string("A 5880 6000") + kNulls + " NULL", std::string("A 5940 6000") + kNulls + " NULL",
                  "A 6000 6060 2.0 4.0 6.0 8.0 10.0 12.0 0.5", "A 6000 6120 4.0 8.0 12.0 16.0 20.0 24.0 -0.5",
                  std::string("A 6120 6180") + kNulls + " NULL", std::string("B 5970 6000") + kNulls + " NULL",
                  std::string("B 6000 6060") + kNulls + " NULL", std::string("B 6060 6120") + kNulls + " -0.75"}));
}

TEST_F(SummaryViewsTest, ATargetMeetsTheSourcesOfEachLag) {
  add_few();
  // delta_vol_ratio and delta_var_ratio, the first feature's and the last one's, say what the six are.
  EXPECT_EQ(
      rows("SELECT target_symbol, source_symbol, lag, epoch(target_window)::BIGINT, epoch(source_window)::BIGINT, "
           "delta_vol_ratio, delta_var_ratio, delta_legitimacy, target_legitimacy, source_legitimacy, "
           "legitimacy_weight, epoch_ms(artifact_ts) FROM quotient_cross_lag_inputs ORDER BY ALL"),
      (Rows{"A A 1 6000 5880 4.0 24.0 -0.5 0.5 1.0 0.5 6500500", "A A 1 6000 5940 2.0 12.0 0.5 1.0 0.5 0.5 6062500",
            "A A 2 6120 6000 -1.0 -6.0 -0.75 0.25 1.0 0.25 6182500",
            "A A 3 6120 5940 1.0 6.0 -0.25 0.25 0.5 0.125 6182500",
            "A B 1 6120 6060 NULL NULL 0.25 0.25 0.0 0.0 6182500",
            "A B 2 6120 6000 -6.0 -36.0 -0.5 0.25 0.75 0.1875 6182500",
            "B A 1 6000 5940 7.0 42.0 0.25 0.75 0.5 0.375 6063500",
            "B A 1 6060 6000 NULL NULL -1.0 0.0 1.0 0.0 6123500", "B A 2 6060 5940 NULL NULL -0.5 0.0 0.5 0.0 6123500",
            "B B 1 6060 6000 NULL NULL -0.75 0.0 0.75 0.0 6123500"}));
  EXPECT_EQ(rows("SELECT COLUMNS('delta_.*') FROM quotient_cross_lag_inputs WHERE target_symbol = 'A' AND lag = 3"),
            Rows{"1.0 2.0 3.0 4.0 5.0 6.0 -0.25"});
}

TEST_F(SummaryViewsTest, LagsAreOneToTenWindows) {
  std::vector<WindowSummary> summaries;
  for (const Second start : {0, 600, 660}) summaries.push_back(window(0, start, 60, 1, 1, 0));
  add(summaries);
  ASSERT_TRUE(commit(1).ok());
  const std::string columns = "lag, epoch(target_window)::BIGINT, epoch(source_window)::BIGINT";
  EXPECT_EQ(rows("SELECT " + columns + " FROM quotient_cross_lag_inputs ORDER BY ALL"),
            (Rows{"1 660 600", "10 600 0"}));
}

TEST_F(SummaryViewsTest, TheFeedBeginsWithTheNewestTarget) {
  add_few();
  const std::string columns =
      "target_symbol, source_symbol, lag, legitimacy_weight, delta_legitimacy, epoch_ms(artifact_ts), "
      "epoch(target_window)::BIGINT, epoch(source_window)::BIGINT";
  EXPECT_EQ(rows("SELECT " + columns + " FROM influence_gate_feed"),
            (Rows{"A B 1 0.0 0.25 6182500 6120 6060", "A A 2 0.25 -0.75 6182500 6120 6000",
                  "A B 2 0.1875 -0.5 6182500 6120 6000", "A A 3 0.125 -0.25 6182500 6120 5940",
                  "B A 1 0.0 -1.0 6123500 6060 6000", "B B 1 0.0 -0.75 6123500 6060 6000",
                  "B A 2 0.0 -0.5 6123500 6060 5940", "A A 1 0.5 0.5 6062500 6000 5940",
                  "A A 1 0.5 -0.5 6500500 6000 5880", "B A 1 0.375 0.25 6063500 6000 5940"}));
  EXPECT_EQ(rows("SELECT source_symbol, lag FROM influence_gate_feed WHERE target_symbol = 'A' "
                 "AND target_window = TIMESTAMP '1970-01-01 01:42:00'"),
            (Rows{"B 1", "A 2", "B 2", "A 3"}));
}

TEST_F(SummaryViewsTest, WithoutSummariesTheyAreEmpty) {
  for (const View& view : summary_views()) EXPECT_EQ(rows("SELECT * FROM " + view.name), Rows{}) << view.name;
}

}  // namespace
}  // namespace streamd
