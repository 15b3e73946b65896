// The whole daemon on one thread, with a clock that only the test moves.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "daemon/core_stage.h"
#include "daemon/intake_stage.h"
#include "daemon/progress.h"
#include "daemon/store_stage.h"
#include "source/tail_source.h"
#include "store/bar_store.h"

namespace streamd {
namespace {

constexpr UnixMillis kNow = 1'700'000'100'000;

class StagesTest : public testing::Test {
 protected:
  StagesTest() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    auto store = BarStore::open({folder_ + "/bars.duckdb", false, {}}, counters_);
    EXPECT_TRUE(store.ok());
    store_ = std::move(store).value();
    append("");
    tail_.emplace(TailOptions{{folder_ + "/raw.ndjson"}, true, false, false}, intake_, clock_);
    intake_stage_.emplace(intake_, rejects_, std::vector<Source*>{&*tail_}, clock_, recycled_, events_);
    core_stage_.emplace(core_, nullptr, [] {}, CorePolicy{}, clock_, counters_, progress_, events_, recycled_,
                        effects_, nullptr);
    store_stage_.emplace(*store_, Keeping{}, [] {}, StorePolicy{}, clock_, counters_, progress_, effects_);
  }
  ~StagesTest() override { std::filesystem::remove_all(folder_); }

  void append(const std::string& text) { std::ofstream(folder_ + "/raw.ndjson", std::ios::app) << text; }
  static std::string trade(UnixMillis time, int price) {
    return fmt::format("{{\"type\":\"trade\",\"symbol\":\"A\",\"ts_ms\":{},\"price\":{},\"qty\":1}}\n", time, price);
  }
  // All stages, until nobody has anything to do at this moment.
  void work() {
    for (bool any = true; any;) {
      any = intake_stage_->do_work(0) == Work::done;
      any |= core_stage_->do_work() == Work::done;
      any |= store_stage_->do_work() == Work::done;
    }
  }
  void pass(std::int64_t ms) {
    for (; ms > 0; ms -= 100) {
      clock_.advance(100);
      work();
    }
  }
  std::uint64_t rows() const { return counters_.rows_committed.get(); }

  const std::string folder_ = testing::TempDir() + "stages_test_" + std::to_string(::getpid());
  ManualClock clock_{kNow};
  Counters counters_;
  BatchProgress progress_;
  Core core_;
  RejectLog rejects_{counters_, clock_};
  LineIntake intake_{{}, counters_, rejects_};
  EventQueue events_{8};
  EventQueue recycled_{8};
  EffectQueue effects_{1 << 20};
  std::unique_ptr<BarStore> store_;
  std::optional<TailSource> tail_;
  std::optional<IntakeStage> intake_stage_;
  std::optional<CoreStage> core_stage_;
  std::optional<StoreStage> store_stage_;
};

TEST_F(StagesTest, AQuietSecondIsStoredWhenItIsOverAndIdleAndAFlushIsDue) {
  work();
  append(trade(kNow, 5) + trade(kNow + 10, 6));
  pass(900);  // the second is not over
  EXPECT_EQ(rows(), 0u);
  pass(1'300);
  EXPECT_EQ(rows(), 1u);
}

TEST_F(StagesTest, ALaterTradeStoresTheSecondBeforeIt) {
  work();
  append(trade(kNow, 5) + trade(kNow + 1'000, 6));
  pass(1'100);
  EXPECT_EQ(rows(), 1u);
}

TEST_F(StagesTest, LinesAheadOfTheClockAreRefused) {
  append(trade(kNow + 60'000, 5) + trade(kNow + 60'001, 5));
  work();
  EXPECT_EQ(rejects_.count(RejectReason::bad_ts_ms), 1u);
  pass(1'000);  // now it is near enough
  append(trade(kNow + 60'001, 5));
  pass(100);
  EXPECT_EQ(counters_.trades.get(), 2u);
}

TEST_F(StagesTest, WhileTheCoreIsBehindTheIntakeReadsNothing) {
  for (int i = 0; i < 20; ++i) {  // a tick a time, and nobody takes it
    clock_.advance(100);
    append(trade(kNow, i));
    intake_stage_->do_work(0);
  }
  EXPECT_EQ(intake_stage_->do_work(0), Work::blocked);
  const auto read = counters_.lines.get();
  EXPECT_LT(read, 20u);
  work();
  pass(100);
  EXPECT_EQ(counters_.lines.get(), 20u);
}

TEST_F(StagesTest, AStopWritesTheOpenSecondAndRemembersHowFarTheFileIsIn) {
  append(trade(kNow, 5) + "{\"type\":\"tra");
  pass(100);
  intake_stage_->stop(false);
  work();
  EXPECT_EQ(store_stage_->do_work(), Work::finished);
  EXPECT_EQ(rows(), 1u);
  ASSERT_EQ(core_.tail_ledger().positions().size(), 1u);
  const TailPosition& position = core_.tail_ledger().positions().front();
  EXPECT_EQ(position.path, folder_ + "/raw.ndjson");
  EXPECT_EQ(position.offset, trade(kNow, 5).size());
  EXPECT_FALSE(position.finished);
}

TEST(ProgressBar, ShowsShareRateAndRemainingTime) {
  EXPECT_EQ(ProgressBar::draw("replay", 50'000'000, 200'000'000, 1'000'000, 2'000),
            "replay [#######.......................]  25%  25.0 MB/s  0.50 M lines/s  0:06 left");
  EXPECT_EQ(ProgressBar::draw("replay", 10, 10, 1, 1'000),
            "replay [##############################] 100%  0.0 MB/s  0.00 M lines/s");
}

}  // namespace
}  // namespace streamd
