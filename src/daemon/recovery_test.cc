// Each rule about what a start makes of a journal, its snapshots and the database's progress: which effects are given
// again, from where, and under which id new events go.
#include "daemon/recovery.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <set>

#include "journal/file_header.h"
#include "support/journal_folder.h"

namespace streamd {
namespace {

const std::string kNewId(kIdDigits, 'f');

// Record i holds the bar line of second i, so the seconds that are given again name the records.
class RecoveryTest : public JournalFolder {
 protected:
  RecoveryTest() { std::filesystem::create_directories(snapshot_folder_); }

  static EventBatch record(int number) {
    EventBatch batch;
    if (number == 0) {
      batch.add_source_start({1});
      batch.add_symbol("A");
    }
    batch.add_bar_line(1, {0, number, {1, 1, 1, 1, 1, 1}});
    return batch;
  }
  // Goes on with the journal as the daemon does. Snapshots behind the records named.
  void fill(int first, int end, const std::set<int>& snapshots = {}, const std::string& id = kFirstId,
            std::uint64_t segment_bytes = 500) {
    open(id, segment_bytes);
    for (int number = first; number < end; ++number) {
      if (ends_.size() <= static_cast<std::size_t>(number)) ends_.resize(static_cast<std::size_t>(number) + 1);
      const EventBatch batch = record(number);
      ASSERT_TRUE(journal_->append(batch).ok());
      EffectBatch effects;
      core_->apply(batch, 1, effects);
      ends_[static_cast<std::size_t>(number)] = journal_->end();
      if (snapshots.contains(number)) write_snapshot(journal_->end(), id);
    }
    journal_.reset();
  }
  void write_snapshot(std::uint64_t position, const std::string& id = kFirstId) {
    ByteSink bytes;
    core_->save(bytes);
    ASSERT_TRUE(snapshots_.write(id, 1, {position, bytes.take()}).ok());
  }
  // Behind this record.
  std::uint64_t behind(int number) const { return ends_.at(static_cast<std::size_t>(number)); }
  static Progress at(std::uint64_t position, const std::string& id = kFirstId) { return {id, position}; }

  struct Outcome {
    std::vector<int> given;  // seconds
    std::string replay_id;
    std::string id;                // of the journal that goes on
    std::uint64_t end = 0;         // of that journal
    std::uint64_t replayed = 0;    // bytes
    std::uint64_t commits_to = 0;  // the position that came with the last effects
    std::vector<std::string> names;
    std::vector<std::string> symbols;  // that the core knows in the end
    std::string refusal;
  };
  Outcome start(const std::optional<Progress>& stored, const std::vector<Progress>& spooled = {}) {
    Outcome outcome;
    auto planned = Recovery::plan(
        disk_, {folder_, snapshot_folder_}, stored, spooled, [] { return kNewId; }, clock_);
    if (!planned) {
      outcome.refusal = planned.error().message;
      return outcome;
    }
    Recovery& recovery = **planned;
    outcome.replay_id = recovery.journal_id();
    EffectQueue queue(1 << 20);
    while (recovery.do_work(queue, nullptr) != Work::finished) {
    }
    EXPECT_TRUE(recovery.outcome().ok());
    while (auto effects = queue.try_pop()) {
      for (const std::string& name : (*effects)->new_symbols) outcome.names.push_back(name);
      for (const BarWrite& write : (*effects)->writes) outcome.given.push_back(static_cast<int>(write.second));
      outcome.commits_to = (*effects)->position;
    }
    outcome.replayed = recovery.bytes_done();
    auto journal = recovery.open_journal(500);
    EXPECT_TRUE(journal.ok()) << (journal ? "" : journal.error().message);
    outcome.id = (*journal)->id();
    outcome.end = (*journal)->end();
    outcome.symbols = recovery.take_core()->symbols();
    return outcome;
  }
  void remove_segments_before(int index) {
    const auto found = segments();
    for (int i = 0; i < index; ++i) std::filesystem::remove(found[static_cast<std::size_t>(i)].path);
  }
  // The first record behind that position.
  int first_behind(std::uint64_t position) const {
    return static_cast<int>(std::upper_bound(ends_.begin(), ends_.end(), position) - ends_.begin());
  }
  void damage_snapshot(int behind_record) {
    flip(snapshot_folder_ + "/" + name_of_position(behind(behind_record), kSnapshotEnding), 900);
  }
  std::vector<std::uint64_t> snapshot_positions() { return snapshots_.positions().value(); }

  const std::string snapshot_folder_ = folder_ + "/snapshots";
  SnapshotFiles snapshots_{disk_, snapshot_folder_};
  std::optional<Core> core_{std::in_place};  // that which journalled
  std::vector<std::uint64_t> ends_;
};

TEST_F(RecoveryTest, TheVeryFirstStartBeginsAJournal) {
  const Outcome outcome = start(std::nullopt);
  EXPECT_EQ(outcome.given, numbers(0, 0));
  EXPECT_EQ(outcome.id, kNewId);
  EXPECT_EQ(outcome.end, 0u);
}

TEST_F(RecoveryTest, ARestartGoesOnUnderTheSameId) {
  const Outcome first = start(std::nullopt);
  const Outcome second = start(at(0, kNewId));
  EXPECT_EQ(second.id, first.id);
  EXPECT_EQ(second.replay_id, first.id);
}

TEST_F(RecoveryTest, WithinTheJournalWhatTheDatabaseHasIsNotGivenAgain) {
  fill(0, 20, {4, 9});
  for (const int stored : {5, 9, 12, 19}) {
    SCOPED_TRACE(stored);
    const Outcome outcome = start(at(behind(stored)));
    EXPECT_EQ(outcome.given, numbers(stored + 1, 20));
    EXPECT_EQ(outcome.id, kFirstId);
    EXPECT_EQ(outcome.replay_id, kFirstId);
    EXPECT_EQ(outcome.end, behind(19));
    EXPECT_EQ(outcome.replayed, behind(19) - behind(stored < 9 ? 4 : 9));
    EXPECT_EQ(outcome.names, std::vector<std::string>{"A"});
    EXPECT_EQ(outcome.symbols, std::vector<std::string>{"A"});
    EXPECT_EQ(snapshot_positions().size(), 2u);
  }
}

TEST_F(RecoveryTest, BeforeTheFirstSnapshotReplayBeginsAtTheBeginning) {
  fill(0, 20, {9});
  const Outcome outcome = start(at(behind(3)));
  EXPECT_EQ(outcome.given, numbers(4, 20));
  EXPECT_EQ(outcome.replayed, behind(19));
}

// The database saw events that the journal has lost (power, or an older copy of the state dir).
TEST_F(RecoveryTest, BeyondTheEndNothingIsGivenAgainAndANewIdBegins) {
  fill(0, 10, {4});
  const Outcome outcome = start(at(behind(9) + 800));
  EXPECT_EQ(outcome.given, numbers(0, 0));
  EXPECT_EQ(outcome.replayed, behind(9) - behind(4));
  EXPECT_EQ(outcome.id, kNewId);
  EXPECT_EQ(outcome.end, behind(9));
  EXPECT_EQ(segments().back().journal_id, kNewId);
  // The next start comes before anything was committed under the new id: all that is under it is given, once.
  fill(10, 15, {}, kNewId);
  const Outcome next = start(at(behind(9) + 800));
  EXPECT_EQ(next.given, numbers(10, 15));
  EXPECT_EQ(next.id, kNewId);
  EXPECT_EQ(start(at(behind(12), kNewId)).given, numbers(13, 15));
}

TEST_F(RecoveryTest, ASnapshotBeyondTheEndIsGoneOnFromWhenTheDatabaseIsThereToo) {
  fill(0, 10, {9});
  const auto cut = segments();
  std::filesystem::resize_file(cut.back().path, sizeof(FileHeader));  // the end is not on the disk
  const Outcome outcome = start(at(behind(9)));
  EXPECT_EQ(outcome.given, numbers(0, 0));
  EXPECT_EQ(outcome.id, kNewId);
  EXPECT_EQ(outcome.end, behind(9));
  EXPECT_EQ(outcome.symbols, std::vector<std::string>{"A"});
  fill(10, 12, {}, kNewId);
  EXPECT_EQ(start(at(behind(9))).given, numbers(10, 12));
}

TEST_F(RecoveryTest, ASnapshotBeyondTheEndOfWhichTheDatabaseKnowsNothingGoes) {
  fill(0, 10, {2, 9});
  const auto cut = segments();
  std::filesystem::resize_file(cut.back().path, sizeof(FileHeader));
  const int lost = first_behind(cut.back().position);
  const Outcome outcome = start(at(behind(3)));
  EXPECT_EQ(outcome.given, numbers(4, lost));
  EXPECT_EQ(outcome.id, kFirstId);
  EXPECT_EQ(outcome.end, cut.back().position);
  EXPECT_EQ(snapshot_positions(), std::vector<std::uint64_t>{behind(2)});
}

TEST_F(RecoveryTest, ADatabaseOfAnotherJournalGetsEverything) {
  fill(0, 10, {4});
  const Outcome outcome = start(at(behind(7), kSecondId));
  EXPECT_EQ(outcome.given, numbers(0, 10));
  EXPECT_EQ(outcome.id, kFirstId);
  EXPECT_EQ(outcome.replayed, behind(9));
}

TEST_F(RecoveryTest, ADatabaseWithoutProgressGetsEverything) {
  fill(0, 10, {4});
  const Outcome outcome = start(std::nullopt);
  EXPECT_EQ(outcome.given, numbers(0, 10));
  EXPECT_EQ(outcome.id, kFirstId);
  EXPECT_EQ(outcome.commits_to, behind(9));
}

// Of several ids, the last is the new one.
TEST_F(RecoveryTest, ADatabaseOfAnUnknownJournalGetsWhatIsUnderTheNewId) {
  fill(0, 10, {4});
  fill(10, 20, {14}, kSecondId);
  const Outcome outcome = start(at(3, std::string(kIdDigits, 'c')));
  EXPECT_EQ(outcome.given, numbers(10, 20));
  EXPECT_EQ(outcome.id, kSecondId);
}

// It never saw any of them, so it lacks what is under the earlier ids, too: a database that is made anew.
TEST_F(RecoveryTest, ADatabaseWithoutProgressGetsWhatIsUnderEarlierIdsToo) {
  fill(0, 10, {4});
  fill(10, 20, {14}, kSecondId);
  const Outcome outcome = start(std::nullopt);
  EXPECT_EQ(outcome.given, numbers(0, 20));
  EXPECT_EQ(outcome.id, kSecondId);
}

// An older copy of the database, from before the new id began.
TEST_F(RecoveryTest, ADatabaseOfAnEarlierIdGetsWhatCameSince) {
  fill(0, 10, {4});
  fill(10, 20, {14}, kSecondId);
  EXPECT_EQ(start(at(behind(6))).given, numbers(7, 20));
  EXPECT_EQ(start(at(behind(9))).given, numbers(10, 20));
  EXPECT_EQ(start(at(behind(13))).given, numbers(10, 20));  // of a history that the journal has lost
}

TEST_F(RecoveryTest, BelowTheBeginningWhatIsThereIsGiven) {
  fill(0, 40, {9, 19, 29});
  remove_segments_before(2);
  const std::uint64_t begin = segments().front().position;
  ASSERT_GT(begin, behind(5));
  ASSERT_LT(begin, behind(19));
  const int first_snapshot = begin <= behind(9) ? 9 : 19;
  const Outcome outcome = start(at(behind(3)));
  EXPECT_EQ(outcome.given, numbers(first_snapshot + 1, 40));
  EXPECT_EQ(outcome.id, kFirstId);
}

TEST_F(RecoveryTest, InATrimmedJournalReplayBeginsAtTheNewestSnapshotBeforeTheDatabase) {
  fill(0, 40, {19, 29});
  remove_segments_before(2);
  const Outcome outcome = start(at(behind(24)));
  EXPECT_EQ(outcome.given, numbers(25, 40));
  EXPECT_EQ(outcome.replayed, behind(39) - behind(19));
}

TEST_F(RecoveryTest, ADamagedSnapshotIsSetAsideAndAnOlderOneTaken) {
  fill(0, 20, {4, 9, 14});
  damage_snapshot(14);
  const Outcome outcome = start(at(behind(17)));
  EXPECT_EQ(outcome.given, numbers(18, 20));
  EXPECT_EQ(outcome.replayed, behind(19) - behind(9));
  EXPECT_EQ(snapshot_positions(), (std::vector<std::uint64_t>{behind(4), behind(9)}));
  EXPECT_EQ(disk_.list(snapshot_folder_)->size(), 3u);  // it is kept
}

TEST_F(RecoveryTest, WithAllSnapshotsDamagedTheWholeJournalIsReplayed) {
  fill(0, 20, {4, 9});
  damage_snapshot(4);
  damage_snapshot(9);
  const Outcome outcome = start(at(behind(17)));
  EXPECT_EQ(outcome.given, numbers(18, 20));
  EXPECT_EQ(outcome.replayed, behind(19));
  EXPECT_TRUE(snapshot_positions().empty());
}

TEST_F(RecoveryTest, WithoutSnapshotsTheWholeJournalIsReplayed) {
  fill(0, 20);
  const Outcome outcome = start(at(behind(17)));
  EXPECT_EQ(outcome.given, numbers(18, 20));
  EXPECT_EQ(outcome.replayed, behind(19));
  EXPECT_EQ(outcome.id, kFirstId);
}

TEST_F(RecoveryTest, WithoutSnapshotsATrimmedJournalCannotBeReplayed) {
  fill(0, 40);
  remove_segments_before(2);
  const Outcome outcome = start(at(behind(30)));
  EXPECT_EQ(outcome.given, numbers(0, 0));
  EXPECT_EQ(outcome.id, kNewId);
  EXPECT_EQ(outcome.end, behind(39));
  EXPECT_TRUE(outcome.symbols.empty());
  // What follows is a whole history of its own, also for a start that comes before its first snapshot.
  core_.emplace();
  open(kNewId, 500);
  ASSERT_TRUE(journal_->append(record(0)).ok());
  journal_.reset();
  const Outcome next = start(at(behind(30)));
  EXPECT_EQ(next.given, numbers(0, 1));
  EXPECT_EQ(next.id, kNewId);
}

TEST_F(RecoveryTest, SnapshotsWithoutAJournalAreGoneOnFrom) {
  fill(0, 10, {4, 9});
  for (const Segment& segment : segments()) std::filesystem::remove(segment.path);
  const Outcome outcome = start(at(behind(9)));
  EXPECT_EQ(outcome.given, numbers(0, 0));
  EXPECT_EQ(outcome.id, kNewId);
  EXPECT_EQ(outcome.end, behind(9));
  EXPECT_EQ(outcome.symbols, std::vector<std::string>{"A"});
  fill(10, 13, {}, kNewId);
  EXPECT_EQ(start(at(behind(9))).given, numbers(10, 13));
}

TEST_F(RecoveryTest, ASnapshotAloneIsOfNoUseToADatabaseThatIsNotSoFar) {
  fill(0, 10, {9});
  for (const Segment& segment : segments()) std::filesystem::remove(segment.path);
  const Outcome outcome = start(at(behind(5)));
  EXPECT_EQ(outcome.given, numbers(0, 0));
  EXPECT_EQ(outcome.id, kNewId);
  EXPECT_TRUE(outcome.refusal.empty());
}

TEST_F(RecoveryTest, SnapshotsBesideAJournalWithoutAReadableHeaderAreGoneOnFrom) {
  fill(0, 10, {4, 9}, kFirstId, 100'000);
  flip(segments().front().path, 100);
  const Outcome outcome = start(at(behind(9)));
  EXPECT_EQ(outcome.given, numbers(0, 0));
  EXPECT_EQ(outcome.id, kNewId);
  EXPECT_EQ(outcome.end, behind(9));
  EXPECT_EQ(outcome.symbols, std::vector<std::string>{"A"});
  EXPECT_EQ(segments().size(), 1u);
  fill(10, 13, {}, kNewId);
  EXPECT_EQ(start(at(behind(9))).given, numbers(10, 13));
}

// The first header of several: what lies behind it is whole.
TEST_F(RecoveryTest, ADamagedFirstHeaderIsOfNoConcernBehindASnapshot) {
  fill(0, 40, {1, 19, 29});
  flip(segments().front().path, 100);
  const Outcome outcome = start(at(behind(24)));
  EXPECT_EQ(outcome.given, numbers(25, 40));
  EXPECT_EQ(outcome.id, kFirstId);
  EXPECT_EQ(outcome.replayed, behind(39) - behind(19));
}

TEST_F(RecoveryTest, ASpoolThatIsBehindTheDatabaseBeginsTheReplay) {
  fill(0, 20, {4, 9, 14});
  const Outcome outcome = start(at(behind(16)), {at(behind(18)), at(behind(11))});
  EXPECT_EQ(outcome.replayed, behind(19) - behind(9));
  EXPECT_EQ(outcome.given, numbers(17, 20));  // to the database
}

TEST_F(RecoveryTest, ASpoolThatIsFurtherBackThanTheJournalHoldsNobodyUp) {
  fill(0, 20, {4, 9, 14});
  remove_segments_before(2);
  const std::uint64_t begin = segments().front().position;
  ASSERT_GT(begin, behind(1));
  const Outcome outcome = start(at(behind(16)), {at(behind(0))});
  EXPECT_EQ(outcome.replayed, behind(19) - behind(14));
  EXPECT_EQ(outcome.given, numbers(17, 20));
  EXPECT_EQ(outcome.refusal, "");
}

TEST_F(RecoveryTest, ATornTailIsCutAndTheSameIdGoesOn) {
  fill(0, 10, {4});
  const auto last = segments().back();
  std::filesystem::resize_file(last.path, std::filesystem::file_size(last.path) - 5);
  const Outcome outcome = start(at(behind(7)));
  EXPECT_EQ(outcome.given, numbers(8, 9));
  EXPECT_EQ(outcome.id, kFirstId);
  EXPECT_EQ(outcome.end, behind(8));
  fill(9, 12);
  EXPECT_EQ(start(at(behind(7))).given, numbers(8, 12));
}

TEST_F(RecoveryTest, ADamagedRecordInTheMiddleCutsThereAndKeepsTheRest) {
  fill(0, 40, {1});
  const auto before = segments();
  ASSERT_GT(before.size(), 3u);
  flip(before[1].path, (sizeof(FileHeader) + 40) * 8);
  const int cut = first_behind(before[1].position);
  const Outcome outcome = start(at(behind(2)));
  EXPECT_EQ(outcome.given, numbers(3, cut));
  EXPECT_EQ(outcome.id, kFirstId);
  EXPECT_EQ(outcome.end, before[1].position);
  const auto names = files();
  EXPECT_EQ(std::count_if(names.begin(), names.end(),
                          [](const std::string& name) { return name.find(".damaged-") != std::string::npos; }),
            static_cast<std::ptrdiff_t>(before.size()) - 1);
}

// The first record of a segment: what is left of it has none, and a new id takes its place.
TEST_F(RecoveryTest, ADamagedRecordThatTheDatabaseHasBeginsANewId) {
  fill(0, 40, {1});
  const std::uint64_t stored = behind(39);
  const auto before = segments();
  flip(before[1].path, (sizeof(FileHeader) + 40) * 8);
  const Outcome outcome = start(at(stored));
  EXPECT_EQ(outcome.given, numbers(0, 0));
  EXPECT_EQ(outcome.id, kNewId);
  const int cut = first_behind(before[1].position);
  EXPECT_EQ(outcome.end, behind(cut - 1));
  fill(cut, 20, {}, kNewId);
  EXPECT_EQ(start(at(stored)).given, numbers(cut, 20));
  EXPECT_EQ(start(at(behind(15), kNewId)).given, numbers(16, 20));
}

TEST_F(RecoveryTest, ASnapshotOfAnUnknownVersionIsRefused) {
  fill(0, 10, {4});
  auto snapshot = snapshots_.load(behind(4)).value();
  ++snapshot.state.bytes[0];
  ASSERT_TRUE(snapshots_.write(kFirstId, 1, snapshot.state).ok());
  const std::string refusal = start(at(behind(9))).refusal;
  EXPECT_NE(refusal.find("does not know"), std::string::npos) << refusal;
}

}  // namespace
}  // namespace streamd
