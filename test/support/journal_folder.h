// A journal in a folder of its own, on the real disk: batches that are told apart by their number, written and read.
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
#include "io/disk.h"
#include "io/file.h"
#include "journal/journal.h"
#include "journal/journal_reader.h"
#include "journal/journal_segments.h"

namespace streamd {

inline const std::string kFirstId(kIdDigits, 'a');
inline const std::string kSecondId(kIdDigits, 'b');

class JournalFolder : public testing::Test {
 protected:
  JournalFolder() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~JournalFolder() override {
    journal_.reset();
    std::filesystem::remove_all(folder_);
  }

  static EventBatch batch_of(int number, std::size_t padding = 0) {
    EventBatch batch;
    batch.number = static_cast<std::uint64_t>(number);
    batch.add_symbol(std::to_string(number) + std::string(padding, '.'));
    return batch;
  }

  std::vector<Segment> segments() {
    auto listed = list_segments(disk_, folder_);
    EXPECT_TRUE(listed.ok()) << (listed ? "" : listed.error().message);
    return listed ? std::move(listed).value() : std::vector<Segment>{};
  }
  void open(const std::string& id, std::uint64_t segment_bytes = 1 << 20) {
    journal_.reset();
    auto found = segments();
    const std::uint64_t end = found.empty() ? 0 : found.back().end();
    auto opened = Journal::open(disk_, clock_, {folder_, segment_bytes}, std::move(found), id, end);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    journal_ = std::move(opened).value();
  }
  void append(int number, std::size_t padding = 0) {
    const auto appended = journal_->append(batch_of(number, padding));
    ASSERT_TRUE(appended.ok()) << appended.error().message;
  }
  void append(int first, int end) {
    for (int number = first; number < end; ++number) append(number, std::size_t{0});
  }

  struct Reading {
    std::vector<int> numbers;
    std::vector<std::uint64_t> positions;  // of the records
    std::uint64_t end = 0;
    std::string damage;
  };
  Reading read(std::uint64_t from = 0) {
    JournalReader reader(disk_, segments(), from);
    Reading reading;
    for (;;) {
      EventBatch batch;
      auto more = reader.next(batch);
      EXPECT_TRUE(more.ok()) << (more ? "" : more.error().message);
      if (!more || !*more) break;
      reading.numbers.push_back(std::stoi(batch.symbols().at(0)));
      reading.positions.push_back(reader.record_position());
    }
    reading.end = reader.position();
    reading.damage = reader.damage();
    return reading;
  }
  static std::vector<int> numbers(int first, int end) {
    std::vector<int> list;
    for (int number = first; number < end; ++number) list.push_back(number);
    return list;
  }

  std::vector<std::string> files() { return disk_.list(folder_).value(); }
  std::string segment_path(std::size_t index) { return segments().at(index).path; }

  static void overwrite(const std::string& path, std::uint64_t offset, const std::string& bytes) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(offset));
    file << bytes;
  }
  static void flip(const std::string& path, std::uint64_t bit) {
    const std::string content = read_whole_file(path).value();
    overwrite(path, bit / 8, std::string(1, static_cast<char>(content.at(bit / 8) ^ (1 << bit % 8))));
  }
  static void write(const std::string& path, const std::string& content) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
  }

  const std::string folder_ = testing::TempDir() + "journal_test_" + std::to_string(::getpid());
  SystemDisk disk_;
  ManualClock clock_{1'700'000'000'000};
  std::unique_ptr<Journal> journal_;
};

}  // namespace streamd
