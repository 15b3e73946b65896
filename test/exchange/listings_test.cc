#include "exchange/listings.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <filesystem>

#include "support/paths.h"

namespace streamd::exchange {
namespace {

std::vector<std::string> listed(const Listings& listings, const ListingFilter& filter) {
  simdjson::dom::parser parser;
  const std::string json = listings.exchange_info(filter, 1, 6000);
  std::vector<std::string> symbols;
  const simdjson::dom::array all = parser.parse(json)["symbols"];
  for (const simdjson::dom::element symbol : all) {
    symbols.emplace_back(std::string_view(symbol["symbol"]));
  }
  return symbols;
}

TEST(Listings, MadeUpOnesHaveMoreThanTheUsual) {
  const Listings listings = Listings::make(3);
  EXPECT_EQ(listed(listings, {}), (std::vector<std::string>{"BTCUSDT", "ETHUSDT", "ETHBTC", "OLDETHUSDT", "BNBUSDT"}));
  ListingFilter filter;
  filter.status = "TRADING";
  EXPECT_EQ(listed(listings, filter), listings.trading());
  EXPECT_EQ(listings.trading().size(), 4u);
  filter.permissions = {"SPOT"};
  EXPECT_EQ(listed(listings, filter), listings.trading());
  filter.permissions = {"LEVERAGED"};
  EXPECT_TRUE(listed(listings, filter).empty());
  filter = {};
  filter.symbols = {"BNBUSDT"};
  EXPECT_EQ(listed(listings, filter), std::vector<std::string>{"BNBUSDT"});
}

TEST(Listings, PermissionSetsCanBeLeftOut) {
  const Listings listings = Listings::make(1);
  ListingFilter filter;
  EXPECT_NE(listings.exchange_info(filter, 1, 6000).find(R"("permissionSets":[["SPOT"]])"), std::string::npos);
  filter.shows_permission_sets = false;
  EXPECT_NE(listings.exchange_info(filter, 1, 6000).find(R"("permissionSets":[])"), std::string::npos);
}

TEST(Listings, OfARealAnswer) {
  const std::string file = source_path("../shared/data/binance_exchange_info.json");
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "no " << file;
  auto listings = Listings::read(file);
  ASSERT_TRUE(listings) << listings.error().message;
  EXPECT_EQ(listed(*listings, {}).size(), 56u);
  EXPECT_EQ(listings->trading().size(), 45u);
  ListingFilter filter;
  filter.status = "BREAK";
  EXPECT_EQ(listed(*listings, filter).size(), 11u);
}

TEST(Listings, SayWhatIsNoAnswer) {
  EXPECT_FALSE(Listings::read("/nowhere"));
}

}  // namespace
}  // namespace streamd::exchange
