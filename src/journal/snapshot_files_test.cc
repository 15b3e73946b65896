#include "journal/snapshot_files.h"

#include <gtest/gtest.h>
#include <xxhash.h>

#include "journal/file_header.h"
#include "support/failing_disk.h"
#include "support/journal_folder.h"

namespace streamd {
namespace {

using Positions = std::vector<std::uint64_t>;

class SnapshotFilesTest : public JournalFolder {
 protected:
  void write_at(std::uint64_t position, const std::string& state = "state") {
    const auto written = snapshots_.write(kFirstId, 17, {position, state});
    ASSERT_TRUE(written.ok()) << written.error().message;
  }
  void write_all(const Positions& positions) {
    for (const std::uint64_t position : positions) write_at(position);
  }
  std::string path(std::uint64_t position) const { return folder_ + "/" + name_of_position(position, kSnapshotEnding); }
  Positions positions() const { return snapshots_.positions().value(); }
  Positions pruned(const Positions& segments, std::uint64_t anchor) {
    EXPECT_TRUE(snapshots_.prune(segments, anchor).ok());
    return positions();
  }

  SnapshotFiles snapshots_{disk_, folder_};
};

TEST_F(SnapshotFilesTest, WhatWasWrittenIsLoaded) {
  for (const std::string& state : {std::string("state"), std::string(1 << 20, '\0')}) {
    write_at(42, state);
    auto loaded = snapshots_.load(42);
    ASSERT_TRUE(loaded.ok()) << loaded.error().message;
    EXPECT_EQ(loaded->journal_id, kFirstId);
    EXPECT_EQ(loaded->created_wall_ms, 17);
    EXPECT_EQ(loaded->state.position, 42u);
    EXPECT_EQ(loaded->state.bytes, state);
  }
}

TEST_F(SnapshotFilesTest, PositionsAscendAndOtherFilesAreNone) {
  write_all({500, 0, 7'000'000'000});
  write(folder_ + "/new", "half a snapshot");
  write(path(9) + ".mark", "set aside");
  write(folder_ + "/9.snapshot", "not ours");
  EXPECT_EQ(positions(), (Positions{0, 500, 7'000'000'000}));
}

// A crash while one is written leaves the file "new", whatever is in it.
TEST_F(SnapshotFilesTest, AHalfWrittenOneIsOverwritten) {
  write(folder_ + "/new", std::string(10'000, 'x'));
  write_at(5, "short");
  EXPECT_EQ(snapshots_.load(5)->state.bytes, "short");
  EXPECT_EQ(files().size(), 1u);
}

TEST_F(SnapshotFilesTest, OneThatCannotBeWrittenLeavesThoseBeforeIt) {
  write_at(5);
  std::filesystem::create_directory(folder_ + "/new");
  EXPECT_FALSE(snapshots_.write(kFirstId, 17, {6, "state"}).ok());
  EXPECT_EQ(positions(), Positions{5});
}

TEST_F(SnapshotFilesTest, OneForWhichThereIsNoRoomTakesNone) {
  FailingDisk disk;
  SnapshotFiles snapshots(disk, folder_);
  disk.cannot_sync = true;
  EXPECT_FALSE(snapshots.write(kFirstId, 17, {6, std::string(100'000, 'x')}).ok());
  EXPECT_TRUE(files().empty());
  disk.cannot_sync = false;
  EXPECT_TRUE(snapshots.write(kFirstId, 17, {6, "state"}).ok());
  EXPECT_EQ(positions(), Positions{6});
}

TEST_F(SnapshotFilesTest, AnyChangedBitAndAnyOtherLengthIsDamage) {
  write_at(5, "a state of some length");
  const std::string content = read_whole_file(path(5)).value();
  for (std::uint64_t bit = 0; bit < content.size() * 8; ++bit) {
    flip(path(5), bit);
    auto loaded = snapshots_.load(5);
    ASSERT_FALSE(loaded.ok()) << bit;
    EXPECT_NE(loaded.error().kind, ErrorKind::refused) << bit;
    EXPECT_NE(loaded.error().message.find(path(5)), std::string::npos);
    flip(path(5), bit);
  }
  for (std::size_t size = 0; size < content.size(); ++size) {
    write(path(5), content.substr(0, size));
    ASSERT_FALSE(snapshots_.load(5).ok()) << size;
  }
  write(path(5), content + '\0');
  EXPECT_FALSE(snapshots_.load(5).ok());
  write(path(5), content);
  EXPECT_TRUE(snapshots_.load(5).ok());
}

TEST_F(SnapshotFilesTest, OneUnderAnotherNameIsDamage) {
  write_at(5);
  std::filesystem::rename(path(5), path(6));
  EXPECT_FALSE(snapshots_.load(6).ok());
}

TEST_F(SnapshotFilesTest, AnUnknownVersionIsRefused) {
  write_at(5);
  FileHeader header;
  const std::string content = read_whole_file(path(5)).value();
  std::memcpy(&header, content.data(), sizeof header);
  header.version = 7;
  header.checksum = XXH3_64bits(&header, offsetof(FileHeader, checksum));
  overwrite(path(5), 0, std::string(bytes_of(header)));
  auto loaded = snapshots_.load(5);
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().kind, ErrorKind::refused);
  EXPECT_NE(loaded.error().message.find("version 7"), std::string::npos) << loaded.error().message;
}

TEST_F(SnapshotFilesTest, AMissingOneIsNotFound) {
  EXPECT_EQ(snapshots_.load(5).error().kind, ErrorKind::not_found);
}

TEST_F(SnapshotFilesTest, RemoveBeyondLeavesThoseUpToThePosition) {
  write_all({10, 20, 30, 40});
  ASSERT_TRUE(snapshots_.remove_beyond(20).ok());
  EXPECT_EQ(positions(), (Positions{10, 20}));
  ASSERT_TRUE(snapshots_.remove_beyond(19).ok());
  EXPECT_EQ(positions(), Positions{10});
}

TEST_F(SnapshotFilesTest, OneThatIsSetAsideCountsNoMore) {
  write_all({10, 20});
  ASSERT_TRUE(snapshots_.set_aside(20, ".mark").ok());
  EXPECT_EQ(positions(), Positions{10});
  EXPECT_TRUE(std::filesystem::exists(path(20) + ".mark"));
}

TEST_F(SnapshotFilesTest, PruningKeepsTheNewestTwo) {
  write_all({10, 20, 30, 40});
  EXPECT_EQ(pruned({100}, 40), (Positions{30, 40}));
  EXPECT_EQ(pruned({100}, 40), (Positions{30, 40}));
}

TEST_F(SnapshotFilesTest, PruningKeepsTheNewestAtOrBeforeTheAnchor) {
  write_all({10, 20, 30, 40, 50, 60});
  EXPECT_EQ(pruned({100}, 30), (Positions{30, 50, 60}));
  write_all({20, 40});
  EXPECT_EQ(pruned({100}, 29), (Positions{20, 50, 60}));
  EXPECT_EQ(pruned({100}, 19), (Positions{50, 60}));  // there is none so old
}

TEST_F(SnapshotFilesTest, PruningKeepsTheFirstOfEachSegment) {
  write_all({10, 20, 30, 40, 50, 60, 70, 80});
  EXPECT_EQ(pruned({0, 20, 45, 90}, 80), (Positions{10, 20, 50, 70, 80}));
}

TEST_F(SnapshotFilesTest, PruningNothingRemovesNothing) {
  EXPECT_EQ(pruned({0}, 0), Positions{});
  write_at(10);
  EXPECT_EQ(pruned({0}, 0), Positions{10});
}

}  // namespace
}  // namespace streamd
