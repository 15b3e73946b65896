// Another process that holds a database open.
#pragma once

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "system/process.h"

namespace streamd {

// Until release() or its end.
class DatabaseHolder {
 public:
  // `access`: read_only or read_write.
  DatabaseHolder(const std::string& path, const std::string& access, const TempFolder& folder)
      : process_({STREAMD_HOLD_DATABASE, path, access}, folder.path(), Process::Input::pipe) {
    if (!process_.wait_output("held")) throw std::runtime_error("cannot hold the database: " + process_.errors());
  }
  void release() {
    process_.close_input();
    EXPECT_EQ(process_.wait(), 0);
  }

 private:
  Process process_;
};

}  // namespace streamd
