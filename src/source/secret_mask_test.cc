#include "source/secret_mask.h"

#include <gtest/gtest.h>

namespace streamd {
namespace {

std::string hidden(const std::string& secret, const std::string& line) {
  std::string kept;
  return std::string(SecretMask(secret).hide(line, kept));
}

TEST(SecretMask, HidesTheSecretWhereverItStands) {
  EXPECT_EQ(hidden("key", "the key, a key"), "the (hidden), a (hidden)");
  EXPECT_EQ(hidden("key", "key"), "(hidden)");
  EXPECT_EQ(hidden("aab", "aaab"), "a(hidden)");
}

TEST(SecretMask, HidesItHoweverItIsEscaped) {
  EXPECT_EQ(hidden("a/b", R"("a\/b" and "a\u002Fb" and "\u0061/b")"), R"x("(hidden)" and "(hidden)" and "(hidden)")x");
  EXPECT_EQ(hidden("a\"\\b", R"("a\"\\b")"), "\"(hidden)\"");
  EXPECT_EQ(hidden("\xC3\xA9\xF0\x9F\x94\x91", R"("\u00e9\ud83d\udd11")"), "\"(hidden)\"");
  EXPECT_EQ(hidden("a\\/b", R"(torn "a\/b)"), "torn \"(hidden)");  // not as JSON, but as it is
}

TEST(SecretMask, LeavesEverythingElse) {
  const std::string line = "k, ke, \\u006b, \\u00, \\";
  EXPECT_EQ(hidden("key", line), line);
  EXPECT_EQ(hidden("", line), line);
}

}  // namespace
}  // namespace streamd
