// The end with a database that takes nothing: it comes at the deadline, whatever is still on its way, and what is left
// is counted.
#include "daemon/store_stage.h"

#include <gtest/gtest.h>

#include "support/journal_folder.h"

namespace streamd {
namespace {

// A database that is locked until it is told otherwise.
class LockedStore final : public Store {
 public:
  void add(EffectBatch& effects) override { rows += effects.writes.size(); }
  std::size_t pending_rows() const override { return rows; }
  std::size_t pending_bytes() const override { return rows * 100; }
  Result<void> commit(CommitTarget, const std::optional<Progress>&) override {
    if (clock != nullptr) clock->advance(commit_ms);
    if (locked) return Error{"locked", ErrorKind::locked};
    if (counters != nullptr) counters->rows_committed.add(rows);
    rows = 0;
    return {};
  }
  Result<std::vector<std::int64_t>> stored_trades(const std::vector<RowKey>&) override {
    return std::vector<std::int64_t>();
  }
  bool outcome_is_unknown() const override { return false; }
  std::uint64_t log_bytes() const override { return 0; }
  std::uint64_t log_bytes_reread() const override { return 0; }
  Result<void> checkpoint() override { return {}; }

  bool locked = true;
  std::size_t rows = 0;
  ManualClock* clock = nullptr;  // a commit takes its time
  ElapsedMillis commit_ms = 0;
  Counters* counters = nullptr;
};

class StoreStageTest : public JournalFolder {
 protected:
  StoreStageTest() {
    std::filesystem::create_directories(folder_ + "/snapshots");
    policy_.max_pending_bytes = 1'000;
    policy_.sync_before_commit = false;
    stage_.emplace(
        store_, Keeping{kFirstId, nullptr, &snapshots_, nullptr}, [] {}, policy_, clock_, counters_, progress_, effects_);
  }
  // True: there was room.
  bool push(std::size_t rows, bool with_state = false) {
    if (!effects_.has_room()) return false;
    auto effects = std::make_unique<EffectBatch>();
    effects->writes.resize(rows);
    if (with_state) effects->state = StateCopy{77, "state"};
    effects_.push(std::move(effects), rows * 100);
    return true;
  }
  void work() {
    for (int i = 0; i < 5; ++i) {
      stage_->do_work();
      clock_.advance(60);
    }
  }

  LockedStore store_;
  SnapshotFiles snapshots_{disk_, folder_ + "/snapshots"};
  Counters counters_;
  BatchProgress progress_;
  EffectQueue effects_{1'000};
  StorePolicy policy_;
  std::optional<StoreStage> stage_;
};

TEST_F(StoreStageTest, WhatWaitsIsBoundedUntilTheDatabaseTakesRowsAgain) {
  std::size_t pushed = 0;
  for (int i = 0; i < 100; ++i) {
    pushed += push(5) ? 5 : 0;
    work();
  }
  EXPECT_LT(pushed, 50u);
  EXPECT_FALSE(push(5));
  store_.locked = false;
  work();
  EXPECT_TRUE(push(5));
  effects_.close();
  for (int i = 0; i < 10 && stage_->do_work() != Work::finished; ++i) clock_.advance(60);
  EXPECT_EQ(stage_->do_work(), Work::finished);
  EXPECT_EQ(store_.rows, 0u);
  EXPECT_EQ(stage_->rows_left(), 0u);
}

// The stages before it have more to give than may wait. They must come to their end, too.
TEST_F(StoreStageTest, AfterTheDeadlineAllThatComesIsCountedAndLeft) {
  std::size_t pushed = 0;
  while (push(5)) {
    pushed += 5;
    work();
  }
  stage_->set_deadline(clock_.elapsed_ms());
  for (int i = 0; i < 30; ++i) {
    work();
    ASSERT_TRUE(push(5)) << i;
    pushed += 5;
  }
  ASSERT_TRUE(push(0, true) || (work(), push(0, true)));
  effects_.close();
  work();
  EXPECT_EQ(stage_->do_work(), Work::finished);
  EXPECT_EQ(stage_->rows_left(), pushed);
  EXPECT_EQ(snapshots_.positions().value(), std::vector<std::uint64_t>{77});  // the last one is kept nevertheless
}

TEST_F(StoreStageTest, WhileNothingCanBeCommittedSnapshotsDoNotPileUp) {
  for (std::uint64_t position = 1; position <= 50; ++position) {
    auto effects = std::make_unique<EffectBatch>();
    effects->state = StateCopy{position * 8, "state"};
    effects_.push(std::move(effects), 1);
    work();
  }
  EXPECT_EQ(snapshots_.positions().value(), std::vector<std::uint64_t>{400});
}

TEST_F(StoreStageTest, RowsThatWaitHaveAnAgeUntilTheyAreCommitted) {
  clock_.advance(5'000);
  stage_->do_work();
  EXPECT_EQ(counters_.pending_since_ms.get(), 0u);
  push(1);
  stage_->do_work();
  const auto since_ms = static_cast<std::uint64_t>(clock_.elapsed_ms());
  clock_.advance(500);
  push(1);
  work();
  EXPECT_EQ(counters_.pending_since_ms.get(), since_ms);
  EXPECT_EQ(counters_.last_commit_wall_ms.get(), 0u);
  store_.locked = false;
  clock_.advance(1'000);
  work();
  EXPECT_EQ(counters_.pending_since_ms.get(), 0u);
  EXPECT_GT(counters_.last_commit_wall_ms.get(), 1'000'000u);
  EXPECT_EQ(counters_.last_bars_wall_ms.get(), 0u);  // this store counts no rows
}

TEST_F(StoreStageTest, ACommitIsTimedAndSoIsTheWayToIt) {
  store_.locked = false;
  store_.clock = &clock_;
  store_.commit_ms = 40;
  store_.counters = &counters_;
  clock_.advance(2'000);
  for (int i = 0; i < 2; ++i) {
    auto effects = std::make_unique<EffectBatch>();
    effects->writes.resize(1);
    effects->read_us = (1'500 + 100 * i) * 1000;
    effects_.push(std::move(effects), 1);
  }
  stage_->do_work();
  const HistogramCopy commit = counters_.latencies.commit_to_log.copy();
  EXPECT_EQ(commit.count, 1u);
  EXPECT_DOUBLE_EQ(commit.sum_s, 0.04);
  EXPECT_EQ(counters_.latencies.commit_to_file.copy().count, 0u);
  const HistogramCopy committed = counters_.latencies.committed.copy();
  EXPECT_EQ(committed.count, 1u);
  EXPECT_DOUBLE_EQ(committed.sum_s, 0.54);  // of the older one
  EXPECT_EQ(counters_.last_bars_wall_ms.get(), counters_.last_commit_wall_ms.get());
  EXPECT_EQ(counters_.last_decisions_wall_ms.get(), 0u);
}

TEST_F(StoreStageTest, WhatIsRecoveredHasNoWayToTime) {
  store_.locked = false;
  clock_.advance(2'000);
  push(1);
  stage_->do_work();
  EXPECT_EQ(counters_.latencies.commit_to_log.copy().count, 1u);
  EXPECT_EQ(counters_.latencies.committed.copy().count, 0u);
}

}  // namespace
}  // namespace streamd
