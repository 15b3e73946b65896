#include "feed/similar_names.h"

#include <gtest/gtest.h>

namespace streamd::feed {
namespace {

using Names = std::vector<std::string>;

const std::vector<std::string_view> kKnown = {"ETHBTC",  "BTCUSDT", "ETHUSDT", "BTCTUSD",
                                              "BTCUSDC", "BTCBUSD", "BNBUSDT"};

TEST(SimilarNames, TheMostSimilarComeFirst) {
  EXPECT_EQ(similar_names("BTCUSD", kKnown, 3), (Names{"BTCUSDT", "BTCTUSD", "BTCUSDC"}));
  EXPECT_EQ(similar_names("ETHUSTD", kKnown, 1), (Names{"ETHUSDT"})) << "neighbours swapped";
  EXPECT_EQ(similar_names("BNB-USDT", kKnown, 1), (Names{"BNBUSDT"}));
  EXPECT_EQ(similar_names("XETHBTC", kKnown, 1), (Names{"ETHBTC"}));
}

TEST(SimilarNames, ThoseThatGoOn) {
  EXPECT_EQ(similar_names("ETH", kKnown, 3), (Names{"ETHBTC", "ETHUSDT"}));
  EXPECT_EQ(similar_names("B", kKnown, 3), Names()) << "one letter says nothing";
}

TEST(SimilarNames, MayBeNone) {
  EXPECT_EQ(similar_names("", kKnown, 3), Names());
  EXPECT_EQ(similar_names("NOSUCHCOIN", kKnown, 3), Names());
  EXPECT_EQ(similar_names("BTCUSD", {}, 3), Names());
  EXPECT_EQ(similar_names("BTCUSD", kKnown, 0), Names());
  EXPECT_EQ(similar_names(std::string(1'000'000, 'B'), kKnown, 3), Names());
}

}  // namespace
}  // namespace streamd::feed
