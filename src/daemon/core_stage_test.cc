// A journal that cannot be written: nothing is taken, nothing is applied, and after the deadline all is given up from
// there on.
#include "daemon/core_stage.h"

#include <gtest/gtest.h>

#include "support/failing_disk.h"
#include "support/journal_folder.h"

namespace streamd {
namespace {

class CoreStageTest : public JournalFolder {
 protected:
  CoreStageTest() { journal_ = Journal::open(disk_that_fails_, clock_, {folder_}, {}, kFirstId, 0).value(); }

  void make_stage(bool sync_each_batch = false) {
    stage_.emplace(
        core_, journal_.get(), [] {}, CorePolicy{1'000'000, sync_each_batch}, clock_, counters_, progress_, events_,
        recycled_, effects_, nullptr);
  }
  std::unique_ptr<EventBatch> batch(std::uint64_t number) {
    auto events = std::make_unique<EventBatch>();
    events->number = number;
    return events;
  }
  // The first one names the symbol that the later ones use.
  void push(std::uint64_t number) {
    auto events = batch(number);
    if (number == 1) {
      events->add_source_start({1});
      events->add_symbol("A");
    }
    events->add_bar_line(1, {0, static_cast<Second>(number), {1, 1, 1, 1, 1, 1}});
    events_.push(std::move(events));
  }
  void work() {
    while (stage_->do_work() == Work::done) {
    }
  }
  std::vector<int> seconds_written() {
    std::vector<int> seconds;
    while (auto effects = effects_.try_pop()) {
      for (const BarWrite& write : (*effects)->writes) seconds.push_back(static_cast<int>(write.second));
    }
    return seconds;
  }
  std::vector<int> seconds_journalled() {
    std::vector<int> seconds;
    JournalReader reader(disk_, segments(), 0);
    for (EventBatch events; *reader.next(events); events.clear()) {
      for (const BarLine& line : events.bar_lines()) seconds.push_back(static_cast<int>(line.second));
    }
    return seconds;
  }

  FailingDisk disk_that_fails_;
  Core core_;
  Counters counters_;
  BatchProgress progress_;
  EventQueue events_{8};
  EventQueue recycled_{8};
  EffectQueue effects_{1 << 20};
  std::optional<CoreStage> stage_;
};

TEST_F(CoreStageTest, WhileTheJournalCannotBeWrittenNothingIsApplied) {
  make_stage();
  push(1);
  work();
  disk_that_fails_.full = true;
  push(2);
  push(3);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(stage_->do_work(), Work::blocked);
    EXPECT_TRUE(stage_->waits_for_journal());
    clock_.advance(40);
  }
  EXPECT_EQ(seconds_written(), numbers(1, 2));
  EXPECT_EQ(progress_.journalled.get(), 1u);
  disk_that_fails_.full = false;
  clock_.advance(50);
  work();
  EXPECT_FALSE(stage_->waits_for_journal());
  EXPECT_EQ(seconds_written(), numbers(2, 4));
  EXPECT_EQ(seconds_journalled(), numbers(1, 4));
  EXPECT_EQ(progress_.journalled.get(), 3u);
  EXPECT_EQ(stage_->batches_given_up(), 0u);
}

// A smaller batch may find room where a larger one did not. It would use names that nobody knows.
TEST_F(CoreStageTest, WhatFollowsABatchThatWasGivenUpIsGivenUpToo) {
  make_stage();
  disk_that_fails_.full = true;
  push(1);
  EXPECT_EQ(stage_->do_work(), Work::blocked);
  stage_->set_deadline(clock_.elapsed_ms());
  clock_.advance(100);
  EXPECT_EQ(stage_->do_work(), Work::done);
  disk_that_fails_.full = false;
  push(2);
  push(3);
  events_.close();
  work();
  EXPECT_EQ(stage_->batches_given_up(), 3u);
  EXPECT_EQ(seconds_written(), numbers(0, 0));
  EXPECT_EQ(seconds_journalled(), numbers(0, 0));
  EXPECT_EQ(progress_.journalled.get(), 0u);
  EXPECT_TRUE(effects_.drained());
}

TEST_F(CoreStageTest, TheStateAtTheEndIsThatOfWhatWasJournalled) {
  make_stage();
  push(1);
  work();
  stage_->set_deadline(clock_.elapsed_ms());
  disk_that_fails_.full = true;
  push(2);
  events_.close();
  work();
  std::optional<StateCopy> last;
  while (auto effects = effects_.try_pop()) {
    if ((*effects)->state) last = (*effects)->state;
  }
  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(last->position, journal_->end());
  ByteSink state;
  core_.save(state);
  EXPECT_EQ(last->bytes, state.bytes());
}

// Until the process ends, which it must, the batch must not get into the journal again and again.
TEST_F(CoreStageTest, ABatchWhoseSyncFailedIsInTheJournalOnce) {
  make_stage(true);
  push(1);
  work();
  EXPECT_EQ(progress_.synced.get(), 1u);
  disk_that_fails_.cannot_sync = true;
  push(2);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(stage_->do_work(), Work::blocked);
    clock_.advance(100);
  }
  EXPECT_TRUE(journal_->has_failed());
  EXPECT_EQ(seconds_journalled(), numbers(1, 3));
  EXPECT_EQ(progress_.synced.get(), 1u);
}

TEST_F(CoreStageTest, TheWayOfABatchIsTimedAndGoesOnWithItsEffects) {
  make_stage();
  clock_.advance(1'000);
  auto events = batch(1);
  events->add_source_start({1});
  events->add_symbol("A");
  events->add_bar_line(1, {0, 1, {1, 1, 1, 1, 1, 1}});
  events->read_us = 970'000;
  events_.push(std::move(events));
  auto ticks = batch(2);
  ticks->add_tick({clock_.wall_ms(), clock_.elapsed_ms(), false, {}});
  ticks->read_us = 1;
  events_.push(std::move(ticks));
  work();
  for (const HistogramCopy& copy : {counters_.latencies.journalled.copy(), counters_.latencies.applied.copy()}) {
    EXPECT_EQ(copy.count, 1u);
    EXPECT_DOUBLE_EQ(copy.sum_s, 0.03);
  }
  auto effects = effects_.try_pop();
  ASSERT_TRUE(effects.has_value());
  EXPECT_EQ((*effects)->read_us, 970'000);
  auto recycled = recycled_.try_pop();
  EXPECT_EQ((*recycled)->read_us, 0);
}

}  // namespace
}  // namespace streamd
