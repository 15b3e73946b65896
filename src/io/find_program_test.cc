#include "io/find_program.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace streamd {
namespace {

namespace fs = std::filesystem;

class FindProgram : public testing::Test {
 protected:
  void SetUp() override {
    std::string path = (fs::temp_directory_path() / "find_program.XXXXXX").string();
    ASSERT_NE(::mkdtemp(path.data()), nullptr);
    folder_ = path;
    for (const char* name : {"folder", "plain", "good"}) fs::create_directories(folder_ / name);
    fs::create_directories(folder_ / "folder/draw");
    std::ofstream(folder_ / "plain/draw") << "text";
    std::ofstream(folder_ / "good/draw") << "#!/bin/sh\n";
    fs::permissions(folder_ / "good/draw", fs::perms::owner_all);
    path_before_ = std::getenv("PATH");
  }
  void TearDown() override {
    ::setenv("PATH", path_before_.c_str(), 1);
    fs::remove_all(folder_);
  }
  Result<std::string> in(const std::string& path) {
    ::setenv("PATH", path.c_str(), 1);
    return find_program("draw", "draws", "draw-tools");
  }

  fs::path folder_;
  std::string path_before_;
};

TEST_F(FindProgram, TheFirstThatCanRunIsTaken) {
  const auto found = in((folder_ / "none").string() + ":" + (folder_ / "folder").string() + ":" +
                        (folder_ / "plain").string() + ":" + (folder_ / "good").string());
  ASSERT_TRUE(found);
  EXPECT_EQ(found.value(), (folder_ / "good/draw").string());
}

TEST_F(FindProgram, WhatIsMissingIsToldWithItsPackage) {
  const auto found = in((folder_ / "folder").string());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::not_found);
  EXPECT_EQ(found.error().message, "draw draws and is not in PATH; install draw-tools (apt-get install draw-tools)");
}

}  // namespace
}  // namespace streamd
