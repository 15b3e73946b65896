// A file is there whole or not at all.
#include "plot/unfinished_file.h"

#include <gtest/gtest.h>

#include "support/plot_lines.h"

namespace streamd::plot {
namespace {

namespace fs = std::filesystem;

TEST(UnfinishedFile, AppearsUnderItsNameWhenItIsFinished) {
  const PlotFolder folder;
  const std::string name = folder.path + "/new/folder/a.txt";
  {
    auto file = UnfinishedFile::make(name);
    ASSERT_TRUE(file) << file.error().message;
    std::ofstream(file->path()) << "text";
    EXPECT_FALSE(fs::exists(name));
    ASSERT_TRUE(file->finish());
  }
  EXPECT_EQ(text_of(name), "text");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path + "/new/folder"), {}), 1);
}

TEST(UnfinishedFile, LeavesWhatWasThereWhenItIsNotFinished) {
  const PlotFolder folder;
  const std::string name = folder.file("a.txt", "before");
  {
    auto file = UnfinishedFile::make(name);
    ASSERT_TRUE(file) << file.error().message;
    std::ofstream(file->path()) << "text";
  }
  EXPECT_EQ(text_of(name), "before");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path), {}), 1);
}

TEST(UnfinishedFile, SaysWhatCannotBeWritten) {
  const PlotFolder folder;
  EXPECT_EQ(UnfinishedFile::make(folder.path).error().message,
            "cannot write " + folder.path + ": it is a folder; give another file");
  const std::string file = folder.file("file", "");
  EXPECT_NE(UnfinishedFile::make(file + "/a.txt").error().message.find("give another file"), std::string::npos);
}

}  // namespace
}  // namespace streamd::plot
