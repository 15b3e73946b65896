#include "store/mending.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstring>
#include <set>

#include "io/file.h"
#include "support/store_fixture.h"

namespace streamd {
namespace {

// In the file: rows up to second 500 at position 1. In the log: ten commits, to position 11.
class MendingTest : public StoreFixture {
 protected:
  MendingTest() { fill(10); }

  void mend() {
    auto opened = open_mending({path_, false, {}}, counters_, "17", moved_);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    store_ = std::move(opened).value();
    announced_ = false;
  }
  ErrorKind kind_of_opening() {
    auto opened = BarStore::open({path_, false, {}}, counters_);
    if (opened) return ErrorKind::not_found;
    RecordProperty("message", opened.error().message);
    return opened.error().kind;
  }
  // All bars up to `end` again, as from a journal; then all of them must be there once.
  void write_again(int end) {
    add(0, end);
    const auto done = commit(99, CommitTarget::file);
    ASSERT_TRUE(done.ok()) << done.error().message;
    store_.reset();
    const StoredRows stored = read_stored(path_);
    EXPECT_EQ(stored.rows, end);
    EXPECT_EQ(stored.keys, end);
    EXPECT_EQ(stored.progress, at(99));
  }
  std::uint64_t log_size() const { return std::filesystem::file_size(log_); }
  std::uint64_t file_size() const { return std::filesystem::file_size(path_); }

  const std::string log_ = path_ + ".wal";
  std::vector<std::string> moved_;
};

std::string garbage(std::size_t size) {
  std::string bytes;
  for (std::uint32_t x = 1; bytes.size() < size; x = x * 1664525 + 1013904223) {
    bytes += static_cast<char>(x >> 24);
  }
  return bytes;
}

TEST_F(MendingTest, NothingIsMovedWhenNothingIsDamaged) {
  mend();
  EXPECT_TRUE(moved_.empty());
  EXPECT_EQ(store_->stored_progress(), at(11));
}

TEST_F(MendingTest, ALogDamagedInTheMiddleLeavesTheLastCheckpoint) {
  overwrite(log_, log_size() / 2, "garbage");
  EXPECT_EQ(kind_of_opening(), ErrorKind::damaged);
  mend();
  EXPECT_EQ(moved_, (std::vector<std::string>{log_ + ".damaged-17"}));
  EXPECT_TRUE(std::filesystem::exists(moved_[0]));
  EXPECT_EQ(store_->stored_progress(), at(1));
  EXPECT_EQ(read_stored(path_).rows, 500);
  write_again(5500);
}

TEST_F(MendingTest, ALogTornAtItsEndIsReadAsFarAsItGoes) {
  std::filesystem::resize_file(log_, log_size() / 2);
  mend();
  EXPECT_TRUE(moved_.empty());
  ASSERT_TRUE(store_->stored_progress().has_value());
  const auto position = static_cast<std::int64_t>(store_->stored_progress()->position);
  EXPECT_GT(position, 1);
  EXPECT_LT(position, 11);
  EXPECT_EQ(read_stored(path_).rows, position * 500);
  write_again(5500);
}

// DuckDB passes over it without a word, but the progress tells.
TEST_F(MendingTest, ALogThatBeginsWithGarbageCountsAsEmpty) {
  overwrite(log_, 0, garbage(200));
  mend();
  EXPECT_EQ(store_->stored_progress(), at(1));
  EXPECT_EQ(read_stored(path_).rows, 500);
  write_again(5500);
}

// Wherever a byte of the log changes: rows and progress are those of one commit.
TEST_F(MendingTest, AnyChangedByteOfTheLogLeavesWholeCommits) {
  const std::string file = read_whole_file(path_).value();
  const std::string log = read_whole_file(log_).value();
  for (std::size_t offset = 0; offset < log.size(); offset += offset < 160 ? 7 : log.size() / 40) {
    SCOPED_TRACE(offset);
    store_.reset();
    std::ofstream(path_, std::ios::binary) << file;
    std::ofstream(log_, std::ios::binary) << log;
    overwrite(log_, offset, std::string(1, static_cast<char>(log[offset] ^ 0x5a)));
    mend();
    ASSERT_TRUE(store_->stored_progress().has_value());
    EXPECT_EQ(read_stored(path_).rows, static_cast<std::int64_t>(store_->stored_progress()->position) * 500);
  }
  EXPECT_EQ(std::set<std::string>(moved_.begin(), moved_.end()).size(), moved_.size());
}

TEST_F(MendingTest, AFileWithADamagedHeaderIsMovedWithItsLog) {
  overwrite(path_, 4096, garbage(8192));
  EXPECT_EQ(kind_of_opening(), ErrorKind::damaged);
  mend();
  EXPECT_EQ(moved_, (std::vector<std::string>{log_ + ".damaged-17", path_ + ".damaged-17"}));
  EXPECT_EQ(store_->stored_progress(), std::nullopt);
  write_again(5500);
}

TEST_F(MendingTest, AFileWithDamagedBlocksIsMoved) {
  for (std::uint64_t offset = 12288; offset < file_size(); offset += 262144) overwrite(path_, offset + 300, "garbage");
  EXPECT_EQ(kind_of_opening(), ErrorKind::damaged);
  mend();
  EXPECT_EQ(moved_.size(), 2U);
  write_again(5500);
}

TEST_F(MendingTest, ABlockWithRowsThatIsDamagedIsFoundAtTheStart) {
  overwrite(path_, 12288 + 262144 + 300, "garbage");
  EXPECT_EQ(kind_of_opening(), ErrorKind::damaged);
}

// Opening reads no prices; a look-up that does comes upon it, and the next start reads all.
TEST_F(MendingTest, DamageThatOnlyALookUpFindsIsMendedByARestart) {
  std::filesystem::remove(path_);
  std::filesystem::remove(log_);
  open();
  add(0, 300'000);
  ASSERT_TRUE(commit(1, CommitTarget::file).ok());
  const std::string sound = read_whole_file(path_).value();
  bool found = false;
  for (std::uint64_t offset = 12288; offset < sound.size() && !found; offset += 262144) {
    std::ofstream(path_, std::ios::binary) << sound;
    std::filesystem::remove(log_);
    overwrite(path_, offset + 300, "garbage");
    if (kind_of_opening() != ErrorKind::not_found) continue;
    open();
    add(1000, 200'000);
    const auto failed = commit(2);
    if (failed) continue;
    EXPECT_EQ(failed.error().kind, ErrorKind::damaged) << failed.error().message;
    EXPECT_EQ(store_->pending_rows(), 200'000U);
    found = true;
  }
  ASSERT_TRUE(found);
  EXPECT_EQ(kind_of_opening(), ErrorKind::damaged);
  mend();
  EXPECT_FALSE(moved_.empty());
  EXPECT_FALSE(std::filesystem::exists(BarStore::suspicion_path(path_)));
  write_again(5500);
}

TEST_F(MendingTest, ASuspicionThatIsUnfoundedGoes) {
  std::ofstream(BarStore::suspicion_path(path_)) << "";
  mend();
  EXPECT_TRUE(moved_.empty());
  EXPECT_FALSE(std::filesystem::exists(BarStore::suspicion_path(path_)));
  EXPECT_EQ(store_->stored_progress(), at(11));
}

TEST_F(MendingTest, ACutOffFileIsMoved) {
  for (const std::uint64_t size : {100, 4096, 12288, 100'000, 12288 + 262144}) {
    SCOPED_TRACE(size);
    store_.reset();
    if (!std::filesystem::exists(path_ + ".damaged-17")) fill(0);
    std::filesystem::resize_file(path_, size);
    EXPECT_EQ(kind_of_opening(), ErrorKind::damaged);
    moved_.clear();
    mend();
    EXPECT_FALSE(moved_.empty());
    EXPECT_EQ(store_->stored_progress(), std::nullopt);
    write_again(600);
  }
}

TEST_F(MendingTest, AnEmptyFileIsMoved) {
  std::filesystem::resize_file(path_, 0);
  EXPECT_EQ(kind_of_opening(), ErrorKind::refused);
  mend();
  EXPECT_EQ(moved_, (std::vector<std::string>{log_ + ".damaged-17", path_ + ".damaged-17"}));
  write_again(5500);
}

TEST_F(MendingTest, AFileFullOfGarbageIsMoved) {
  std::ofstream(path_, std::ios::binary) << garbage(500'000);
  EXPECT_EQ(kind_of_opening(), ErrorKind::refused);
  mend();
  EXPECT_EQ(moved_.size(), 2U);
  write_again(5500);
}

TEST_F(MendingTest, AnotherProgramsFileIsMoved) {
  std::ofstream(path_, std::ios::binary) << std::string("SQLite format 3\0", 16) + std::string(4096, '\0');
  EXPECT_EQ(kind_of_opening(), ErrorKind::refused);
  mend();
  EXPECT_EQ(moved_.size(), 2U);
  write_again(5500);
}

TEST_F(MendingTest, TheLogOfALostFileIsKept) {
  std::filesystem::remove(path_);
  mend();
  EXPECT_EQ(moved_, (std::vector<std::string>{log_ + ".damaged-17"}));
  write_again(5500);
}

TEST_F(MendingTest, MovedFilesAreNeverOverwritten) {
  std::ofstream(log_ + ".damaged-17") << "first";
  overwrite(log_, log_size() / 2, "garbage");
  mend();
  EXPECT_EQ(moved_, (std::vector<std::string>{log_ + ".damaged-17-2"}));
  EXPECT_EQ(read_whole_file(log_ + ".damaged-17").value(), "first");
}

// The header's checksum, so that a later version can be told from damage.
std::uint64_t header_checksum(const std::string& header) {
  std::uint64_t sum = 5381;
  for (std::size_t i = 8; i < header.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, header.data() + i, 8);
    sum ^= word * 0xbf58476d1ce4e5b9;
  }
  return sum;
}

TEST_F(MendingTest, ADatabaseOfALaterVersionIsRefused) {
  std::string header = read_whole_file(path_).value().substr(0, 4096);
  const std::uint64_t version = 999;
  std::memcpy(header.data() + 12, &version, 8);
  const std::uint64_t checksum = header_checksum(header);
  std::memcpy(header.data(), &checksum, 8);
  overwrite(path_, 0, header);
  auto refused = open_mending({path_, false, {}}, counters_, "17", moved_);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::refused) << refused.error().message;
  EXPECT_TRUE(moved_.empty());
}

TEST_F(MendingTest, OtherColumnsAreRefused) {
  {
    auto database = duck::Database::open(path_, duck::Access::read_write, {});
    auto connection = duck::Connection::open(*database);
    ASSERT_TRUE(connection->run("ALTER TABLE ohlc_1s ADD COLUMN more INTEGER").ok());
  }
  auto refused = open_mending({path_, false, {}}, counters_, "17", moved_);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::refused) << refused.error().message;
  EXPECT_TRUE(moved_.empty());
}

TEST_F(MendingTest, AFileThatMayNotBeReadIsNotDamaged) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  ::chmod(path_.c_str(), 0);
  auto refused = open_mending({path_, false, {}}, counters_, "17", moved_);
  ::chmod(path_.c_str(), 0600);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::other) << refused.error().message;
  EXPECT_TRUE(moved_.empty());
}

TEST_F(MendingTest, AFolderInItsPlaceIsNotDamaged) {
  std::filesystem::remove(log_);
  std::filesystem::remove(path_);
  std::filesystem::create_directory(path_);
  auto failed = open_mending({path_, false, {}}, counters_, "17", moved_);
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().kind, ErrorKind::other) << failed.error().message;
  EXPECT_TRUE(moved_.empty());
}

}  // namespace
}  // namespace streamd
