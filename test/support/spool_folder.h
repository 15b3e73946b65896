// A spool in a folder of its own, on the real disk, and what sinks need beside it.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "io/disk.h"
#include "io/file.h"
#include "sink/spool.h"

namespace streamd {

class SpoolFolder : public testing::Test {
 protected:
  SpoolFolder() {
    configure_log(LogLevel::off, LogFormat::text);
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_);
  }
  ~SpoolFolder() override {
    spool_.reset();
    std::filesystem::remove_all(root_);
  }

  SpoolOptions options(std::uint64_t max_bytes = 1 << 20, std::uint64_t segment_bytes = 1 << 20) const {
    return {folder_, "file:/some/where", max_bytes, segment_bytes};
  }
  void open(const SpoolOptions& with) {
    spool_.reset();
    auto opened = Spool::open(disk_, with);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    spool_ = std::move(opened).value();
  }
  void open() { open(options()); }
  void begin(const std::string& id = kJournal, std::uint64_t position = 0) { ok(spool_->begin({id, position})); }
  // At the next journal position.
  void append(const std::string& lines) { ok(spool_->append(spool_->point()->position + 10, lines)); }
  void append_numbers(int first, int end) {
    for (int number = first; number < end; ++number) append(number_line(number));
  }
  static std::string number_line(int number, std::size_t padding = 0) {
    return "line " + std::to_string(number) + std::string(padding, '.') + "\n";
  }
  static std::string number_lines(int first, int end, std::size_t padding = 0) {
    std::string lines;
    for (int number = first; number < end; ++number) lines += number_line(number, padding);
    return lines;
  }

  // All from `from` on, by pieces; where it ended is `read_to_`.
  std::string read(std::uint64_t from = 0, std::size_t size = 1 << 16) {
    std::string all;
    for (;;) {
      auto piece = spool_->read(from, size);
      EXPECT_TRUE(piece.ok()) << (piece ? "" : piece.error().message);
      if (!piece) return all;
      all += piece->lines;
      EXPECT_TRUE(piece->lines.empty() || piece->lines.back() == '\n');
      if (piece->next == from) break;
      from = piece->next;
    }
    read_to_ = from;
    return all;
  }

  template <typename T>
  static void ok(const Result<T>& result) {
    EXPECT_TRUE(result.ok()) << (result.ok() ? "" : result.error().message);
  }

  std::vector<std::string> segment_files() const {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      if (entry.path().extension() == ".spool") files.push_back(entry.path().string());
    }
    std::sort(files.begin(), files.end());
    return files;
  }
  static std::string content_of(const std::string& path) {
    auto content = read_whole_file(path);
    return content ? *content : "";
  }
  static void write_file(const std::string& path, const std::string& content) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
  }

  inline static const std::string kJournal = std::string(32, 'a');
  inline static const std::string kOtherJournal = std::string(32, 'b');
  const std::string root_ = testing::TempDir() + "spool_test_" + std::to_string(::getpid());
  const std::string folder_ = root_ + "/spool";
  const std::string cursor_path_ = root_ + "/spool/cursor";
  SystemDisk disk_;
  ManualClock clock_{1'700'000'000'000};
  std::unique_ptr<Spool> spool_;
  std::uint64_t read_to_ = 0;
};

}  // namespace streamd
