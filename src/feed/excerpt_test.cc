#include "feed/excerpt.h"

#include <gtest/gtest.h>

#include "wire/json_text.h"

namespace streamd::feed {
namespace {

TEST(Excerpt, IsQuoted) {
  EXPECT_EQ(excerpt(""), R"("")");
  EXPECT_EQ(excerpt("BTCUSDT"), R"("BTCUSDT")");
  EXPECT_EQ(excerpt("币安人生USDT"), "\"币安人生USDT\"");
}

TEST(Excerpt, IsOneLineThatNoTerminalObeys) {
  EXPECT_EQ(excerpt("a\nb\r\x1b[2J\x7f\xc2\x9bw"), R"("a\nb\r\u001b[2J??w")");
  EXPECT_EQ(excerpt("\xc2"), "\"\xEF\xBF\xBD\"") << "not UTF-8";
}

TEST(Excerpt, OfLongTextIsItsBeginning) {
  EXPECT_EQ(excerpt("abcdef", 6), R"("abcdef")");
  EXPECT_EQ(excerpt("abcdef", 5), R"("abcde"…)");
  EXPECT_EQ(excerpt("ab币", 4), R"("ab"…)") << "no character is cut";
  EXPECT_EQ(excerpt("\x80\x80\x80", 2), R"(""…)");
}

TEST(Excerpt, OfAnyBytesIsText) {
  std::string bytes;
  for (int i = 0; i < 70'000; ++i) bytes.push_back(static_cast<char>(i * 7 + i / 256));
  for (std::size_t at = 0; at < bytes.size() - 300; at += 61) {
    const std::string text = excerpt(std::string_view(bytes).substr(at, 300));
    EXPECT_TRUE(is_utf8(text));
    EXPECT_TRUE(std::none_of(text.begin(), text.end(), [](char c) { return c >= 0 && c < ' '; }));
  }
}

}  // namespace
}  // namespace streamd::feed
