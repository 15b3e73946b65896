#include "sink/spool.h"

#include <poll.h>
#include <xxhash.h>

#include <thread>

#include "sink/spool_format.h"
#include "support/failing_disk.h"
#include "support/spool_folder.h"

namespace streamd {
namespace {

class SpoolTest : public SpoolFolder {};

TEST_F(SpoolTest, AFreshOneHasNoPointUntilItBegins) {
  open();
  EXPECT_FALSE(spool_->point().has_value());
  EXPECT_EQ(spool_->bytes_waiting(), 0u);
  EXPECT_EQ(read(), "");
  begin(kJournal, 7);
  EXPECT_EQ(spool_->point(), (JournalPoint{kJournal, 7}));
  EXPECT_EQ(spool_->synced(), (JournalPoint{kJournal, 7}));
  EXPECT_EQ(content_of(folder_ + "/spec"), "file:/some/where\n");
}

TEST_F(SpoolTest, WhatWasAppendedIsReadInPiecesOfAnySize) {
  open();
  begin();
  append(number_lines(0, 3));
  append_numbers(3, 10);
  append(number_lines(10, 40, 50));
  const std::string all = number_lines(0, 10) + number_lines(10, 40, 50);
  for (std::size_t size : {1u, 8u, 9u, 20u, 64u, 100u, 1000u, 100000u}) {
    EXPECT_EQ(read(0, size), all) << size;
    EXPECT_EQ(read_to_, spool_->end_position());
  }
  auto piece = spool_->read(0, 20);
  EXPECT_EQ(piece->lines, number_lines(0, 2));
  piece = spool_->read(piece->next, 30);  // over records
  EXPECT_EQ(piece->lines, number_lines(2, 6));
}

TEST_F(SpoolTest, EachLineOfAPieceHasAPositionFromWhichItCanBeRead) {
  open();
  begin();
  append(number_lines(0, 3));
  append_numbers(3, 6);
  ok(spool_->append(1000, ""));
  append(number_lines(6, 9));
  std::vector<std::uint64_t> positions;
  std::vector<std::string> lines;
  const std::string all(spool_->read(0, 1000)->lines);
  for (std::size_t at = 0; at < all.size(); at = all.find('\n', at) + 1) {
    positions.push_back(spool_->position_in_piece(at));
    lines.push_back(all.substr(at));
  }
  EXPECT_EQ(positions.size(), 9u);
  EXPECT_EQ(spool_->position_in_piece(all.size()), spool_->end_position());
  for (std::size_t i = positions.size(); i-- > 0;) EXPECT_EQ(read(positions[i]), lines[i]);
}

TEST_F(SpoolTest, APositionWithinALineIsOfThatLine) {
  open();
  begin();
  append(number_lines(0, 4));
  const std::uint64_t second = spool_->read(0, 10)->next;
  EXPECT_EQ(read(second + 3), number_lines(1, 4));
  EXPECT_EQ(read(sizeof(SpoolRecordHeader) + 2), number_lines(0, 4));
  EXPECT_EQ(read(spool_->end_position() + 100), "");
  EXPECT_EQ(read_to_, spool_->end_position());
}

TEST_F(SpoolTest, ALineLongerThanAPieceComesWhole) {
  open();
  begin();
  const std::string large(700'000, 'x');
  append("a\n" + large + "\nb\n");
  EXPECT_EQ(spool_->read(0, 10)->lines, "a\n");
  EXPECT_EQ(spool_->read(spool_->read(0, 10)->next, 10)->lines, large + "\n");
  EXPECT_EQ(read(0, 10), "a\n" + large + "\nb\n");
}

TEST_F(SpoolTest, GoesOnAfterARestart) {
  open();
  begin();
  append(number_lines(0, 5));
  ok(spool_->append(500, ""));
  const std::uint64_t end = spool_->end_position();
  open();
  EXPECT_EQ(spool_->point(), (JournalPoint{kJournal, 500}));
  EXPECT_EQ(spool_->synced(), (JournalPoint{kJournal, 500}));
  EXPECT_EQ(spool_->end_position(), end);
  EXPECT_EQ(spool_->found_end_position(), end);
  begin(kJournal, 500);
  append(number_lines(5, 7));
  EXPECT_EQ(spool_->found_end_position(), end);
  EXPECT_EQ(read(), number_lines(0, 7));
  EXPECT_EQ(segment_files().size(), 1u);
}

TEST_F(SpoolTest, MarksMoveThePointAlone) {
  open();
  begin();
  for (std::uint64_t position = 1; position <= 50; ++position) ok(spool_->append(position, ""));
  ok(spool_->append(50, ""));
  EXPECT_EQ(spool_->end_position(), 50 * sizeof(SpoolRecordHeader));
  EXPECT_EQ(read(), "");
  EXPECT_EQ(read_to_, spool_->end_position());
  open();
  EXPECT_EQ(spool_->point()->position, 50u);
}

TEST_F(SpoolTest, ATornLastRecordIsCutOffWhereverItWasTorn) {
  open();
  begin();
  append(number_lines(0, 3));
  const std::uint64_t before = spool_->end_position();
  append(number_lines(3, 6));
  spool_.reset();
  const std::string file = segment_files().at(0);
  const std::string whole = content_of(file);
  for (std::size_t size = sizeof(SpoolFileHeader) + before; size < whole.size(); ++size) {
    write_file(file, whole.substr(0, size));
    open();
    ASSERT_EQ(spool_->end_position(), before) << size;
    ASSERT_EQ(spool_->point()->position, 10u);
    ASSERT_EQ(read(), number_lines(0, 3));
    append(number_line(9));
    ASSERT_EQ(read(), number_lines(0, 3) + number_line(9));
  }
  write_file(file, whole);
  open();
  EXPECT_EQ(read(), number_lines(0, 6));
}

TEST_F(SpoolTest, ACorruptByteOfTheLastRecordIsFound) {
  open();
  begin();
  append(number_lines(0, 3));
  const std::uint64_t before = spool_->end_position();
  append("12345678\n");
  spool_.reset();
  const std::string file = segment_files().at(0);
  const std::string whole = content_of(file);
  const std::size_t begins = sizeof(SpoolFileHeader) + before;
  for (std::size_t at = begins; at < begins + sizeof(SpoolRecordHeader) + 9; ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 4);
    write_file(file, damaged);
    open();
    ASSERT_EQ(spool_->end_position(), before) << at;
    ASSERT_EQ(read(), number_lines(0, 3));
  }
}

TEST_F(SpoolTest, ACorruptByteOfAnEarlierSegmentCostsTheRestOfIt) {
  open(options(1 << 20, 4096));
  begin();
  append_numbers(0, 200);
  const auto files = segment_files();
  ASSERT_GT(files.size(), 2u);
  std::string content = content_of(files[1]);
  content[content.size() - 60] = static_cast<char>(content[content.size() - 60] ^ 1);  // of the last line but one or so
  write_file(files[1], content);
  open(options(1 << 20, 4096));
  const std::string all = read();
  EXPECT_LT(all.size(), number_lines(0, 200).size());
  EXPECT_GT(all.size(), number_lines(0, 200).size() - 50);
  EXPECT_TRUE(all.ends_with(number_lines(190, 200)));
  EXPECT_EQ(read_to_, spool_->end_position());
}

TEST_F(SpoolTest, ALargeRecordIsDeliveredOnlyWhenItIsWhole) {
  open(options(8 << 20));
  begin();
  const std::string large = number_lines(0, 8'000, 100);
  ASSERT_GT(large.size(), 800'000u);
  append(number_line(1));
  const std::uint64_t large_begins = spool_->end_position();
  append(large);
  const std::uint64_t large_ends = spool_->end_position();
  begin(kOtherJournal, 0);
  append(number_line(2));
  EXPECT_EQ(read(0, 1000), number_line(1) + large + number_line(2));
  EXPECT_EQ(read(0, 2 << 20), number_line(1) + large + number_line(2));
  spool_.reset();
  const std::string file = segment_files().at(0);
  const std::string whole = content_of(file);
  for (const std::uint64_t at : {large_begins + 40, large_begins + 300'000, large_ends - 20}) {
    std::string damaged = whole;
    damaged[sizeof(SpoolFileHeader) + at] ^= 1;
    write_file(file, damaged);
    open(options(8 << 20));
    for (std::size_t size : {1000u, 256u * 1024, 2u << 20}) {
      EXPECT_EQ(read(0, size), number_line(1) + number_line(2));
      EXPECT_EQ(read(large_begins + 500'000, size), number_line(2));
    }
  }
}

TEST_F(SpoolTest, ATornLargeRecordIsCutOffWhole) {
  open(options(8 << 20));
  begin();
  append(number_line(1));
  const std::uint64_t before = spool_->end_position();
  append(number_lines(0, 8'000, 100));
  const std::uint64_t size = spool_->end_position() - before;
  spool_.reset();
  const std::string file = segment_files().at(0);
  const std::string whole = content_of(file);
  for (const std::uint64_t kept : {std::uint64_t{33}, std::uint64_t{256 * 1024}, std::uint64_t{700'000}, size - 1}) {
    write_file(file, whole.substr(0, sizeof(SpoolFileHeader) + before + kept));
    open(options(8 << 20));
    EXPECT_EQ(spool_->end_position(), before);
    EXPECT_EQ(spool_->point()->position, 10u);
    EXPECT_EQ(read(), number_line(1));
  }
  write_file(file, whole);
  open(options(8 << 20));
  EXPECT_EQ(spool_->point()->position, 20u);
}

TEST_F(SpoolTest, ARecordThatEndsWithinALineIsSkipped) {
  open();
  begin();
  append(number_lines(0, 3));
  const std::uint64_t end = spool_->end_position();
  spool_.reset();
  const std::string lines = "whole\ntorn...\n..";
  const SpoolRecordHeader header = make_spool_record_header(end, 30, 0, lines);
  const std::string file = segment_files().at(0);
  write_file(file, content_of(file) + std::string(spool_bytes_of(header)) + lines);
  open();
  ASSERT_EQ(spool_->point()->position, 30u);
  EXPECT_EQ(read(), number_lines(0, 3) + "whole\ntorn...\n");
  EXPECT_EQ(read_to_, spool_->end_position());
  append(number_line(9));
  EXPECT_EQ(read(read_to_), number_line(9));
}

TEST_F(SpoolTest, AnotherVersionIsRefused) {
  open();
  begin();
  spool_.reset();
  SpoolFileHeader header = make_spool_file_header(kJournal, 0, 0, 0);
  header.version = 2;
  header.checksum = XXH3_64bits(&header, offsetof(SpoolFileHeader, checksum));
  write_file(segment_files().at(0), std::string(spool_bytes_of(header)));
  const auto opened = Spool::open(disk_, options());
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().kind, ErrorKind::refused);
}

TEST_F(SpoolTest, ASegmentOfWhichTheHeaderIsTornIsRemoved) {
  open(options(1 << 20, 4096));
  begin();
  append_numbers(0, 10);
  const JournalPoint point = *spool_->point();
  const std::uint64_t end = spool_->end_position();
  spool_.reset();
  write_file(folder_ + "/" + spool_segment_name(end), std::string(30, 'x'));
  open();
  EXPECT_EQ(spool_->point(), point);
  EXPECT_EQ(segment_files().size(), 1u);
  append_numbers(10, 12);
  EXPECT_EQ(read(), number_lines(0, 12));
}

TEST_F(SpoolTest, AnotherJournalBeginsAnotherSegment) {
  open();
  begin();
  append_numbers(0, 3);
  begin(kOtherJournal, 5);
  EXPECT_EQ(segment_files().size(), 2u);
  EXPECT_EQ(spool_->point(), (JournalPoint{kOtherJournal, 5}));
  begin(kJournal, 2);  // nothing was appended under the other: the same file
  EXPECT_EQ(segment_files().size(), 2u);
  append_numbers(3, 5);
  open();
  EXPECT_EQ(spool_->point(), (JournalPoint{kJournal, 22}));
  EXPECT_EQ(read(), number_lines(0, 5));
  begin({}, 0);  // without a journal
  open();
  EXPECT_EQ(spool_->point(), (JournalPoint{{}, 0}));
}

TEST_F(SpoolTest, TrimmingRemovesWholeSegments) {
  open(options(1 << 20, 4096));
  begin();
  append_numbers(0, 400);
  const std::size_t segments = segment_files().size();
  ASSERT_GT(segments, 3u);
  spool_->trim(100);
  EXPECT_EQ(segment_files().size(), segments);
  const std::uint64_t middle = spool_->end_position() / 2;
  const std::string rest = read(middle);
  spool_->trim(middle);
  EXPECT_LT(segment_files().size(), segments);
  EXPECT_LE(spool_->begin_position(), middle);
  EXPECT_EQ(read(middle), rest);
  EXPECT_TRUE(read(0).ends_with(rest));
  open(options(1 << 20, 4096));
  EXPECT_EQ(read(middle), rest);
  spool_->trim(spool_->end_position() + 1000);
  EXPECT_EQ(segment_files().size(), 1u);
  EXPECT_EQ(spool_->bytes_waiting(), 0u);
  append_numbers(400, 402);
  EXPECT_TRUE(read(0).ends_with(number_lines(400, 402)));
}

TEST_F(SpoolTest, ASmallBoundIsReachedAndTrimmingFreesRoom) {
  open(options(32 * 1024, 1 << 20));
  begin();
  int appended = 0;
  for (; spool_->has_room() && appended < 10000; ++appended) append(number_line(appended, 100));
  EXPECT_GT(spool_->bytes_waiting(), 32u * 1024 - 1);
  EXPECT_LT(spool_->bytes_waiting(), 33u * 1024);
  std::uint64_t at = 0;
  for (int i = 0; i < 50; ++i) at = spool_->read(at, 110)->next;
  spool_->trim(at);
  EXPECT_TRUE(spool_->has_room());
  for (; spool_->has_room(); ++appended) append(number_line(appended, 100));
  EXPECT_EQ(read(at), number_lines(50, appended, 100));
}

TEST_F(SpoolTest, OneRecordLargerThanTheBoundGoesThrough) {
  open(options(8 * 1024));
  begin();
  append(std::string(20'000, 'x') + "\n");
  EXPECT_FALSE(spool_->has_room());
  spool_->trim(spool_->end_position());
  EXPECT_TRUE(spool_->has_room());
  const std::uint64_t end = spool_->end_position();
  append("next\n");
  EXPECT_EQ(read(end), "next\n");
  spool_->trim(end);
  EXPECT_EQ(read(), "next\n");
}

TEST_F(SpoolTest, AGapStaysOpenUntilItIsClosed) {
  open(options(1 << 20, 4096));
  begin();
  append_numbers(0, 3);
  ok(spool_->open_gap());
  ok(spool_->open_gap());
  EXPECT_TRUE(spool_->gap_is_open());
  open(options(1 << 20, 4096));
  EXPECT_TRUE(spool_->gap_is_open());
  EXPECT_EQ(spool_->point(), (JournalPoint{kJournal, 30}));
  ok(spool_->close_gap({kJournal, 90}));
  EXPECT_FALSE(spool_->gap_is_open());
  append_numbers(3, 200);
  EXPECT_EQ(read(), number_lines(0, 200));
  open(options(1 << 20, 4096));
  EXPECT_FALSE(spool_->gap_is_open());
  ok(spool_->open_gap());
  begin(kOtherJournal, 0);  // the gap goes over to the segment of the other journal
  open();
  EXPECT_TRUE(spool_->gap_is_open());
  ok(spool_->close_gap({kJournal, 7}));
  open();
  EXPECT_FALSE(spool_->gap_is_open());
  EXPECT_EQ(spool_->point(), (JournalPoint{kJournal, 7}));
}

TEST_F(SpoolTest, DiscardingLeavesAnEmptySpoolThatGoesOn) {
  open(options(1 << 20, 4096));
  begin();
  append_numbers(0, 300);
  const JournalPoint point = *spool_->point();
  ok(spool_->discard());
  EXPECT_EQ(segment_files().size(), 1u);
  EXPECT_EQ(read(), "");
  EXPECT_EQ(read_to_, spool_->end_position());
  append_numbers(300, 302);
  EXPECT_EQ(read(100), number_lines(300, 302));
  open();
  EXPECT_EQ(spool_->point()->position, point.position + 20);
  EXPECT_EQ(read(), number_lines(300, 302));
}

TEST_F(SpoolTest, AFullDiskLosesNothing) {
  FailingDisk disk;
  spool_ = std::move(Spool::open(disk, options(1 << 20, 4096))).value();
  begin();
  append_numbers(0, 60);
  disk.full = true;
  const JournalPoint point = *spool_->point();
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(spool_->append(10'000, number_lines(100, 200)).ok());
  EXPECT_EQ(spool_->point(), point);
  EXPECT_EQ(read(), number_lines(0, 60));
  disk.full = false;
  append_numbers(60, 200);
  EXPECT_EQ(read(), number_lines(0, 200));
  open();
  EXPECT_EQ(read(), number_lines(0, 200));
}

TEST_F(SpoolTest, WhatIsSyncedIsSaidAndAFailedSyncIsNotForgotten) {
  FailingDisk disk;
  spool_ = std::move(Spool::open(disk, options())).value();
  begin();
  append_numbers(0, 3);
  EXPECT_EQ(spool_->synced().position, 0u);
  EXPECT_EQ(spool_->sync()->position, 30u);
  EXPECT_EQ(spool_->synced().position, 30u);
  const int syncs = disk.syncs;
  ok(spool_->sync());
  EXPECT_EQ(disk.syncs, syncs);
  append_numbers(3, 4);
  disk.cannot_sync = true;
  EXPECT_FALSE(spool_->sync().ok());
  disk.cannot_sync = false;
  EXPECT_FALSE(spool_->sync().ok());
  EXPECT_FALSE(spool_->append(100, "x\n").ok());
  EXPECT_EQ(spool_->synced().position, 30u);
}

TEST_F(SpoolTest, AReaderIsWoken) {
  open();
  begin();
  const auto readable = [&] {
    pollfd waiting{spool_->wake_descriptor(), POLLIN, 0};
    return ::poll(&waiting, 1, 0) == 1;
  };
  EXPECT_FALSE(readable());
  append("x\n");
  EXPECT_TRUE(readable());
  spool_->drain_wake_descriptor();
  EXPECT_FALSE(readable());
  spool_->wait_for_lines(0, std::chrono::seconds(60));  // there are some
  spool_->wake();
  spool_->wait_for_lines(spool_->end_position(), std::chrono::seconds(60));
  std::thread later([&] { append("y\n"); });
  spool_->wait_for_lines(spool_->end_position() == 40 ? 40 : 0, std::chrono::seconds(60));
  later.join();
  spool_->wait_for_lines(spool_->end_position(), std::chrono::milliseconds(1));
}

TEST_F(SpoolTest, ReadsAndTrimsWhileItIsAppended) {
  open(options(64 * 1024, 4096));
  begin();
  constexpr int kLines = 20'000;
  std::thread writer([&] {
    int number = 0;
    while (number < kLines) {
      if (!spool_->has_room()) {
        std::this_thread::yield();
        continue;
      }
      const int end = std::min(number + 1 + number % 7, kLines);
      append(number_lines(number, end));
      number = end;
    }
  });
  std::uint64_t at = 0;
  std::string all;
  const std::string expected = number_lines(0, kLines);
  while (all.size() < expected.size()) {
    spool_->wait_for_lines(at, std::chrono::milliseconds(100));
    auto piece = spool_->read(at, 1000 + all.size() % 3000);
    if (!piece) {
      ADD_FAILURE() << piece.error().message;
      break;
    }
    all += piece->lines;
    at = piece->next;
    spool_->trim(at);
  }
  writer.join();
  EXPECT_TRUE(all == expected);
  EXPECT_EQ(at, spool_->end_position());
}

}  // namespace
}  // namespace streamd
