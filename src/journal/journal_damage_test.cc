// What a crash or a bad disk may do to the journal's files: what is whole before it is read, nothing wrong ever is, and
// what is cut off is kept when it is worth it.
#include <gtest/gtest.h>
#include <xxhash.h>

#include <random>

#include "journal/file_header.h"
#include "journal/journal_reader.h"
#include "journal/journal_segments.h"
#include "support/journal_folder.h"

namespace streamd {
namespace {

constexpr std::uint64_t kHeader = sizeof(FileHeader);

class JournalDamageTest : public JournalFolder {
 protected:
  void TearDown() override { journal_.reset(); }

  // Ten records in one segment.
  void fill() {
    open(kFirstId);
    append(0, 10);
    journal_.reset();
    path_ = segment_path(0);
    content_ = read_whole_file(path_).value();
    positions_ = read().positions;
    positions_.push_back(content_.size() - kHeader);
  }
  // As a start does: reads, and cuts what cannot be read. Gives what it read.
  Reading mend() {
    Reading reading = read();
    auto found = segments();
    auto cut = cut_segments(disk_, folder_, found, reading.end, ".mark");
    EXPECT_TRUE(cut.ok());
    kept_ = cut.ok() && *cut;
    left_ = found;
    return reading;
  }

  std::string path_;
  std::string content_;
  std::vector<std::uint64_t> positions_;  // of the records, and the end
  bool kept_ = false;
  std::vector<Segment> left_;
};

TEST_F(JournalDamageTest, ATailTornAtAnyByteOfTheLastRecordIsCutThere) {
  fill();
  for (std::uint64_t size = positions_[9]; size < positions_[10]; ++size) {
    SCOPED_TRACE(size);
    write(path_, content_.substr(0, kHeader + size));
    const Reading reading = mend();
    EXPECT_EQ(reading.numbers, numbers(0, 9));
    EXPECT_EQ(reading.damage.empty(), size == positions_[9]);
    EXPECT_FALSE(kept_);
    EXPECT_EQ(std::filesystem::file_size(path_), kHeader + positions_[9]);
    open(kFirstId);
    append(9, 11);
    ASSERT_EQ(read().numbers, numbers(0, 11));
  }
  EXPECT_EQ(files().size(), 1u);
}

TEST_F(JournalDamageTest, AFlippedBitAnywhereInARecordIsNoticed) {
  fill();
  for (std::uint64_t bit = (kHeader + positions_[4]) * 8; bit < (kHeader + positions_[5]) * 8; ++bit) {
    flip(path_, bit);
    const Reading reading = read();
    ASSERT_EQ(reading.numbers, numbers(0, 4)) << "bit " << bit - (kHeader + positions_[4]) * 8 << " of the record";
    ASSERT_EQ(reading.end, positions_[4]);
    ASSERT_NE(reading.damage, "");
    flip(path_, bit);
  }
  EXPECT_EQ(read().numbers, numbers(0, 10));
}

TEST_F(JournalDamageTest, ADamagedRecordInTheMiddleEndsTheJournalAndTheRestIsKept) {
  fill();
  flip(path_, (kHeader + positions_[4] + 30) * 8);
  const std::string damaged = read_whole_file(path_).value();
  EXPECT_EQ(mend().numbers, numbers(0, 4));
  EXPECT_TRUE(kept_);
  EXPECT_EQ(read_whole_file(path_ + ".mark").value(), damaged.substr(kHeader + positions_[4]));
  EXPECT_EQ(read_whole_file(path_).value(), content_.substr(0, kHeader + positions_[4]));
  open(kSecondId);
  append(4, 6);
  const Reading reading = read();
  EXPECT_EQ(reading.numbers, numbers(0, 6));
  EXPECT_EQ(reading.damage, "");
}

TEST_F(JournalDamageTest, BehindADamagedRecordLaterSegmentsAreKeptAside) {
  open(kFirstId, 200);
  append(0, 60);
  journal_.reset();
  const auto before = segments();
  ASSERT_GT(before.size(), 5u);
  flip(before[2].path, (kHeader + 40) * 8);
  const Reading reading = mend();
  EXPECT_EQ(reading.end, before[2].position);
  EXPECT_TRUE(kept_);
  ASSERT_EQ(left_.size(), 3u);
  for (std::size_t i = 3; i < before.size(); ++i) {
    EXPECT_TRUE(std::filesystem::exists(before[i].path + ".mark"));
    EXPECT_FALSE(std::filesystem::exists(before[i].path));
  }
  // It goes on, and nothing of what was set aside comes back.
  open(kSecondId, 200);
  const auto count = static_cast<int>(reading.numbers.size());
  append(count, 60);
  EXPECT_EQ(read().numbers, numbers(0, 60));
}

TEST_F(JournalDamageTest, ADamagedHeaderInTheMiddleEndsTheJournalThere) {
  open(kFirstId, 200);
  append(0, 60);
  journal_.reset();
  const auto before = segments();
  for (std::uint64_t bit = 0; bit < kHeader * 8; bit += 61) {
    SCOPED_TRACE(bit);
    flip(before[2].path, bit);
    const auto found = segments();
    ASSERT_EQ(found.size(), before.size());
    EXPECT_TRUE(found[2].damaged);
    const Reading reading = read();
    EXPECT_EQ(reading.end, before[2].position);
    EXPECT_NE(reading.damage.find("header is damaged"), std::string::npos) << reading.damage;
    EXPECT_EQ(read(before[3].position).damage, "");  // what lies behind can still be read from there on
    flip(before[2].path, bit);
  }
  flip(before[2].path, 400);
  EXPECT_EQ(mend().end, before[2].position);
  EXPECT_TRUE(kept_);
  EXPECT_EQ(left_.size(), 2u);
  for (std::size_t i = 2; i < before.size(); ++i) EXPECT_TRUE(std::filesystem::exists(before[i].path + ".mark"));
}

TEST_F(JournalDamageTest, ADamagedHeaderOfTheLastSegmentIsKeptAsideWithItsRecords) {
  open(kFirstId, 200);
  append(0, 60);
  journal_.reset();
  const auto before = segments();
  flip(before.back().path, 100);
  const Reading reading = mend();
  EXPECT_EQ(reading.end, before.back().position);
  EXPECT_NE(reading.damage, "");
  EXPECT_TRUE(kept_);
  EXPECT_EQ(left_.size(), before.size() - 1);
  EXPECT_TRUE(std::filesystem::exists(before.back().path + ".mark"));
}

TEST_F(JournalDamageTest, ALastSegmentWithoutAWholeHeaderIsRemoved) {
  open(kFirstId, 200);
  append(0, 20);
  journal_.reset();
  const auto before = segments();
  const std::string next = folder_ + "/" + name_of_position(before.back().end(), kSegmentEnding);
  const std::string header = read_whole_file(before.back().path).value().substr(0, kHeader);
  for (std::size_t size = 0; size < kHeader; size += size < 4 ? 1 : 20) {
    write(next, header.substr(0, size));
    EXPECT_EQ(segments().size(), before.size());
    EXPECT_FALSE(std::filesystem::exists(next));
  }
  write(next, std::string(kHeader, '\0'));  // as after a loss of power
  EXPECT_EQ(segments().size(), before.size());
  EXPECT_FALSE(std::filesystem::exists(next));
  EXPECT_EQ(read().numbers, numbers(0, 20));
}

TEST_F(JournalDamageTest, AMissingSegmentInTheMiddleEndsTheJournalBeforeIt) {
  open(kFirstId, 200);
  append(0, 60);
  journal_.reset();
  const auto before = segments();
  std::filesystem::remove(before[2].path);
  const Reading reading = mend();
  EXPECT_EQ(reading.end, before[2].position);
  EXPECT_NE(reading.damage.find("are missing"), std::string::npos) << reading.damage;
  EXPECT_TRUE(kept_);
  EXPECT_EQ(left_.size(), 2u);
}

TEST_F(JournalDamageTest, AnUnknownVersionIsRefusedWithFileAndVersions) {
  fill();
  FileHeader header;
  std::memcpy(&header, content_.data(), sizeof header);
  header.version = kJournalVersion + 41;
  header.checksum = XXH3_64bits(&header, offsetof(FileHeader, checksum));
  overwrite(path_, 0, std::string(bytes_of(header)));
  const auto listed = list_segments(disk_, folder_);
  ASSERT_FALSE(listed.ok());
  EXPECT_EQ(listed.error().kind, ErrorKind::refused);
  for (const std::string& word : {path_, std::to_string(kJournalVersion + 41), std::to_string(kJournalVersion)}) {
    EXPECT_NE(listed.error().message.find(word), std::string::npos) << listed.error().message;
  }
}

TEST_F(JournalDamageTest, OtherFilesInTheFolderAreNobodysBusiness) {
  fill();
  for (const char* name :
       {"notes.txt", "1.journal", "x0000000000000000001.journal", "00000000000000000000.journal.mark",
        "99999999999999999999.journal"}) {  // the last one is no position
    write(folder_ + "/" + name, "x");
  }
  EXPECT_EQ(segments().size(), 1u);
  EXPECT_EQ(files().size(), 6u);
  EXPECT_EQ(read().numbers, numbers(0, 10));
}

// Zeros, a piece of another place, a piece that is missing: never a wrong record.
TEST_F(JournalDamageTest, NoDamageGivesAWrongRecord) {
  fill();
  std::mt19937_64 random(1);
  for (int i = 0; i < 2'000; ++i) {
    std::string bytes = content_;
    const std::size_t at = kHeader + random() % (bytes.size() - kHeader);
    const std::size_t size = std::min<std::size_t>(1 + random() % 100, bytes.size() - at);
    switch (random() % 3) {
      case 0:
        bytes.replace(at, size, size, '\0');
        break;
      case 1:
        bytes.erase(at, size);
        break;
      default:
        bytes.replace(at, size, content_.substr(random() % content_.size(), size));
    }
    write(path_, bytes);
    const Reading reading = read();
    ASSERT_EQ(reading.numbers, numbers(0, static_cast<int>(reading.numbers.size())));
    ASSERT_EQ(reading.end, positions_[reading.numbers.size()]);
  }
}

}  // namespace
}  // namespace streamd
