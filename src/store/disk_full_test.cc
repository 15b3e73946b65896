// A disk that is really full: a small file system of its own, where the tests may mount one.
#include <gtest/gtest.h>
#include <sys/mount.h>

#include "store/disk_room.h"
#include "support/store_fixture.h"

namespace streamd {
namespace {

constexpr std::uint64_t kMiB = 1024 * 1024;

TEST(DiskRoom, GrowsWithWhatIsWritten) {
  EXPECT_EQ(room_for_log({0, 0, 0}), kMiB);
  EXPECT_EQ(room_for_log({kMiB, 7 * kMiB, 9 * kMiB}), 3 * kMiB);
  EXPECT_EQ(room_for_file({kMiB, 4 * kMiB, 5 * kMiB}), 16 * kMiB);
  EXPECT_EQ(room_for_file({0, 0, 10'000 * kMiB}), 65 * kMiB);
}

class DiskFullTest : public StoreFixture {
 protected:
  void SetUp() override {
    if (::mount("tmpfs", folder_.c_str(), "tmpfs", 0, "size=16m") != 0) {
      GTEST_SKIP() << "a file system can be mounted only by root";
    }
    mounted_ = true;
  }
  void TearDown() override {
    store_.reset();
    if (mounted_) ::umount2(folder_.c_str(), MNT_DETACH);
  }

  std::uint64_t free() const { return *free_bytes(path_); }
  void leave_free(std::uint64_t bytes) {
    std::ofstream file(filler_, std::ios::binary | std::ios::app);
    const std::string block(4096, 'x');
    while (free() > bytes && file) file << block << std::flush;
  }
  void make_room() { std::filesystem::remove(filler_); }
  void expect_rows(int count, std::uint64_t position) {
    store_.reset();
    const StoredRows stored = read_stored(path_);
    EXPECT_EQ(stored.rows, count);
    EXPECT_EQ(stored.keys, count);
    EXPECT_EQ(stored.spans, count);
    EXPECT_EQ(stored.progress, at(position));
  }

  bool mounted_ = false;
  const std::string filler_ = folder_ + "/filler";
};

TEST_F(DiskFullTest, RowsWaitAndAreWrittenOnceThereIsRoom) {
  fill(2);
  open();
  leave_free(100'000);
  add(1500, 1000);
  for (const CommitTarget target : {CommitTarget::log, CommitTarget::file}) {
    const auto failed = commit(4, target);
    ASSERT_FALSE(failed.ok());
    EXPECT_NE(failed.error().message.find("disk full"), std::string::npos) << failed.error().message;
    EXPECT_EQ(failed.error().kind, ErrorKind::other);
    EXPECT_FALSE(store_->outcome_is_unknown());
    EXPECT_EQ(store_->pending_rows(), 1000U);
  }
  ASSERT_FALSE(store_->checkpoint().ok());
  make_room();
  const auto done = commit(4, CommitTarget::file);
  ASSERT_TRUE(done.ok()) << done.error().message;
  EXPECT_EQ(store_->log_bytes(), 0U);
  expect_rows(2500, 4);
}

TEST_F(DiskFullTest, WithoutRoomForACheckpointRowsGoToTheLog) {
  fill(0);
  open();
  leave_free(3 * kMiB / 2);
  add(500, 1000);
  const auto done = commit(2, CommitTarget::file);
  ASSERT_TRUE(done.ok()) << done.error().message;
  EXPECT_GT(store_->log_bytes(), 0U);
  make_room();
  ASSERT_TRUE(store_->checkpoint().ok());
  EXPECT_EQ(store_->log_bytes(), 0U);
  expect_rows(1500, 2);
}

// Others fill the disk between the look and the write.
TEST_F(DiskFullTest, AFullDiskUnderDuckDBLosesNothing) {
  for (const bool exclusive : {false, true}) {
    for (const CommitTarget target : {CommitTarget::log, CommitTarget::file}) {
      std::filesystem::remove(path_);
      std::filesystem::remove(path_ + ".wal");
      fill(2);
      const std::uint64_t size = std::filesystem::file_size(path_);
      {
        auto database = duck::Database::open(path_, duck::Access::read_write, {});
        auto connection = duck::Connection::open(*database);
        ASSERT_TRUE(connection->run("PRAGMA disable_checkpoint_on_shutdown").ok());
        leave_free(0);
        const auto failed = connection->run(
            target == CommitTarget::file ? "CHECKPOINT"
                                         : "INSERT INTO ohlc_1s SELECT 'X', make_timestamp(i), 1, 1, 1, 1, 1, 1, 'x' "
                                           "FROM range(50000) t(i)");
        EXPECT_FALSE(failed.ok());
        if (!failed) RecordProperty("message", failed.error().message);
      }
      open(exclusive);
      EXPECT_EQ(store_->stored_progress(), at(3)) << size;
      make_room();
      add(1500, 1000);
      const auto done = commit(4, CommitTarget::file);
      ASSERT_TRUE(done.ok()) << done.error().message;
      expect_rows(2500, 4);
    }
  }
}

TEST_F(DiskFullTest, ManySmallCommitsUntilTheDiskIsFullLoseNothing) {
  open();
  int rows = 0;
  std::uint64_t position = 0;
  leave_free(8 * kMiB);
  for (int i = 0; i < 400; ++i) {
    add(rows, 2000);
    rows += 2000;
    ++position;
    if (!commit(position, i % 5 == 0 ? CommitTarget::file : CommitTarget::log).ok()) break;
    ASSERT_LT(i, 399);
  }
  EXPECT_EQ(store_->pending_rows(), 2000U);
  make_room();
  const auto done = commit(position, CommitTarget::file);
  ASSERT_TRUE(done.ok()) << done.error().message;
  expect_rows(rows, position);
}

}  // namespace
}  // namespace streamd
