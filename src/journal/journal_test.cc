#include "journal/journal.h"

#include <gtest/gtest.h>

#include "support/failing_disk.h"
#include "support/journal_folder.h"

namespace streamd {
namespace {

class JournalTest : public JournalFolder {
 protected:
  // As open(), but on the disk that fails.
  void open_failing(std::uint64_t segment_bytes = 1 << 20) {
    auto found = segments();
    const std::uint64_t end = found.empty() ? 0 : found.back().end();
    journal_ = Journal::open(failing_, clock_, {folder_, segment_bytes}, std::move(found), kFirstId, end).value();
  }
  FailingDisk failing_;
};

TEST_F(JournalTest, WhatWasAppendedIsReadInOrderOverSeveralSegments) {
  open(kFirstId, 200);
  append(0, 100);
  EXPECT_GT(files().size(), 3u);
  EXPECT_EQ(journal_->segment_positions().size(), files().size());
  const Reading reading = read();
  EXPECT_EQ(reading.numbers, numbers(0, 100));
  EXPECT_EQ(reading.end, journal_->end());
  EXPECT_EQ(reading.end, journal_->bytes());
  EXPECT_EQ(reading.damage, "");
}

TEST_F(JournalTest, SyncsThatHaveSomethingToDoAreTimed) {
  open(kFirstId, 200);
  append(0, 3);
  ASSERT_TRUE(journal_->sync().ok());
  ASSERT_TRUE(journal_->sync().ok());
  EXPECT_EQ(journal_->sync_times().count, 1u);
  append(3, 4);
  ASSERT_TRUE(journal_->sync().ok());
  EXPECT_EQ(journal_->sync_times().count, 2u);
}

TEST_F(JournalTest, ReadingBeginsAtAnyRecord) {
  open(kFirstId, 200);
  append(0, 30);
  const Reading all = read();
  for (int i = 0; i < 30; ++i) {
    const Reading rest = read(all.positions[static_cast<std::size_t>(i)]);
    EXPECT_EQ(rest.numbers, numbers(i, 30));
    EXPECT_EQ(rest.end, all.end);
  }
  EXPECT_EQ(read(all.end).numbers, numbers(0, 0));
}

TEST_F(JournalTest, GoesOnAfterReopening) {
  for (int turn = 0; turn < 5; ++turn) {
    open(kFirstId, 300);
    append(turn * 10, turn * 10 + 10);
  }
  EXPECT_EQ(read().numbers, numbers(0, 50));
  for (const Segment& segment : segments()) EXPECT_EQ(segment.journal_id, kFirstId);
}

TEST_F(JournalTest, ARecordMayBeLargerThanASegmentAndThanOneRead) {
  open(kFirstId, 1000);
  append(0, std::size_t{5'000});
  append(1, std::size_t{9 << 20});
  append(2, std::size_t{1});
  EXPECT_EQ(read().numbers, numbers(0, 3));
}

TEST_F(JournalTest, AnotherIdBeginsASegment) {
  open(kFirstId);
  append(0, 5);
  open(kSecondId);
  append(5, 10);
  const auto found = segments();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].journal_id, kFirstId);
  EXPECT_EQ(found[1].journal_id, kSecondId);
  EXPECT_EQ(found[1].position, found[0].end());
  EXPECT_EQ(read().numbers, numbers(0, 10));
}

// All records of the last segment were cut off, say. Its file then gets the new id, and is there once.
TEST_F(JournalTest, AnotherIdTakesThePlaceOfASegmentWithoutRecords) {
  open(kFirstId);
  open(kSecondId, 100);
  EXPECT_EQ(journal_->segment_positions(), std::vector<std::uint64_t>{0});
  append(0, 20);
  ASSERT_TRUE(journal_->trim(1, 0).ok());
  EXPECT_EQ(segments().front().journal_id, kSecondId);
  EXPECT_EQ(read().numbers, numbers(0, 20));
}

TEST_F(JournalTest, TrimmingRemovesOnlySegmentsThatEndBeforeThePosition) {
  open(kFirstId, 200);
  append(0, 100);
  const auto before = segments();
  ASSERT_GT(before.size(), 6u);
  const std::uint64_t needed = before[4].position + 1;
  ASSERT_TRUE(journal_->trim(needed, 0).ok());
  const auto after = segments();
  EXPECT_EQ(after.front().position, before[4].position);
  EXPECT_EQ(after.size(), before.size() - 4);
  EXPECT_EQ(journal_->segment_positions().size(), after.size());
  const Reading reading = read(after.front().position);
  EXPECT_EQ(reading.end, journal_->end());
  EXPECT_EQ(reading.damage, "");
}

TEST_F(JournalTest, TrimmingKeepsTheBytesThatItIsToldToAndTheLastSegment) {
  open(kFirstId, 200);
  append(0, 100);
  const auto before = segments();
  ASSERT_TRUE(journal_->trim(journal_->end(), journal_->end()).ok());
  EXPECT_EQ(segments().size(), before.size());
  const std::uint64_t kept = journal_->end() - before[3].position;
  ASSERT_TRUE(journal_->trim(journal_->end(), kept).ok());
  EXPECT_EQ(segments().front().position, before[3].position);
  ASSERT_TRUE(journal_->trim(journal_->end() + 1'000'000, 0).ok());
  EXPECT_EQ(segments().size(), 1u);
  append(100, 101);
  EXPECT_EQ(read(before.back().position).numbers.back(), 100);
}

TEST_F(JournalTest, SyncSaysUpToWhichBatch) {
  open(kFirstId, 200);
  EXPECT_EQ(journal_->synced().position, 0u);
  append(1, 8);
  auto synced = journal_->sync();
  ASSERT_TRUE(synced.ok());
  EXPECT_EQ(synced->position, journal_->end());
  EXPECT_EQ(synced->number, 7u);
  append(8, 9);
  EXPECT_EQ(journal_->synced().number, 7u);
  EXPECT_EQ(journal_->sync()->number, 8u);
}

TEST_F(JournalTest, EachSegmentThatWasWrittenToIsSynced) {
  open_failing(200);
  append(0, 50);
  const auto count = static_cast<int>(files().size());
  ASSERT_TRUE(journal_->sync().ok());
  EXPECT_EQ(failing_.syncs, count);
  ASSERT_TRUE(journal_->sync().ok());  // nothing is new
  EXPECT_EQ(failing_.syncs, count);
  append(50, 51);
  ASSERT_TRUE(journal_->sync().ok());
  EXPECT_LE(failing_.syncs, count + 2);
}

TEST_F(JournalTest, AFailedAppendMayBeTriedAgain) {
  for (const std::uint64_t segment_bytes : {1'000'000, 100}) {
    SCOPED_TRACE(segment_bytes);
    for (const std::string& name : files()) std::filesystem::remove(folder_ + "/" + name);
    failing_.full = false;
    open_failing(segment_bytes);
    for (int number = 0; number < 20; ++number) {
      const std::uint64_t end = journal_->end();
      failing_.full = number % 3 == 0;
      if (failing_.full) {
        for (int i = 0; i < 3; ++i) EXPECT_FALSE(journal_->append(batch_of(number, 500)).ok());
        EXPECT_EQ(journal_->end(), end);
      }
      failing_.full = false;
      append(number, number % 2 == 0 ? std::size_t{500} : std::size_t{0});
    }
    EXPECT_EQ(read().numbers, numbers(0, 20));
  }
}

// What a failed append has left is cut off at the next start.
TEST_F(JournalTest, AnAppendThatFailedForGoodLeavesATornTail) {
  open_failing();
  append(0, 3);
  const std::uint64_t end = journal_->end();
  failing_.full = true;
  EXPECT_FALSE(journal_->append(batch_of(3)).ok());
  const Reading reading = read();
  EXPECT_EQ(reading.numbers, numbers(0, 3));
  EXPECT_EQ(reading.end, end);
  EXPECT_NE(reading.damage, "");
}

// Nothing is known of what the disk has, so nothing may follow: a batch that is tried again would be in twice.
TEST_F(JournalTest, AfterAFailedSyncNothingIsAppendedOrSynced) {
  open_failing();
  append(0, 3);
  failing_.cannot_sync = true;
  EXPECT_FALSE(journal_->sync().ok());
  EXPECT_TRUE(journal_->has_failed());
  failing_.cannot_sync = false;
  EXPECT_FALSE(journal_->sync().ok());
  EXPECT_FALSE(journal_->append(batch_of(3)).ok());
  EXPECT_EQ(journal_->synced().position, 0u);
  EXPECT_EQ(read().numbers, numbers(0, 3));
}

}  // namespace
}  // namespace streamd
