#include "wire/json_text.h"

#include <gtest/gtest.h>

namespace streamd {
namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string base64(std::string_view bytes) {
  std::string out;
  append_base64(out, bytes);
  return out;
}

TEST(JsonText, EscapesWhatJsonMustEscape) {
  EXPECT_EQ(quoted(R"(a"b\c)"), R"("a\"b\\c")");
  EXPECT_EQ(quoted("tab\tline\nreturn\r"), R"("tab\tline\nreturn\r")");
  EXPECT_EQ(quoted(std::string_view("\0\x1f", 2)), R"("\u0000\u001f")");
  EXPECT_EQ(quoted("\xC3\xA9"), "\"\xC3\xA9\"");
}

TEST(JsonText, ReplacesOnlyTheBytesThatAreNotUtf8) {
  EXPECT_EQ(quoted("a\xFF" "b\xC3\xA9"), "\"a\xEF\xBF\xBD" "b\xC3\xA9\"");
  EXPECT_FALSE(is_utf8("a\xFF"));
  EXPECT_TRUE(is_utf8("\xE2\x9A\xA1"));
}

// RFC 4648, section 10.
TEST(JsonText, Base64MatchesTheStandardsExamples) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xFF\xFE"), "//4=");
}

}  // namespace
}  // namespace streamd
