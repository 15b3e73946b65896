// Every value of a summary in its column.
#include "store/summary_rows.h"

#include <gtest/gtest.h>

#include <set>

#include "support/summary_fixture.h"

namespace streamd {
namespace {

class SummaryRowsTest : public SummaryFixture {};

TEST_F(SummaryRowsTest, EveryValueIsInItsColumn) {
  open();
  announce({"A", "B"});
  add({numbered_summary(1, 1'699'999'980, 60)});
  ASSERT_TRUE(commit(1).ok());
  EXPECT_EQ(rows("SELECT symbol, window_start, window_end, window_seconds, count, legitimacy_density, unknown_frac, "
                 "event_marker, artifact_ts FROM quotient_summaries"),
            (Rows{"B 2023-11-14 22:13:00 2023-11-14 22:14:00 60 45 0.5 0.25 true 2023-11-14 22:14:02.125"}));
  std::string columns;
  for (const char* feature : {"vol_ratio", "curvature", "drawdown", "burstiness", "acorr_1", "var_ratio"}) {
    for (const char* statistic : {"mean_", "median_", "mad_", "run_length_pos_", "run_length_neg_"}) {
      columns += std::string(columns.empty() ? "" : ", ") + statistic + feature;
    }
  }
  EXPECT_EQ(rows("SELECT " + columns + " FROM quotient_summaries"),
            (Rows{"1.0 2.0 3.0 4 5 11.0 12.0 13.0 14 15 21.0 22.0 23.0 24 25 31.0 32.0 33.0 34 35 41.0 42.0 43.0 44 45 "
                  "51.0 52.0 53.0 54 55"}));
  EXPECT_EQ(rows("SELECT quant_vol_ratio_p01, quant_vol_ratio_p05, quant_vol_ratio_p95, quant_vol_ratio_p99, "
                 "quant_curvature_p01, quant_curvature_p05, quant_curvature_p95, quant_curvature_p99 "
                 "FROM quotient_summaries"),
            (Rows{"101.0 102.0 103.0 104.0 201.0 202.0 203.0 204.0"}));
}

TEST_F(SummaryRowsTest, WithoutABarThatHasFeaturesThereAreNoStatistics) {
  open();
  announce({"A"});
  WindowSummary summary = numbered_summary(0, 1'699'999'980, 60);
  summary.count = 0;
  summary.legitimacy_density = 0;
  summary.unknown_frac = 1;
  WindowSummary next = numbered_summary(0, 1'700'000'040, 60);  // what is NULL stays in its row
  add({summary, next});
  ASSERT_TRUE(commit(1).ok());
  std::string nothing;
  for (int column = 0; column < 6 * 5 + 8; ++column) nothing += " NULL";
  const Rows stored = rows("SELECT * FROM quotient_summaries ORDER BY window_start");
  ASSERT_EQ(stored.size(), 2u);
  EXPECT_EQ(stored[0],
            "A 2023-11-14 22:13:00 2023-11-14 22:14:00 60 0 0.0 1.0 false" + nothing + " 2023-11-14 22:14:02.125");
  EXPECT_EQ(stored[1].find("NULL"), std::string::npos) << stored[1];
}

TEST_F(SummaryRowsTest, ManyRowsKeepTheirNulls) {
  constexpr int kRows = 5000;  // more than two chunks of the appender
  open();
  announce({"A"});
  std::vector<WindowSummary> summaries;
  for (int i = 0; i < kRows; ++i) {
    summaries.push_back(numbered_summary(0, i * 60, 60));
    summaries.back().count = i % 3;
  }
  add(summaries);
  ASSERT_TRUE(commit(1).ok());
  EXPECT_EQ(
      rows("SELECT count(*), count(DISTINCT window_start), count(*) FILTER ((count = 0) = (mean_vol_ratio IS NULL) "
           "AND (count = 0) = (quant_curvature_p99 IS NULL)), count(artifact_ts) FROM quotient_summaries"),
      (Rows{"5000 5000 5000 5000"}));
}

TEST_F(SummaryRowsTest, TheTableHasAColumnForEachValue) {
  const Table table = summary_table();
  EXPECT_EQ(table.columns.size(), 8u + 6 * 5 + 2 * 4 + 1);
  std::set<std::string> names;
  for (const Column& column : table.columns) names.insert(column.name);
  EXPECT_EQ(names.size(), table.columns.size());
}

}  // namespace
}  // namespace streamd
