// What the delivery's stage puts into the spools, what it leaves out, and what it says about it.
#include "daemon/delivery_stage.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <deque>
#include <filesystem>

#include "base/utc_text.h"
#include "support/failing_disk.h"

namespace streamd {
namespace {

const std::string kId(32, 'a');
const std::string kOtherId(32, 'b');
constexpr Second kSecond = 1'700'000'000;
constexpr std::uint64_t kNothingNew = DeliveryStage::kNothingNew;

class DeliveryStageTest : public testing::Test {
 protected:
  DeliveryStageTest() {
    configure_log(LogLevel::info, LogFormat::text);
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_);
  }
  ~DeliveryStageTest() override {
    configure_log(LogLevel::off, LogFormat::text);
    std::filesystem::remove_all(root_);
  }

  // A sink more; before start().
  struct Given {
    WhenFull when_full = WhenFull::block;
    std::uint64_t max_bytes = 1 << 20;
    bool takes_bars = false;
  };
  void add(const Given& given) {
    given_.push_back(given);
    closed_.push_back(false);
    spools_.push_back(nullptr);
    open_spool(spools_.size() - 1);
  }
  void add() { add(Given{}); }
  // The stage anew, over the spools as they are.
  void start() {
    stage_.reset();
    queue_ = std::make_unique<DeliveryQueue>(1 << 20);
    std::vector<Outlet> outlets;
    for (std::size_t i = 0; i < spools_.size(); ++i) {
      outlets.push_back({spec(i), given_[i].takes_bars, given_[i].when_full, spools_[i].get(),
                         [this, i] { return closed_[i]; }});
    }
    stage_ = std::make_unique<DeliveryStage>(std::move(outlets), clock_, spooled_, *queue_);
    needs_names_ = true;
  }
  // As after a kill.
  void restart() {
    stage_.reset();
    for (std::size_t i = 0; i < spools_.size(); ++i) open_spool(i);
    start();
  }
  void start_at(std::uint64_t position, const std::string& id = kId) {
    start();
    begin_journal(position, id);
  }
  void begin_journal(std::uint64_t position, const std::string& id = kId) {
    const auto begun = stage_->begin_journal(id, position);
    EXPECT_TRUE(begun.ok()) << (begun.ok() ? "" : begun.error().message);
  }
  void begin_replay(const std::vector<std::uint64_t>& known, const std::string& id = kId) {
    const auto begun = stage_->begin_replay(id, known);
    EXPECT_TRUE(begun.ok()) << (begun.ok() ? "" : begun.error().message);
  }

  // Decisions of the seconds [first, end) behind kSecond, in a batch that ends at this position.
  DeliveryBatch batch(int first, int end, std::uint64_t position) {
    DeliveryBatch made;
    if (std::exchange(needs_names_, false)) made.new_symbols = {"A"};
    if (first < end) made.contexts.push_back({0, context("run-1")});
    for (int number = first; number < end; ++number) {
      Decision decision;
      decision.second = kSecond + number;
      decision.close = 1.5;
      made.decisions.push_back(decision);
    }
    made.position = position;
    return made;
  }
  static DecisionContext context(const std::string& run, bool open = false) {
    DecisionContext made;
    made.run_id = run;
    made.gate.open = open;
    return made;
  }
  void push(DeliveryBatch made) { queue_->push(std::make_unique<DeliveryBatch>(std::move(made)), 1); }
  // One after the other; all must be taken.
  void give(DeliveryBatch made) {
    push(std::move(made));
    EXPECT_EQ(stage_->do_work(), Work::done);
  }
  void give(int first, int end, std::uint64_t position) { give(batch(first, end, position)); }
  void give_mark(std::uint64_t position) {
    DeliveryBatch made = batch(0, 0, position);
    made.is_mark = true;
    give(std::move(made));
  }

  // All that a spool has, as its sink would read it.
  std::string lines(std::size_t i = 0, std::uint64_t from = 0) {
    std::string all;
    for (;;) {
      auto piece = spools_[i]->read(from, 1 << 16);
      EXPECT_TRUE(piece.ok());
      if (!piece) return all;
      all += piece->lines;
      if (piece->next == from) return all;
      from = piece->next;
    }
  }
  // The seconds behind kSecond of a spool's lines.
  std::vector<int> numbers(std::size_t i = 0) {
    std::vector<int> found;
    const std::string all = lines(i);
    for (std::size_t at = 0; (at = all.find("{\"timestamp\":", at)) != std::string::npos; at += 13) {
      found.push_back(static_cast<int>(std::stoll(all.substr(at + 13)) / 1000 - kSecond));
    }
    return found;
  }
  static std::vector<int> range(int first, int end) {
    std::vector<int> all;
    for (int number = first; number < end; ++number) all.push_back(number);
    return all;
  }
  void take_all(std::size_t i = 0) { spools_[i]->trim(spools_[i]->end_position()); }
  // Gives batches of ten decisions until the next one would find no room. Returns the next decision number; positions
  // are number * 10.
  int fill(int number, std::size_t i = 0) {
    for (; spools_[i]->has_room(); number += 10) give(number, number + 10, at(number + 10));
    return number;
  }
  static std::uint64_t at(int number) { return static_cast<std::uint64_t>(number) * 10; }

  template <typename Action>
  static std::string log_of(Action action) {
    testing::internal::CaptureStderr();
    action();
    return testing::internal::GetCapturedStderr();
  }
  static std::string spec(std::size_t i) { return "file:/sink-" + std::to_string(i); }
  Spool& spool(std::size_t i = 0) { return *spools_[i]; }

  const std::string root_ = testing::TempDir() + "delivery_stage_test_" + std::to_string(::getpid());
  FailingDisk disk_;
  ManualClock clock_{kSecond * 1000};
  SpooledPosition spooled_;
  std::vector<Given> given_;
  std::deque<bool> closed_;
  std::vector<std::unique_ptr<Spool>> spools_;
  std::unique_ptr<DeliveryQueue> queue_;
  std::unique_ptr<DeliveryStage> stage_;
  bool needs_names_ = true;

 private:
  void open_spool(std::size_t i) {
    spools_[i].reset();
    auto opened = Spool::open(disk_, {root_ + "/" + std::to_string(i), spec(i), given_[i].max_bytes});
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    spools_[i] = std::move(opened).value();
  }
};

constexpr std::uint64_t kSmall = 64 << 10;

TEST_F(DeliveryStageTest, DecisionsAndBarsGoToThoseThatTakeThem) {
  add();
  add({.takes_bars = true});
  start_at(0);
  DeliveryBatch made = batch(0, 2, 10);
  made.bar_notices.push_back({{1, 2, 0.5, 1.5, 3, 4}, kSecond, 0, false, 0});
  give(std::move(made));
  EXPECT_EQ(numbers(0), range(0, 2));
  const std::string bars = lines(1);
  EXPECT_EQ(bars.find("{\"type\":\"ohlc1s\",\"symbol\":\"A\",\"ts_ms\":1700000000000,"), 0u);
  EXPECT_EQ(std::count(bars.begin(), bars.end(), '\n'), 1);
  EXPECT_EQ(stage_->do_work(), Work::idle);
}

TEST_F(DeliveryStageTest, AContextHoldsFromItsDecisionUntilTheNextOne) {
  add();
  start_at(0);
  DeliveryBatch made = batch(0, 5, 10);
  made.contexts = {{0, context("run-1")}, {2, context("run-1", true)}, {4, context("run-2", true)}};
  give(std::move(made));
  DeliveryBatch next = batch(5, 6, 20);
  next.contexts.clear();  // goes on under the last one
  give(std::move(next));
  std::vector<std::string> told;
  const std::string all = lines();
  for (std::size_t begin = 0, end; (end = all.find('\n', begin)) != std::string::npos; begin = end + 1) {
    const std::string line = all.substr(begin, end - begin);
    const bool open = line.find("\"phase6_gate\":{\"open\":true") != std::string::npos;
    told.push_back(line.substr(line.find("\"run_id\":\"") + 10, 5) + (open ? " open" : " closed"));
  }
  EXPECT_EQ(told, (std::vector<std::string>{"run-1 closed", "run-1 closed", "run-1 open", "run-1 open", "run-2 open",
                                            "run-2 open"}));
}

TEST_F(DeliveryStageTest, AFullSpoolThatBlocksStopsAllUntilItIsTaken) {
  add({.max_bytes = kSmall});
  add();
  start_at(0);
  int next = fill(0);
  push(batch(next, next + 10, at(next + 10)));
  const std::string log = log_of([&] {
    EXPECT_EQ(stage_->do_work(), Work::blocked);
    EXPECT_EQ(stage_->do_work(), Work::blocked);
  });
  EXPECT_NE(log.find("sink " + spec(0) + ": "), std::string::npos);
  EXPECT_NE(log.find("its spool is full: nothing more is read"), std::string::npos);
  EXPECT_EQ(log.find("is full", log.find("is full") + 1), std::string::npos) << "said twice";
  EXPECT_EQ(numbers(1), range(0, next));  // it is behind the one that blocks
  const auto first = numbers(0);
  take_all();
  EXPECT_EQ(stage_->do_work(), Work::done);
  EXPECT_EQ(numbers(1), range(0, next + 10));
  EXPECT_EQ(numbers(0).back(), next + 9);
  EXPECT_EQ(first, range(0, next));
}

TEST_F(DeliveryStageTest, SinksBeforeTheOneThatBlocksGetTheBatchOnce) {
  add();
  add({.max_bytes = kSmall});
  start_at(0);
  const int next = fill(0, 1);
  push(batch(next, next + 10, at(next + 10)));
  EXPECT_EQ(stage_->do_work(), Work::blocked);
  EXPECT_EQ(stage_->do_work(), Work::blocked);
  take_all(1);
  EXPECT_EQ(stage_->do_work(), Work::done);
  EXPECT_EQ(numbers(0), range(0, next + 10));
}

TEST_F(DeliveryStageTest, ItWarnsOnceWhenHalfIsFullAndAgainAfterItWasNearlyEmpty) {
  add({.max_bytes = kSmall});
  start_at(0);
  int next = 0;
  const auto count = [&](const std::string& log) {
    int found = 0;
    for (std::size_t at = 0; (at = log.find("its spool is half full", at)) != std::string::npos; ++at) ++found;
    return found;
  };
  EXPECT_EQ(count(log_of([&] { next = fill(next); })), 1);
  take_all();
  EXPECT_EQ(count(log_of([&] { next = fill(next); })), 1);
}

TEST_F(DeliveryStageTest, AFullSpoolThatDetachesMissesLinesAndTheOthersDoNot) {
  add({.when_full = WhenFull::detach, .max_bytes = kSmall});
  add();
  start_at(0);
  int next = fill(0);
  const int full_at = next;
  const std::string detached = log_of([&] { give(next, next + 10, at(next + 10)); });
  EXPECT_NE(detached.find("detached, lines from " + utc_text(kSecond + full_at)), std::string::npos) << detached;
  EXPECT_NE(detached.find(fmt::format("(journal position {})", at(full_at))), std::string::npos) << detached;
  next += 10;
  give(next, next + 10, at(next + 10));
  next += 10;
  EXPECT_TRUE(spool().gap_is_open());
  const auto kept = numbers(0);
  EXPECT_EQ(kept, range(0, full_at));
  // More than three quarters full: it stays detached.
  spool().trim(spool().end_position() - kSmall * 7 / 8);
  give(next, next + 10, at(next + 10));
  next += 10;
  EXPECT_TRUE(spool().gap_is_open());
  take_all();
  const std::string attached = log_of([&] { give(next, next + 10, at(next + 10)); });
  EXPECT_FALSE(spool().gap_is_open());
  EXPECT_NE(attached.find(fmt::format("it has missed {} lines from {} to {} (journal positions {} to {})",
                                      next - full_at, utc_text(kSecond + full_at), utc_text(kSecond + next - 1),
                                      at(full_at), at(next + 10) - 1)),
            std::string::npos)
      << attached;
  EXPECT_EQ(numbers(0).back(), next + 9);
  EXPECT_EQ(numbers(1), range(0, next + 10));
  give(next + 10, next + 20, at(next + 20));
  EXPECT_EQ(numbers(0).back(), next + 19);
}

TEST_F(DeliveryStageTest, WhatADetachedSinkHasMissedIsSaidAtTheEnd) {
  add({.when_full = WhenFull::detach, .max_bytes = kSmall});
  start_at(0);
  const int next = fill(0);
  give(next, next + 10, at(next + 10));
  queue_->close();
  const std::string log = log_of([&] { EXPECT_EQ(stage_->do_work(), Work::finished); });
  EXPECT_NE(log.find(fmt::format("is still detached; it has missed 10 lines from {} to {}", utc_text(kSecond + next),
                                 utc_text(kSecond + next + 9))),
            std::string::npos)
      << log;
}

TEST_F(DeliveryStageTest, AReplayGivesEachSpoolWhatItDoesNotHave) {
  add();
  add();
  start_at(0);
  give(0, 10, 100);
  give(10, 20, 200);
  // The second one is of a daemon that lived longer.
  ASSERT_TRUE(spool(1).append(300, "{\"timestamp\":1700000020000}\n").ok());
  restart();
  begin_replay({200, 300});
  give(0, 10, 100);
  give(10, 20, 200);
  give(20, 21, 300);
  give(21, 22, 400);
  begin_journal(400);
  EXPECT_EQ(numbers(0), range(0, 22));
  EXPECT_EQ(numbers(1), range(0, 22));
  give(22, 23, 500);
  EXPECT_EQ(numbers(0), range(0, 23));
  EXPECT_EQ(*spool(0).point(), (JournalPoint{kId, 500}));
}

TEST_F(DeliveryStageTest, ASpoolOfNoHistoryGetsNothingFromAReplay) {
  add();
  start();
  begin_replay({kNothingNew});
  give(0, 10, 100);
  EXPECT_FALSE(spool().point());
  begin_journal(100);
  EXPECT_EQ(*spool().point(), (JournalPoint{kId, 100}));
  give(10, 11, 200);
  EXPECT_EQ(numbers(), range(10, 11));
}

// What was spooled under an earlier id is known by a position of the one that is replayed.
TEST_F(DeliveryStageTest, AReplayUnderAnotherIdGoesOnBehindWhatIsKnown) {
  add();
  start_at(0, kOtherId);
  give(0, 10, 100);
  restart();
  begin_replay({100});
  EXPECT_EQ(*spool().point(), (JournalPoint{kId, 100}));
  give(0, 10, 100);
  give(10, 20, 200);
  begin_journal(200);
  EXPECT_EQ(numbers(), range(0, 20));
}

TEST_F(DeliveryStageTest, AJournalThatWasCutBeginsANewHistoryInTheSpool) {
  add();
  start_at(0);
  give(0, 10, 100);
  give(10, 20, 200);
  restart();
  begin_replay({200});
  give(0, 10, 100);
  begin_journal(100);  // what was behind is lost
  EXPECT_EQ(*spool().point(), (JournalPoint{kId, 100}));
  give(10, 20, 180);
  EXPECT_EQ(*spool().point(), (JournalPoint{kId, 180}));
  std::vector<int> expected = range(0, 20);
  for (const int number : range(10, 20)) expected.push_back(number);
  EXPECT_EQ(numbers(), expected);
  restart();
  begin_replay({180});
  begin_journal(180, kOtherId);
  EXPECT_EQ(*spool().point(), (JournalPoint{kOtherId, 180}));
  EXPECT_EQ(spooled_.get(), 180u);
}

TEST_F(DeliveryStageTest, WithoutAJournalLinesGoOnAllTheSame) {
  add();
  start_at(0, "");
  give(0, 10, 0);
  give(10, 20, 0);
  EXPECT_EQ(numbers(), range(0, 20));
}

// A replay does not know of what a gap missed; it neither ends the gap nor fills it.
TEST_F(DeliveryStageTest, AReplayLeavesAGapOpenUntilNewLinesCome) {
  add({.when_full = WhenFull::detach, .max_bytes = kSmall});
  start_at(0);
  const int full_at = fill(0);
  give(full_at, full_at + 10, at(full_at + 10));
  restart();
  ASSERT_TRUE(spool().gap_is_open());
  take_all();  // its sink is quicker than the replay
  begin_replay({kNothingNew});
  const std::string replay = log_of([&] {
    give(0, full_at, at(full_at));
    give(full_at, full_at + 10, at(full_at + 10));
  });
  EXPECT_EQ(replay.find("attached again"), std::string::npos) << replay;
  EXPECT_TRUE(spool().gap_is_open());
  begin_journal(at(full_at + 20));  // the replay had more, without decisions
  const std::uint64_t end = spool().end_position();
  const std::string log = log_of([&] { give(full_at + 20, full_at + 30, at(full_at + 30)); });
  EXPECT_FALSE(spool().gap_is_open());
  EXPECT_NE(log.find(fmt::format("it has missed what came from journal position {} to {}", at(full_at),
                                 at(full_at + 30) - 1)),
            std::string::npos)
      << log;
  EXPECT_EQ(lines(0, end).find(fmt::format("{{\"timestamp\":{}000", kSecond + full_at + 20)), 0u);
}

// Of what an earlier run had missed, only the range is known.
TEST_F(DeliveryStageTest, AGapOverTwoRunsIsToldFromItsBeginning) {
  add({.when_full = WhenFull::detach, .max_bytes = kSmall});
  start_at(0);
  const int full_at = fill(0);
  give(full_at, full_at + 10, at(full_at + 10));
  restart();
  begin_replay({kNothingNew});
  begin_journal(at(full_at + 10));
  give(full_at + 10, full_at + 20, at(full_at + 20));  // still no room
  ASSERT_TRUE(spool().gap_is_open());
  take_all();
  const std::string log = log_of([&] { give(full_at + 20, full_at + 30, at(full_at + 30)); });
  EXPECT_NE(log.find(fmt::format("it has missed what came from journal position {} to {}", at(full_at),
                                 at(full_at + 30) - 1)),
            std::string::npos)
      << log;
  EXPECT_NE(log.find(fmt::format("10 lines from {} to {} since this start", utc_text(kSecond + full_at + 10),
                                 utc_text(kSecond + full_at + 19))),
            std::string::npos)
      << log;
}

TEST_F(DeliveryStageTest, BatchesThatFindNoRoomUntilTheDeadlineAreGivenUpWithAllThatFollow) {
  add();
  add({.max_bytes = kSmall});
  start_at(0);
  const int next = fill(0, 1);
  push(batch(next, next + 10, at(next + 10)));
  stage_->set_deadline(clock_.elapsed_ms() + 100);
  EXPECT_EQ(stage_->do_work(), Work::blocked);
  clock_.advance(100);
  EXPECT_EQ(stage_->do_work(), Work::done);
  EXPECT_EQ(stage_->batches_given_up(), 1u);
  take_all(1);  // too late: what follows a gap must not be there
  give(next + 10, next + 20, at(next + 20));
  give_mark(at(next + 30));
  EXPECT_EQ(stage_->batches_given_up(), 3u);
  EXPECT_EQ(numbers(0), range(0, next + 10));
  EXPECT_EQ(*spool(1).point(), (JournalPoint{kId, at(next)}));
  queue_->close();
  EXPECT_EQ(stage_->do_work(), Work::finished);
  EXPECT_EQ(spooled_.get(), at(next));
  // The next start gives them.
  restart();
  begin_replay({at(next + 10), at(next)});
  give(next, next + 10, at(next + 10));
  give(next + 10, next + 20, at(next + 20));
  begin_journal(at(next + 30));
  EXPECT_EQ(numbers(0), range(0, next + 20));
  EXPECT_EQ(numbers(1).back(), next + 19);
}

TEST_F(DeliveryStageTest, MarksBringSpoolsToTheDiskAndTheLeastOfThemCounts) {
  add();
  add({.takes_bars = true});
  start_at(50);
  EXPECT_EQ(spooled_.get(), 50u);
  give(0, 10, 100);
  EXPECT_EQ(spooled_.get(), 50u);
  give_mark(200);
  EXPECT_EQ(spooled_.get(), 200u);  // the one without lines, too
  EXPECT_EQ(spool(0).synced(), (JournalPoint{kId, 200}));
  EXPECT_EQ(spool(1).synced(), (JournalPoint{kId, 200}));
  give(10, 20, 300);
  ASSERT_TRUE(spool(0).sync().ok());
  give(20, 21, 400);
  EXPECT_EQ(spooled_.get(), 200u);
  queue_->close();
  EXPECT_EQ(stage_->do_work(), Work::finished);
  EXPECT_EQ(spooled_.get(), 200u);  // of the one without lines
}

TEST_F(DeliveryStageTest, ADetachedSinkHoldsNoJournalAndAnAttachedOneDoesAgain) {
  add({.when_full = WhenFull::detach, .max_bytes = kSmall});
  add();
  start_at(0);
  int next = fill(0);
  give(next, next + 10, at(next + 10));
  next += 10;
  give_mark(at(next));
  EXPECT_EQ(spooled_.get(), at(next));
  take_all();
  give(next, next + 10, at(next + 10));
  next += 10;
  give_mark(at(next) + 5);
  EXPECT_EQ(spooled_.get(), at(next) + 5);
  EXPECT_EQ(spool(0).synced().position, at(next) + 5);
}

TEST_F(DeliveryStageTest, ASinkThatHasClosedIsLeftOut) {
  add();
  add();
  start_at(0);
  give(0, 10, 100);
  closed_[0] = true;
  give(10, 20, 200);
  give_mark(300);
  EXPECT_EQ(numbers(0), range(0, 10));
  EXPECT_EQ(numbers(1), range(0, 20));
  EXPECT_EQ(spooled_.get(), 300u);
  closed_[1] = true;
  give_mark(400);
  EXPECT_EQ(spooled_.get(), SpooledPosition::kNoSpools);
}

TEST_F(DeliveryStageTest, AStartAfterASinkHasClosedGivesItNothingThatWasDiscarded) {
  add();
  start_at(0);
  give(0, 10, 100);
  closed_[0] = true;
  give(10, 20, 200);
  EXPECT_EQ(*spool().point(), (JournalPoint{kId, 200}));
  give_mark(300);
  EXPECT_EQ(spool().synced(), (JournalPoint{kId, 300}));
  EXPECT_EQ(numbers(), range(0, 10));
  closed_[0] = false;
  restart();
  EXPECT_EQ(*spool().point(), (JournalPoint{kId, 300}));
  begin_replay({300});
  give(0, 20, 300);
  give(20, 21, 400);
  begin_journal(400);
  std::vector<int> expected = range(0, 10);
  expected.push_back(20);
  EXPECT_EQ(numbers(), expected);
}

// Closed from the beginning on: a replay takes its point along, but neither sets a fresh one nor moves it back.
TEST_F(DeliveryStageTest, AReplayWhileASinkIsClosed) {
  add();
  add();
  closed_ = {true, true};
  start_at(0);
  give(0, 10, 100);
  EXPECT_EQ(*spool(0).point(), (JournalPoint{kId, 100}));
  std::filesystem::remove_all(root_ + "/1");
  restart();
  begin_replay({100, kNothingNew});
  give(0, 5, 50);
  give(5, 10, 100);
  give(10, 20, 200);
  EXPECT_EQ(*spool(0).point(), (JournalPoint{kId, 200}));
  EXPECT_FALSE(spool(1).point());
  begin_journal(250);
  EXPECT_EQ(*spool(0).point(), (JournalPoint{kId, 250}));
  EXPECT_EQ(*spool(1).point(), (JournalPoint{kId, 250}));
}

TEST_F(DeliveryStageTest, AClosedSinkWhoseSpoolCannotBeWrittenHoldsUpNobody) {
  add();
  add();
  start_at(0);
  give(0, 10, 100);
  closed_[0] = true;
  disk_.full = true;
  DeliveryBatch mark = batch(0, 0, 200);
  mark.is_mark = true;
  push(std::move(mark));
  const std::string log = log_of([&] { EXPECT_EQ(stage_->do_work(), Work::blocked); });
  EXPECT_NE(log.find("sink " + spec(0) + ": disk full; the next start may give"), std::string::npos) << log;
  EXPECT_EQ(log.find("sink " + spec(0) + ": its spool cannot be written"), std::string::npos) << log;
  EXPECT_NE(log.find("sink " + spec(1) + ": its spool cannot be written"), std::string::npos) << log;
  disk_.full = false;
  EXPECT_EQ(stage_->do_work(), Work::done);
  give_mark(300);
  EXPECT_EQ(*spool(0).point(), (JournalPoint{kId, 300}));
  disk_.cannot_sync = true;
  closed_[1] = true;
  give(10, 20, 400);
  give_mark(500);
  EXPECT_FALSE(stage_->has_failed());
}

TEST_F(DeliveryStageTest, AClosedSinkThatWasFullHoldsUpNobody) {
  add({.max_bytes = kSmall});
  start_at(0);
  const int next = fill(0);
  push(batch(next, next + 10, at(next + 10)));
  EXPECT_EQ(stage_->do_work(), Work::blocked);
  closed_[0] = true;
  EXPECT_EQ(stage_->do_work(), Work::done);
}

}  // namespace
}  // namespace streamd
