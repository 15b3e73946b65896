// Which summaries are compared with those of a replay, and what is told of those that differ.
#include "store/row_comparison.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <limits>
#include <utility>

#include "store/bar_store.h"

namespace streamd {
namespace {

using Summaries = std::vector<WindowSummary>;

WindowSummary minute(SymbolId symbol, Second start, std::int32_t window_s = 60) {
  WindowSummary summary;
  summary.symbol = symbol;
  summary.start = start;
  summary.window_s = window_s;
  summary.count = 20;
  summary.legitimacy_density = 0.5;
  summary.unknown_frac = 0.25;
  for (FeatureStatistics& statistics : summary.features) statistics = {0.1, 0.2, 0.3, 4, 5};
  summary.artifact_ms = (start + window_s + 2) * 1000;
  return summary;
}

class RowComparisonTest : public testing::Test {
 protected:
  RowComparisonTest() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~RowComparisonTest() override { std::filesystem::remove_all(folder_); }

  // Of the symbols A and B; each with one bar, at second 6000.
  void fill(const std::string& path, const Summaries& summaries) {
    Counters counters;
    auto store = BarStore::open({path, false, {}}, counters);
    ASSERT_TRUE(store.ok()) << store.error().message;
    EffectBatch effects;
    effects.new_symbols = {"A", "B"};
    for (SymbolId symbol = 0; symbol < 2; ++symbol) {
      BarWrite& write = effects.writes.emplace_back();
      write.symbol = symbol;
      write.second = 6000;
      write.bar.add(1, 5, 1);
    }
    effects.summaries = summaries;
    (*store)->add(effects);
    const auto done = (*store)->commit(CommitTarget::file, Progress{"journal", 1});
    ASSERT_TRUE(done.ok()) << done.error().message;
    ASSERT_EQ(counters.summaries_committed.get(), summaries.size());
  }
  void change(const std::string& path, const std::string& sql) {
    auto database = duck::Database::open(path, duck::Access::read_write, {});
    ASSERT_TRUE(database.ok()) << database.error().message;
    auto connection = duck::Connection::open(*database);
    const auto done = connection->run(sql);
    ASSERT_TRUE(done.ok()) << done.error().message;
  }
  Comparison compare(const Coverage& of_a = {"A", {}, {}}, const Coverage& of_b = {"B", {}, {}}) {
    auto rows = StoredRows::open(stored_, folder_);
    EXPECT_TRUE(rows.ok()) << rows.error().message;
    if (!rows) return {};
    auto comparison = rows->compare(expected_, {of_a, of_b});
    EXPECT_TRUE(comparison.ok()) << comparison.error().message;
    return comparison ? std::move(comparison).value() : Comparison();
  }
  std::vector<std::string> differences(const Coverage& of_a = {"A", {}, {}}) {
    const Comparison comparison = compare(of_a);
    EXPECT_EQ(comparison.rows_that_differ, comparison.differences.size());
    return comparison.differences;
  }
  using Texts = std::vector<std::string>;

  const std::string folder_ = testing::TempDir() + "row_comparison_test_" + std::to_string(::getpid());
  const std::string stored_ = folder_ + "/stored.duckdb";
  const std::string expected_ = folder_ + "/expected.duckdb";
};

TEST_F(RowComparisonTest, TheSameSummariesAgreeWhenTheyWereMade) {
  Summaries summaries = {minute(0, 6000), minute(0, 6060), minute(0, 6000, 120), minute(1, 6000)};
  summaries[1].count = 0;
  fill(stored_, summaries);
  for (WindowSummary& summary : summaries) summary.artifact_ms += 5;
  fill(expected_, summaries);
  EXPECT_EQ(differences(), Texts{});
}

TEST_F(RowComparisonTest, EveryValueCountsExactly) {
  Summaries summaries = {minute(0, 6000), minute(0, 6060), minute(1, 6000)};
  fill(stored_, summaries);
  summaries[1].features[2].mad += 6e-17;
  summaries[1].vol_ratio_quantiles[3] = std::numeric_limits<double>::quiet_NaN();
  summaries[2].count = 0;
  fill(expected_, summaries);
  const Texts found = differences();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_TRUE(
      found[0].starts_with("B 1970-01-01 01:40:00, 60 s: count expected 0 stored 20, "
                           "mean_vol_ratio expected NULL stored 0.1, "))
      << found[0];
  EXPECT_EQ(found[1],
            "A 1970-01-01 01:41:00, 60 s: mad_drawdown expected 0.30000000000000004 stored 0.3, "
            "quant_vol_ratio_p99 expected nan stored 0.0");
}

TEST_F(RowComparisonTest, WindowsOfEachLengthAreApart) {
  Summaries summaries = {minute(0, 6000), minute(0, 6000, 120)};
  fill(stored_, summaries);
  summaries[1].legitimacy_density = 1;
  summaries.push_back(minute(0, 6000, 30));
  fill(expected_, summaries);
  EXPECT_EQ(differences(),
            (Texts{"A 1970-01-01 01:40:00, 120 s: legitimacy_density expected 1.0 stored 0.5",
                   "A 1970-01-01 01:40:00, 30 s: quotient_summaries missing, expected window_end 1970-01-01 01:40:30 "
                   "count 20 legitimacy_density 0.5 unknown_frac 0.25 event_marker false"}));
}

TEST_F(RowComparisonTest, OneThatIsAddedAndOneThatIsThereTwice) {
  fill(stored_, {minute(0, 6000), minute(0, 6060), minute(1, 6000)});
  fill(expected_, {minute(0, 6000), minute(1, 6000)});
  change(stored_, "INSERT INTO quotient_summaries SELECT * FROM quotient_summaries WHERE symbol = 'B'");
  EXPECT_EQ(differences(), (Texts{"B 1970-01-01 01:40:00, 60 s: quotient_summaries stored 2 times",
                                  "A 1970-01-01 01:41:00, 60 s: quotient_summaries not from this journal, stored "
                                  "window_end 1970-01-01 01:42:00 count 20 legitimacy_density 0.5 unknown_frac 0.25 "
                                  "event_marker false"}));
}

// The replay began at a snapshot, which had bars up to second 6070 and the window 6060 under way.
TEST_F(RowComparisonTest, FromASnapshotOnTheWindowUnderWayIsCompared) {
  Summaries summaries = {minute(0, 6000), minute(0, 6060), minute(0, 6120)};
  fill(stored_, summaries);
  summaries.erase(summaries.begin());
  summaries[0].legitimacy_density = 1;
  fill(expected_, summaries);
  EXPECT_EQ(differences({"A", 6070, {}}),
            Texts{"A 1970-01-01 01:41:00, 60 s: legitimacy_density expected 1.0 stored 0.5"});
}

// A tick had ended the window 6060 before the snapshot.
TEST_F(RowComparisonTest, FromASnapshotOnWindowsThatHadBegunMayBeUnexpected) {
  fill(stored_, {minute(0, 6000), minute(0, 6060), minute(0, 6120)});
  fill(expected_, {});
  const Texts found = differences({"A", 6070, {}});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_TRUE(found[0].starts_with("A 1970-01-01 01:42:00, 60 s: quotient_summaries not from")) << found[0];
}

// The replay ended at damage, when all seconds up to 6130 had closed.
TEST_F(RowComparisonTest, UpToDamageOnlyWindowsThatHadEndedAreTooMuch) {
  fill(stored_, {minute(0, 6000), minute(0, 6060), minute(0, 6120)});
  fill(expected_, {minute(0, 6000)});
  const Texts found = differences({"A", {}, 6130});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_TRUE(found[0].starts_with("A 1970-01-01 01:41:00, 60 s: quotient_summaries not from")) << found[0];
  EXPECT_EQ(differences({"A", {}, 6119}), Texts{});
}

// As of the journal's beginning: rows from before it are from elsewhere.
TEST_F(RowComparisonTest, WindowsBeforeTheFirstExpectedBarAreLeftAlone) {
  fill(stored_, {minute(0, 5880), minute(0, 5940), minute(0, 6000)});
  fill(expected_, {minute(0, 6000)});
  EXPECT_EQ(differences(), Texts{});
}

TEST_F(RowComparisonTest, ADatabaseOfADaemonThatKnewNoSummariesCanBeCompared) {
  fill(stored_, {});
  change(stored_, "DROP VIEW influence_gate_feed; DROP TABLE quotient_summaries");
  fill(expected_, {});
  EXPECT_EQ(compare().rows, 2u);
  std::filesystem::remove(expected_);
  fill(expected_, {minute(0, 6000)});
  const Texts found = differences();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_TRUE(found[0].starts_with("A 1970-01-01 01:40:00, 60 s: quotient_summaries missing")) << found[0];
}

TEST_F(RowComparisonTest, ADatabaseWithoutAJournalsProgressIsRefused) {
  fill(stored_, {});
  change(stored_, "DROP TABLE stream_progress");
  const auto rows = StoredRows::open(stored_, folder_);
  ASSERT_FALSE(rows.ok());
  EXPECT_EQ(rows.error().kind, ErrorKind::refused);
  EXPECT_NE(rows.error().message.find("no tables of the daemon's"), std::string::npos) << rows.error().message;
}

}  // namespace
}  // namespace streamd
