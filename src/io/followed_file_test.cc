#include "io/followed_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "support/plot_lines.h"

namespace streamd {
namespace {

class FollowedFileTest : public testing::Test {
 protected:
  void write(const std::string& text) { std::ofstream(path_, std::ios::binary) << text; }
  void append(const std::string& text, const std::string& suffix = "") {
    std::ofstream(path_ + suffix, std::ios::binary | std::ios::app) << text;
  }
  // All that is there now; "|" where other content begins.
  std::string rest() {
    std::string text;
    char buffer[7];
    for (;;) {
      const auto piece = file_.read(buffer, sizeof buffer);
      if (!piece) return text + "!" + piece.error().message;
      if (piece.value().begins_anew) {
        text += '|';
      } else if (piece.value().bytes == 0) {
        return text;
      }
      text.append(buffer, piece.value().bytes);
    }
  }

  plot::PlotFolder folder_;
  const std::string path_ = folder_.path + "/a.ndjson";
  FollowedFile file_{path_};
};

TEST_F(FollowedFileTest, WaitsForItAndReadsWhatIsAppended) {
  EXPECT_EQ(rest(), "");
  EXPECT_FALSE(file_.is_there());
  write("one\n");
  EXPECT_EQ(rest(), "one\n");
  EXPECT_TRUE(file_.is_there());
  append("two and three\n");
  append("fo");
  EXPECT_EQ(rest(), "two and three\nfo");
  append("ur\n");
  EXPECT_EQ(rest(), "ur\n");
  EXPECT_EQ(rest(), "");
  EXPECT_EQ(file_.offset(), 23U);
}

TEST_F(FollowedFileTest, ATruncatedFileBeginsAnew) {
  write("a long first content\n");
  EXPECT_EQ(rest(), "a long first content\n");
  write("short\n");
  EXPECT_EQ(rest(), "|short\n");
  write("");
  EXPECT_EQ(rest(), "|");
  append("again\n");
  EXPECT_EQ(rest(), "again\n");
}

TEST_F(FollowedFileTest, OtherContentThatIsLongerBeginsAnew) {
  write("first\n");
  EXPECT_EQ(rest(), "first\n");
  write("second, and longer\n");
  EXPECT_EQ(rest(), "|second, and longer\n");
}

TEST_F(FollowedFileTest, ARotatedFileIsReadToItsEndFirst) {
  write("one\n");
  EXPECT_EQ(rest(), "one\n");
  ASSERT_EQ(::rename(path_.c_str(), (path_ + ".1").c_str()), 0);
  append("two\n", ".1");
  EXPECT_EQ(rest(), "two\n");
  write("");
  append("three\n", ".1");
  EXPECT_EQ(rest(), "three\n") << "the new one is empty: its writer may still write to the old one";
  write("four\n");
  append("late\n", ".1");
  EXPECT_EQ(rest(), "late\n|four\n");
  EXPECT_EQ(rest(), "");
}

TEST_F(FollowedFileTest, ATruncatedFileThatIsRotatedAtOnceIsReadToItsEnd) {
  write("a long first content\n");
  EXPECT_EQ(rest(), "a long first content\n");
  write("short\n");
  ASSERT_EQ(::rename(path_.c_str(), (path_ + ".1").c_str()), 0);
  write("new\n");
  EXPECT_EQ(rest(), "|short\n|new\n");
}

TEST_F(FollowedFileTest, OnlyPlainFilesAreFollowed) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_NE(rest().find("no plain file"), std::string::npos);
  ::unlink(path_.c_str());
  ASSERT_EQ(::mkdir(path_.c_str(), 0700), 0);
  EXPECT_NE(rest().find("no plain file"), std::string::npos);
}

}  // namespace
}  // namespace streamd
