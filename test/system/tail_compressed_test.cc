// Compressed files: of several members, cut off, damaged. What can be read is kept, and what cannot is said.
#include <gtest/gtest.h>

#include <algorithm>

#include "system/bar_oracle.h"
#include "system/compressed.h"
#include "system/daemon_process.h"
#include "system/stored_bars.h"
#include "system/test_seed.h"

namespace streamd {
namespace {

constexpr std::int64_t kSecond = 1'700'000'000;

class CompressedTailTest : public testing::Test {
 protected:
  // Random prices, so that it does not compress to nothing. One bar a line.
  std::string lines(std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
      const double price = static_cast<double>(random_()) / 1e16;
      text += bar_line(flat_bar("A", kSecond + next_second_, price));
      all_.push_back(flat_bar("A", kSecond + next_second_++, price));
    }
    return text;
  }
  // Expects the first `count` of the bars that lines() made.
  void expect_stored(const std::string& name, std::size_t count) {
    std::vector<StoredBar> expected(all_.begin(), all_.begin() + static_cast<std::ptrdiff_t>(count));
    for (StoredBar& bar : expected) bar.source_file = "tail:" + name;
    expect_same_bars(expected, read_bars(folder_ / "bars.duckdb"));
  }
  // Replays a file of this content; returns the log.
  std::string replay(const std::string& name, const std::string& content, int exit_code) {
    write_file(folder_ / name, content);
    DaemonProcess daemon(folder_, replaying({"--tail", name}));
    EXPECT_EQ(daemon.wait_exit(), exit_code);
    EXPECT_TRUE(daemon.account().is_closed());
    return daemon.errors();
  }
  static void expect_error(const std::string& log, const std::string& name, const std::string& what) {
    for (const std::string& line : lines_of(log)) {
      if (line.find("error") != std::string::npos && line.find(name) != std::string::npos &&
          line.find(what) != std::string::npos) {
        return;
      }
    }
    ADD_FAILURE() << "no error names " << name << " and says \"" << what << "\":\n" << log;
  }

  std::mt19937_64 random_{test_seed()};
  TempFolder folder_;
  std::int64_t next_second_ = 0;
  std::vector<StoredBar> all_;
};

TEST_F(CompressedTailTest, AGzipFileOfSeveralMembers) {
  const std::string text = lines(3'000);
  const std::size_t cut = text.size() / 3;  // within a line
  const std::string content =
      gzip_of(text.substr(0, cut)) + gzip_of("") + gzip_of(text.substr(cut, 1)) + gzip_of(text.substr(cut + 1));
  replay("many.gz", content, 0);
  expect_stored("many.gz", 3'000);
}

TEST_F(CompressedTailTest, AZstdFileOfSeveralFrames) {
  const std::string text = lines(3'000);
  const std::size_t cut = text.size() / 3;
  replay("many.zst", zstd_of(text.substr(0, cut)) + zstd_of("") + zstd_of(text.substr(cut)), 0);
  expect_stored("many.zst", 3'000);
}

TEST_F(CompressedTailTest, OfACutOffGzipFileWhatIsReadableIsStored) {
  const std::string text = lines(20'000);
  const std::string whole = gzip_of(text);
  const std::string content = whole.substr(0, whole.size() / 2);
  const std::string readable = readable_of_gzip(content, text.size());
  const auto count = static_cast<std::size_t>(std::count(readable.begin(), readable.end(), '\n'));
  ASSERT_GT(count, 5'000u);
  expect_error(replay("cut.gz", content, 1), "cut.gz", "cut off");
  expect_stored("cut.gz", count);
}

TEST_F(CompressedTailTest, AGzipFileCutOffInItsLastBytesIsNotTakenForWhole) {
  const std::string whole = gzip_of(lines(100));
  expect_error(replay("cut.gz", whole.substr(0, whole.size() - 3), 1), "cut.gz", "cut off");
  expect_stored("cut.gz", 100);
}

TEST_F(CompressedTailTest, OfACutOffZstdFileWhatIsReadableIsStored) {
  const std::string first = zstd_of(lines(1'000));
  const std::string second = zstd_of(lines(1'000));
  expect_error(replay("cut.zst", first + second.substr(0, 20), 1), "cut.zst", "cut off");
  expect_stored("cut.zst", 1'000);
}

TEST_F(CompressedTailTest, OfADamagedGzipFileWhatIsReadableIsStored) {
  const std::string first = gzip_of(lines(500));
  std::string second = gzip_of(lines(500));
  for (std::size_t i = 5; i < 40; ++i) second[i] = '\xff';
  expect_error(replay("damaged.gz", first + second, 1), "damaged.gz", "damaged");
  expect_stored("damaged.gz", 500);
}

TEST_F(CompressedTailTest, OfADamagedZstdFileWhatIsReadableIsStored) {
  const std::string first = zstd_of(lines(500));
  std::string second = zstd_of(lines(500));
  for (std::size_t i = 0; i < 40; ++i) second[i] = '\xff';
  expect_error(replay("damaged.zst", first + second, 1), "damaged.zst", "damaged");
  expect_stored("damaged.zst", 500);
}

TEST_F(CompressedTailTest, AFileThatIsNoGzipIsSaid) {
  expect_error(replay("plain.gz", lines(5), 1), "plain.gz", "gzip");
}

TEST_F(CompressedTailTest, AnEmptyCompressedFileHoldsNothing) {
  replay("empty.gz", gzip_of(""), 0);
  replay("empty.zst", zstd_of(""), 0);
}

TEST_F(CompressedTailTest, ACompressedFileCannotBeFollowed) {
  write_file(folder_ / "day.gz", gzip_of(lines(5)));
  DaemonProcess daemon(folder_, following("day.gz"));
  EXPECT_EQ(daemon.wait_exit(), 3);
  EXPECT_EQ(lines_of(daemon.errors()).size(), 1u) << daemon.errors();
}

}  // namespace
}  // namespace streamd
