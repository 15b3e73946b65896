#include "feed/feed_log.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "support/failing_disk.h"

namespace streamd::feed {
namespace {

namespace fs = std::filesystem;

class FeedLogTest : public testing::Test {
 protected:
  FeedLogTest() {
    std::string name = (fs::temp_directory_path() / "feed_log.XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~FeedLogTest() override { fs::remove_all(folder_); }

  std::unique_ptr<FeedLog> open(std::uint64_t segment_bytes = FeedLog::kSegmentBytes) {
    auto log = FeedLog::open(disk_, folder_ + "/feed", segment_bytes);
    EXPECT_TRUE(log.ok()) << (log.ok() ? "" : log.error().message);
    return std::move(log).value();
  }
  static AggTrade trade(std::uint64_t id) { return {id, 1'700'000'000'000 + static_cast<std::int64_t>(id), "1.50", "0.25"}; }
  // All that was committed behind a number.
  static std::vector<std::uint64_t> numbers_behind(FeedLog& log, std::uint64_t seq, std::size_t most_bytes = 1000) {
    std::vector<std::uint64_t> numbers;
    for (;;) {
      auto lines = log.read_behind(seq, most_bytes);
      EXPECT_TRUE(lines.ok());
      if (!lines || lines->empty()) return numbers;
      for (std::size_t at = 0; (at = lines->find("\"seq\":", at)) != std::string::npos; at += 6) {
        numbers.push_back(std::stoull(lines->substr(at + 6)));
      }
      EXPECT_EQ(numbers.back(), seq);
    }
  }
  std::vector<fs::path> segments() const {
    std::vector<fs::path> paths;
    for (const auto& file : fs::directory_iterator(folder_ + "/feed")) {
      if (file.path().filename().string().starts_with("lines-")) paths.push_back(file.path());
    }
    std::sort(paths.begin(), paths.end());
    return paths;
  }

  SystemDisk disk_;
  std::string folder_;
};

TEST_F(FeedLogTest, LinesAreTheContractsAndAreThereOnceCommitted) {
  auto log = open();
  std::uint64_t seq = 0;
  EXPECT_EQ(log->read_behind(seq, 100).value(), "");
  log->add("BTCUSDT", {42, 1'700'000'000'123, "61837.63000000", "0.02000000"});
  EXPECT_EQ(log->read_behind(seq, 100).value(), "");
  ASSERT_TRUE(log->commit().ok());
  EXPECT_EQ(log->read_behind(seq, 100).value(),
            "{\"type\":\"trade\",\"symbol\":\"BTCUSDT\",\"ts_ms\":1700000000123,\"price\":61837.63000000,\"qty\":0.02000000,"
            "\"seq\":1}\n");
  EXPECT_EQ(seq, 1);
  EXPECT_EQ(log->newest().at("BTCUSDT").id, 42);
}

TEST_F(FeedLogTest, ALaterOneGoesOnWhereThisEnds) {
  std::string session;
  {
    auto log = open();
    session = log->session();
    EXPECT_GE(session.size(), 16);
    for (std::uint64_t id = 1; id <= 100; ++id) log->add(id % 2 == 0 ? "ETHUSDT" : "BTCUSDT", trade(id));
    ASSERT_TRUE(log->commit().ok());
    log->add("BTCUSDT", trade(101));  // is lost, and was never sent
  }
  auto log = open();
  EXPECT_EQ(log->session(), session);
  EXPECT_EQ(log->last_seq(), 100);
  EXPECT_EQ(log->newest().at("BTCUSDT").id, 99);
  EXPECT_EQ(log->newest().at("ETHUSDT").id, 100);
  EXPECT_EQ(log->newest().at("ETHUSDT").time_ms, 1'700'000'000'100);
  const auto numbers = numbers_behind(*log, 40);
  ASSERT_EQ(numbers.size(), 60);
  EXPECT_EQ(numbers.front(), 41);
  EXPECT_EQ(numbers.back(), 100);
}

TEST_F(FeedLogTest, WhatACrashLeftUnfinishedIsCutOff) {
  {
    auto log = open();
    for (std::uint64_t id = 1; id <= 10; ++id) log->add("BTCUSDT", trade(id));
    ASSERT_TRUE(log->commit().ok());
  }
  std::ofstream(segments().back(), std::ios::app) << "11 {\"type\":\"trade\",\"symbol\":\"BTCUSDT\",\"ts_";
  {
    auto log = open();
    EXPECT_EQ(log->last_seq(), 10);
    EXPECT_EQ(log->newest().at("BTCUSDT").id, 10);
    log->add("BTCUSDT", trade(11));
    ASSERT_TRUE(log->commit().ok());
  }
  EXPECT_EQ(numbers_behind(*open(), 8), (std::vector<std::uint64_t>{9, 10, 11}));
}

TEST_F(FeedLogTest, WhatTheDaemonHasGoesButTheNewestIdsStay) {
  {
    auto log = open(1000);
    log->add("QUIET", trade(7));
    for (std::uint64_t id = 1; id <= 200; ++id) {
      log->add("BTCUSDT", trade(id));
      ASSERT_TRUE(log->commit().ok());
    }
    EXPECT_GT(segments().size(), 10);
    ASSERT_TRUE(log->trim(201).ok());
    EXPECT_EQ(segments().size(), 1);
    EXPECT_LT(log->bytes(), 2000);
  }
  auto log = open(1000);
  EXPECT_EQ(log->last_seq(), 201);
  EXPECT_EQ(log->newest().at("QUIET").id, 7);
  EXPECT_EQ(log->newest().at("BTCUSDT").id, 200);
  EXPECT_TRUE(numbers_behind(*log, 201).empty());
}

TEST_F(FeedLogTest, ASegmentWhoseBeginningFailedIsNone) {
  const auto path = [&](int first) { return fmt::format("{}/feed/lines-{:020}", folder_, first); };
  {
    auto log = open();
    log->add("QUIET", trade(7));
    for (std::uint64_t id = 2; id <= 10; ++id) log->add("BTCUSDT", trade(id));
    ASSERT_TRUE(log->commit().ok());
  }
  std::ofstream(path(6)) << "#newest BTCUSDT=5,1700000000005\n";  // then the disk was full, and later it was not
  std::ofstream(path(9)) << "#newest BTC";
  std::ofstream(path(11)) << "#new";
  {
    auto log = open(100);
    EXPECT_EQ(segments().size(), 1);
    EXPECT_EQ(log->newest().at("BTCUSDT").id, 10);
    ASSERT_TRUE(log->trim(6).ok());
    EXPECT_EQ(numbers_behind(*log, 6), (std::vector<std::uint64_t>{7, 8, 9, 10}));
    log->add("BTCUSDT", trade(11));
    ASSERT_TRUE(log->commit().ok());
    ASSERT_TRUE(log->trim(11).ok());
    EXPECT_EQ(segments().size(), 1);
  }
  auto log = open(100);
  EXPECT_EQ(log->last_seq(), 11);
  EXPECT_EQ(log->newest().at("BTCUSDT").id, 11);
  ASSERT_TRUE(log->newest().contains("QUIET"));
  EXPECT_EQ(log->newest().at("QUIET").id, 7);
}

// It has room again only if what the daemon has can go.
TEST_F(FeedLogTest, WhatTheDaemonHasGoesWithoutAFurtherLineToo) {
  FailingDisk failing;
  auto opened = FeedLog::open(failing, folder_ + "/feed", 1000);
  ASSERT_TRUE(opened.ok());
  FeedLog& log = **opened;
  for (std::uint64_t id = 1; id <= 100; ++id) log.add("BTCUSDT", trade(id));
  failing.full = true;
  EXPECT_FALSE(log.commit().ok());
  const std::uint64_t waiting = log.uncommitted_bytes();
  EXPECT_GT(waiting, 5000);
  EXPECT_EQ(log.committed_seq(), 0);
  failing.full = false;
  ASSERT_TRUE(log.commit().ok());
  EXPECT_EQ(log.uncommitted_bytes(), 0);
  EXPECT_EQ(numbers_behind(log, 0).size(), 100);
  failing.full = true;
  for (std::uint64_t id = 101; id <= 200; ++id) log.add("BTCUSDT", trade(id));
  EXPECT_FALSE(log.commit().ok());
  ASSERT_TRUE(log.trim(100).ok());
  failing.full = false;
  ASSERT_TRUE(log.commit().ok());
  ASSERT_TRUE(log.trim(200).ok());
  ASSERT_TRUE(log.commit().ok());
  EXPECT_LT(log.bytes(), 100);
  EXPECT_EQ(segments().size(), 1);
}

TEST_F(FeedLogTest, AFailedAttemptLeavesNothing) {
  FailingDisk failing;
  auto opened = FeedLog::open(failing, folder_ + "/feed");
  ASSERT_TRUE(opened.ok());
  FeedLog& log = **opened;
  log.add("BTCUSDT", trade(1));
  ASSERT_TRUE(log.commit().ok());
  const auto bytes = fs::file_size(segments().back());
  log.add("BTCUSDT", trade(2));
  for (bool FailingDisk::*fault : {&FailingDisk::full, &FailingDisk::cannot_sync}) {
    failing.*fault = true;
    EXPECT_FALSE(log.commit().ok());
    EXPECT_EQ(fs::file_size(segments().back()), bytes);
    failing.*fault = false;
  }
  ASSERT_TRUE(log.commit().ok());
  EXPECT_EQ(numbers_behind(log, 0), (std::vector<std::uint64_t>{1, 2}));
}

TEST_F(FeedLogTest, ALaterOneKnowsWhatTheDaemonHas) {
  {
    auto log = open();
    EXPECT_EQ(log->trimmed_seq(), 0);
    for (std::uint64_t id = 1; id <= 100; ++id) log->add("BTCUSDT", trade(id));
    ASSERT_TRUE(log->commit().ok());
    ASSERT_TRUE(log->trim(40).ok());
    log->add("BTCUSDT", trade(101));
    ASSERT_TRUE(log->commit().ok());
    ASSERT_TRUE(log->trim(60).ok());
    ASSERT_TRUE(log->commit().ok());
    ASSERT_TRUE(log->trim(70).ok());  // is forgotten
    EXPECT_EQ(numbers_behind(*log, 98), (std::vector<std::uint64_t>{99, 100, 101}));
  }
  auto log = open(100);
  EXPECT_EQ(log->trimmed_seq(), 60);
  EXPECT_EQ(numbers_behind(*log, 60).size(), 41);
  ASSERT_TRUE(log->trim(101).ok());
  ASSERT_TRUE(log->commit().ok());
  EXPECT_EQ(open(100)->trimmed_seq(), 101);
}

TEST_F(FeedLogTest, ALargeSegmentOfAnEarlierRunGoes) {
  {
    auto log = open();
    for (std::uint64_t id = 1; id <= 100; ++id) log->add("BTCUSDT", trade(id));
    ASSERT_TRUE(log->commit().ok());
    ASSERT_TRUE(log->trim(100).ok());
    EXPECT_GT(log->bytes(), 5000);
  }
  auto log = open(1000);
  ASSERT_TRUE(log->trim(100).ok());
  ASSERT_TRUE(log->commit().ok());
  EXPECT_LT(log->bytes(), 100);
  for (int times = 0; times < 3; ++times) ASSERT_TRUE(log->commit().ok());
  EXPECT_EQ(segments().size(), 1);
}

TEST_F(FeedLogTest, SegmentsAreASmallPartAndFew) {
  EXPECT_EQ(FeedLog::segment_bytes_of(1 << 20), 128 << 10);
  EXPECT_EQ(FeedLog::segment_bytes_of(8ULL << 30), FeedLog::kSegmentBytes);
  EXPECT_EQ(FeedLog::segment_bytes_of(1ULL << 40), 2ULL << 30);
}

TEST_F(FeedLogTest, ManySymbolsHaveALongHeader) {
  constexpr std::uint64_t kSymbols = 10'000;
  const auto name = [](std::uint64_t i) { return fmt::format("SYMBOL{:06}USDT", i); };
  {
    auto log = open(1000);
    for (std::uint64_t i = 1; i <= kSymbols; ++i) log->add(name(i), trade(i));
    ASSERT_TRUE(log->commit().ok());
    for (std::uint64_t i = kSymbols + 1; i <= kSymbols + 3; ++i) {
      log->add(name(i - kSymbols), trade(i));
      ASSERT_TRUE(log->commit().ok());
    }
    EXPECT_EQ(numbers_behind(*log, kSymbols - 1), (std::vector<std::uint64_t>{10'000, 10'001, 10'002, 10'003}));
    ASSERT_TRUE(log->trim(kSymbols + 1).ok());
  }
  EXPECT_GT(fs::file_size(segments().front()), 300'000);
  auto log = open(1000);
  EXPECT_EQ(log->newest().size(), kSymbols);
  EXPECT_EQ(log->newest().at(name(kSymbols)).id, kSymbols);
  EXPECT_EQ(numbers_behind(*log, kSymbols + 1), (std::vector<std::uint64_t>{10'002, 10'003}));
}

// Against a model: whatever is added, committed, read, trimmed, and opened anew.
TEST_F(FeedLogTest, EveryNumberIsThereOnceInOrder) {
  for (std::uint32_t seed = 1; seed <= 6; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&](std::uint32_t bound) { return std::uniform_int_distribution<std::uint32_t>(0, bound - 1)(random); };
    const std::uint64_t segment_bytes = 200 + below(5000);
    fs::remove_all(folder_ + "/feed");
    auto log = open(segment_bytes);
    std::uint64_t added = 0, committed = 0, trimmed = 0;
    for (int step = 0; step < 300; ++step) {
      switch (below(6)) {
        case 0:
        case 1:
          for (std::uint32_t i = below(20); i > 0; --i) log->add(below(2) == 0 ? "A" : "B", trade(++added));
          break;
        case 2:
          ASSERT_TRUE(log->commit().ok());
          committed = added;
          break;
        case 3: {
          const std::uint64_t from = trimmed + below(static_cast<std::uint32_t>(committed - trimmed + 1));
          const auto numbers = numbers_behind(*log, from, 1 + below(3000));
          ASSERT_EQ(numbers.size(), committed - from) << "seed " << seed;
          for (std::size_t i = 0; i < numbers.size(); ++i) ASSERT_EQ(numbers[i], from + 1 + i) << "seed " << seed;
          break;
        }
        case 4:
          trimmed += below(static_cast<std::uint32_t>(committed - trimmed + 1));
          ASSERT_TRUE(log->trim(trimmed).ok());
          break;
        case 5:
          if (below(4) != 0) break;
          log = open(segment_bytes);
          added = committed;
          ASSERT_EQ(log->last_seq(), committed) << "seed " << seed;
          break;
      }
    }
  }
}

}  // namespace
}  // namespace streamd::feed
