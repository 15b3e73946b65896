#include "wire/line_splitter.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace streamd {
namespace {

// What the splitter said, one text a line: "<offset> <how>:<content>", how = line, fast or long. A long line's pieces
// are put together; that it was still open at the end shows as "long…".
class Recorder {
 public:
  explicit Recorder(std::size_t max_line_bytes) : max_line_bytes_(max_line_bytes) {}

  // Takes lines that begin with f, as the real fast path takes those that it knows.
  const char* take_fast(const char* line) {
    if (line[0] != 'f') return nullptr;
    const auto* newline = static_cast<const char*>(std::memchr(line, '\n', max_line_bytes_ + 1));
    if (newline == nullptr) return nullptr;
    fast.emplace_back(line, newline);
    events.push_back("fast:" + fast.back());
    return newline + 1;
  }
  void on_line(std::string_view line, std::uint64_t offset) {
    expect_readable(line);
    events.push_back(std::to_string(offset) + " line:" + std::string(line));
  }
  void on_long_line(std::string_view piece, std::uint64_t offset, bool last) {
    expect_readable(piece);
    if (!long_open) events.push_back(std::to_string(offset) + " long…:");
    events.back() += piece;
    EXPECT_EQ(events.back().compare(0, std::to_string(offset).size() + 1, std::to_string(offset) + " "), 0);
    long_open = !last;
    if (last) events.back().replace(events.back().find("…"), std::strlen("…"), "");
  }

  std::vector<std::string> events;
  std::vector<std::string> fast;
  bool long_open = false;

 private:
  // The address sanitizer sees a read beyond the slack's end.
  void expect_readable(std::string_view text) {
    if (text.empty()) return;
    unsigned sum = 0;
    for (std::size_t i = 0; i < kReadSlack; ++i) sum += static_cast<unsigned char>(text.data()[text.size() + i]);
    slack_sum_ = sum;
  }

  const std::size_t max_line_bytes_;
  volatile unsigned slack_sum_ = 0;
};

// Feeds a piece from memory of its own that ends with the slack and is gone afterwards.
void feed(LineSplitter& splitter, Recorder& recorder, std::string_view piece) {
  const auto memory = std::make_unique<char[]>(piece.size() + kReadSlack);
  std::memset(memory.get(), 'z', piece.size() + kReadSlack);
  if (!piece.empty()) std::memcpy(memory.get(), piece.data(), piece.size());
  splitter.feed({memory.get(), piece.size()}, recorder);
}

std::vector<std::string> split_whole(std::string_view text, std::size_t max_line_bytes) {
  LineSplitter splitter(max_line_bytes);
  Recorder recorder(max_line_bytes);
  feed(splitter, recorder, text);
  splitter.finish(recorder);
  EXPECT_FALSE(recorder.long_open);
  EXPECT_EQ(splitter.line_offset(), text.size());
  return recorder.events;
}

using Events = std::vector<std::string>;

TEST(LineSplitter, CutsAtNewlinesAndCountsOffsetsFromTheStreamsFirstByte) {
  EXPECT_EQ(split_whole("a\nbcd\n\ne\n", 10), (Events{"0 line:a", "2 line:bcd", "6 line:", "7 line:e"}));
}

TEST(LineSplitter, LastLineNeedsNoNewline) {
  EXPECT_EQ(split_whole("a\nbc", 10), (Events{"0 line:a", "2 line:bc"}));
  EXPECT_EQ(split_whole("bc", 10), (Events{"0 line:bc"}));
}

TEST(LineSplitter, FinishAfterANewlineGivesNoLine) {
  EXPECT_EQ(split_whole("a\n", 10), (Events{"0 line:a"}));
  EXPECT_EQ(split_whole("", 10), Events{});
}

TEST(LineSplitter, CarriageReturnIsPartOfTheLine) {
  EXPECT_EQ(split_whole("a\r\nb\r\n", 10), (Events{"0 line:a\r", "3 line:b\r"}));
}

TEST(LineSplitter, LineOfExactlyTheLimitIsALineOneMoreIsLong) {
  EXPECT_EQ(split_whole("abcde\nabcdef\nabcd\n", 5), (Events{"0 line:abcde", "6 long:abcdef", "13 line:abcd"}));
  EXPECT_EQ(split_whole("abcde", 5), (Events{"0 line:abcde"}));
  EXPECT_EQ(split_whole("abcdef", 5), (Events{"0 long:abcdef"}));
}

TEST(LineSplitter, LimitIsTheSameForALineThatArrivesInPieces) {
  for (const std::size_t cut : {1, 4, 5}) {
    for (const char* text : {"abcde\n", "abcdef\n"}) {
      LineSplitter splitter(5);
      Recorder recorder(5);
      feed(splitter, recorder, std::string_view(text).substr(0, cut));
      feed(splitter, recorder, std::string_view(text).substr(cut));
      EXPECT_EQ(recorder.events, split_whole(text, 5)) << "cut at " << cut;
    }
  }
}

TEST(LineSplitter, ReadingGoesOnAfterALongLine) {
  LineSplitter splitter(4);
  Recorder recorder(4);
  feed(splitter, recorder, "x\n123456");
  feed(splitter, recorder, "789");
  EXPECT_TRUE(recorder.long_open);
  EXPECT_TRUE(splitter.has_unfinished());
  feed(splitter, recorder, "0\ny\n");
  EXPECT_EQ(recorder.events, (Events{"0 line:x", "2 long:1234567890", "13 line:y"}));
}

TEST(LineSplitter, ALongLineIsNotKept) {
  LineSplitter splitter(100);
  Recorder recorder(100);
  for (int i = 0; i < 1000; ++i) {
    feed(splitter, recorder, std::string(50, 'x'));
    EXPECT_LE(splitter.unfinished_bytes(), 100u);
  }
  feed(splitter, recorder, "\n");
  ASSERT_EQ(recorder.events.size(), 1u);
  EXPECT_EQ(recorder.events[0], "0 long:" + std::string(50000, 'x'));
}

// It once was copied whole for each of its bytes: most of a minute for this line, now some milliseconds.
TEST(LineSplitter, ALineThatComesByteByByteCostsNoMoreThanItsLength) {
  constexpr std::size_t kBytes = 1 << 20;
  LineSplitter splitter(kBytes);
  Recorder recorder(kBytes);
  const std::vector<char> byte(1 + kReadSlack, 'x');
  const auto before = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < kBytes; ++i) splitter.feed({byte.data(), 1}, recorder);
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(10));
  EXPECT_EQ(splitter.unfinished_bytes(), kBytes);
}

TEST(LineSplitter, LongLineAtTheEndOfTheStreamIsEnded) {
  EXPECT_EQ(split_whole("ok\n123456789", 4), (Events{"0 line:ok", "3 long:123456789"}));
}

TEST(LineSplitter, FastPathSeesEveryLineThatHasItsNewline) {
  EXPECT_EQ(split_whole("f1\nx\nf2\n", 10), (Events{"fast:f1", "3 line:x", "fast:f2"}));
  // … but not the last one without: nothing would stop it.
  EXPECT_EQ(split_whole("f1\nf2", 10), (Events{"fast:f1", "3 line:f2"}));
}

TEST(LineSplitter, FastPathSeesALineThatArrivedInPieces) {
  LineSplitter splitter(10);
  Recorder recorder(10);
  feed(splitter, recorder, "f");
  feed(splitter, recorder, "12");
  feed(splitter, recorder, "3\nx\n");
  EXPECT_EQ(recorder.events, (Events{"fast:f123", "5 line:x"}));
}

TEST(LineSplitter, TakenLinesCountInLaterOffsets) {
  LineSplitter splitter(10);
  Recorder recorder(10);
  feed(splitter, recorder, "f12\nf3\nx");
  EXPECT_EQ(splitter.line_offset(), 7u);
  EXPECT_EQ(splitter.unfinished_bytes(), 1u);
}

TEST(LineSplitter, OffsetsBeginWhereTheyAreToldTo) {
  LineSplitter splitter(10, 1000);
  Recorder recorder(10);
  feed(splitter, recorder, "a\nb\n");
  EXPECT_EQ(recorder.events, (Events{"1000 line:a", "1002 line:b"}));
  EXPECT_EQ(splitter.line_offset(), 1004u);
}

TEST(LineSplitter, DiscardedBytesDoNotCount) {
  LineSplitter splitter(10);
  Recorder recorder(10);
  feed(splitter, recorder, "a\ntorn");
  EXPECT_TRUE(splitter.has_unfinished());
  splitter.discard_unfinished();
  EXPECT_FALSE(splitter.has_unfinished());
  EXPECT_EQ(splitter.line_offset(), 2u);
  feed(splitter, recorder, "whole\n");
  splitter.finish(recorder);
  EXPECT_EQ(recorder.events, (Events{"0 line:a", "2 line:whole"}));
}

TEST(LineSplitter, DiscardEndsALongLine) {
  LineSplitter splitter(4);
  Recorder recorder(4);
  feed(splitter, recorder, "a\n1234567");
  splitter.discard_unfinished();
  recorder.events.clear();
  recorder.long_open = false;
  EXPECT_EQ(splitter.line_offset(), 2u);
  feed(splitter, recorder, "b\n");
  EXPECT_EQ(recorder.events, (Events{"2 line:b"}));
}

TEST(LineSplitter, EmptyPiecesChangeNothing) {
  LineSplitter splitter(4);
  Recorder recorder(4);
  for (const char* piece : {"", "a", "", "b\n", "", "12345", "", "6\n", ""}) feed(splitter, recorder, piece);
  EXPECT_EQ(recorder.events, (Events{"0 line:ab", "3 long:123456"}));
}

TEST(LineSplitter, EverySingleCutGivesTheSameLines) {
  const std::string text = "ab\nf234\n\nabcdef\nabcdefg\nfbcdefg\nx\r\nfabcdefghijkl\nlast";
  for (std::size_t max : {1, 2, 5, 6, 7, 20}) {
    const Events whole = split_whole(text, max);
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      LineSplitter splitter(max);
      Recorder recorder(max);
      feed(splitter, recorder, std::string_view(text).substr(0, cut));
      feed(splitter, recorder, std::string_view(text).substr(cut));
      splitter.finish(recorder);
      ASSERT_EQ(recorder.events, whole) << "limit " << max << ", cut at " << cut;
    }
  }
}

// The whole at once is checked against a splitter too simple to be wrong, every split against the whole.
TEST(LineSplitter, AnySplitOfAnyBytesGivesTheSameLines) {
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    std::mt19937_64 random(seed);
    const std::size_t max = 1 + random() % 12;
    std::string text(random() % 120, ' ');
    for (char& c : text) c = "abf\n\r"[random() % 5];

    Events expected;
    for (std::size_t start = 0; start < text.size();) {
      const std::size_t newline = text.find('\n', start);
      const std::string line = text.substr(start, newline - start);
      if (line.size() > max) {
        expected.push_back(std::to_string(start) + " long:" + line);
      } else if (newline != std::string::npos && line[0] == 'f') {
        expected.push_back("fast:" + line);
      } else {
        expected.push_back(std::to_string(start) + " line:" + line);
      }
      start += line.size() + 1;
    }
    ASSERT_EQ(split_whole(text, max), expected) << "seed " << seed;

    LineSplitter splitter(max);
    Recorder recorder(max);
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t length = random() % 8;
      feed(splitter, recorder, std::string_view(text).substr(at, length));
      at += length;
    }
    splitter.finish(recorder);
    ASSERT_EQ(recorder.events, expected) << "seed " << seed;
    ASSERT_EQ(splitter.line_offset(), text.size()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace streamd
