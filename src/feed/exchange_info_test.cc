#include "feed/exchange_info.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "support/paths.h"

namespace streamd::feed {
namespace {

using Names = std::vector<std::string>;

const std::vector<SpotSymbol> kSymbols = {
    {"ETHBTC", "TRADING", "BTC", true},   {"BTCUSDT", "TRADING", "USDT", true},
    {"BCCUSDT", "BREAK", "USDT", true},   {"ETHUSDT", "TRADING", "USDT", true},
    {"BTCUSDC", "TRADING", "USDC", true}, {"OLDUSDT", "TRADING", "USDT", false},
    {"BNBUSDT", "TRADING", "USDT", true}, {"NEWUSDT", "PRE_TRADING", "USDT", true}};

Wanted named(Names names) { return {std::move(names), false, "USDT", 0}; }
Wanted all_of(std::string quote_asset, std::size_t max_symbols = 0) {
  return {{}, true, std::move(quote_asset), max_symbols};
}

Names chosen(const std::vector<SpotSymbol>& symbols, const Wanted& wanted) {
  const auto names = choose_symbols(symbols, wanted);
  if (names.ok()) return names.value();
  ADD_FAILURE() << names.error().message;
  return {};
}

std::string complaint(const std::vector<SpotSymbol>& symbols, const Wanted& wanted) {
  const auto names = choose_symbols(symbols, wanted);
  if (names.ok()) return "none";
  EXPECT_EQ(names.error().message.find('\n'), std::string::npos) << names.error().message;
  return names.error().message;
}

TEST(ChooseSymbols, Named) {
  EXPECT_EQ(chosen(kSymbols, named({"BTCUSDT"})), (Names{"BTCUSDT"}));
  EXPECT_EQ(chosen(kSymbols, named({"ETHUSDT", "BTCUSDT", "ETHUSDT"})), (Names{"BTCUSDT", "ETHUSDT"}))
      << "each once, in the exchange's order";
  EXPECT_EQ(chosen(kSymbols, named({"ETHBTC", "btcusdt"})), (Names{"ETHBTC", "BTCUSDT"}))
      << "of any quote asset, in any letter case";
}

TEST(ChooseSymbols, AllOfAQuoteAsset) {
  EXPECT_EQ(chosen(kSymbols, all_of("USDT")), (Names{"BTCUSDT", "ETHUSDT", "BNBUSDT"})) << "only what is traded";
  EXPECT_EQ(chosen(kSymbols, all_of("usdc")), (Names{"BTCUSDC"}));
  EXPECT_EQ(chosen(kSymbols, all_of("")), (Names{"ETHBTC", "BTCUSDT", "ETHUSDT", "BTCUSDC", "BNBUSDT"}));
}

TEST(ChooseSymbols, TheFirstSoMany) {
  EXPECT_EQ(chosen(kSymbols, all_of("USDT", 2)), (Names{"BTCUSDT", "ETHUSDT"}));
  EXPECT_EQ(chosen(kSymbols, all_of("USDT", 3)).size(), 3u);
  EXPECT_EQ(chosen(kSymbols, all_of("USDT", 100)).size(), 3u);
  EXPECT_EQ(chosen(kSymbols, {{"BNBUSDT", "ETHUSDT"}, false, "USDT", 1}), (Names{"ETHUSDT"}));
}

TEST(ChooseSymbols, AllAndNamed) {
  EXPECT_EQ(chosen(kSymbols, {{"ETHBTC", "BTCUSDT"}, true, "USDT", 0}),
            (Names{"ETHBTC", "BTCUSDT", "ETHUSDT", "BNBUSDT"}));
}

TEST(ChooseSymbols, UnknownNames) {
  EXPECT_EQ(complaint(kSymbols, named({"BTCUSD"})),
            R"(unknown symbol "BTCUSD" (similar: BTCUSDT, BTCUSDC); --list-symbols lists those that are traded)");
  EXPECT_EQ(complaint(kSymbols, named({"BTCUSDT", "eth-usdt", "NOSUCHCOIN"})),
            R"(unknown symbol "eth-usdt" (similar: ETHUSDT); unknown symbol "NOSUCHCOIN"; --list-symbols lists those )"
            "that are traded");
  EXPECT_EQ(complaint(kSymbols, {{"NOSUCHCOIN"}, true, "USDT", 1}),
            R"(unknown symbol "NOSUCHCOIN"; --list-symbols lists those that are traded)")
      << "also beside all, also where others would be enough";
  EXPECT_EQ(complaint(kSymbols, named({""})), R"(unknown symbol ""; --list-symbols lists those that are traded)");
}

TEST(ChooseSymbols, UnknownNamesThatAreManyOrLong) {
  Names many;
  for (int i = 0; i < 2'000; ++i) many.push_back("NOSUCHCOIN" + std::to_string(i));
  many.push_back("BCCUSDT");
  const std::string of_many = complaint(kSymbols, named(many));
  EXPECT_TRUE(of_many.ends_with("; and 1996 more; --list-symbols lists those that are traded")) << of_many;
  EXPECT_LT(of_many.size(), 300u);
  EXPECT_LT(complaint(kSymbols, named({std::string(1'000'000, 'X'), "A\nB"})).size(), 300u);
}

TEST(ChooseSymbols, NamedOnesThatAreNotTraded) {
  EXPECT_EQ(complaint(kSymbols, named({"BTCUSDT", "BCCUSDT"})),
            R"(symbol BCCUSDT is not traded now (status "BREAK"); leave out what is not traded)");
  EXPECT_EQ(complaint(kSymbols, named({"newusdt", "OLDUSDT"})),
            R"(symbol NEWUSDT is not traded now (status "PRE_TRADING"); symbol OLDUSDT is not traded now (no spot )"
            "trading); leave out what is not traded");
}

TEST(ChooseSymbols, NothingIsLeft) {
  EXPECT_EQ(complaint(kSymbols, {}), "no symbol is chosen");
  EXPECT_EQ(complaint({}, all_of("")), "the exchange trades no symbol now");
  EXPECT_EQ(complaint(kSymbols, all_of("USDX")),
            R"(no symbol is traded now against "USDX" (similar: USDC, USDT); --quote-asset takes another one)");
}

TEST(ExchangeInfo, SymbolsAreRead) {
  const auto symbols = read_exchange_info(
      R"({"timezone":"UTC","symbols":[)"
      R"({"symbol":"ETHBTC","status":"TRADING","baseAsset":"ETH","quoteAsset":"BTC","isSpotTradingAllowed":true},)"
      R"({"symbol":"币安人生USDT","status":"SOME_NEW_STATUS","quoteAsset":"USDT","isSpotTradingAllowed":false},)"
      R"({"symbol":"BTCUSDT","status":"BREAK","quoteAsset":"USDT","filters":[{}]}]})");
  ASSERT_TRUE(symbols.ok()) << symbols.error().message;
  ASSERT_EQ(symbols.value().size(), 3u);
  const SpotSymbol& first = symbols.value()[0];
  EXPECT_EQ(first.name, "ETHBTC");
  EXPECT_EQ(first.quote_asset, "BTC");
  EXPECT_TRUE(first.is_traded());
  EXPECT_EQ(symbols.value()[1].status, "SOME_NEW_STATUS");
  EXPECT_FALSE(symbols.value()[1].is_spot_allowed);
  EXPECT_TRUE(symbols.value()[2].is_spot_allowed) << "where nothing is said";
  EXPECT_FALSE(symbols.value()[2].is_traded());
}

TEST(ExchangeInfo, WhatIsNone) {
  for (const char* bad :
       {"", "null", "[]", "{}", "{", R"({"symbols":{}})", R"({"symbols":[1]})", R"({"symbols":[{}]})",
        R"({"symbols":[{"symbol":1,"status":"TRADING","quoteAsset":"A"}]})",
        R"({"symbols":[{"symbol":"","status":"TRADING","quoteAsset":"A"}]})",
        R"({"symbols":[{"symbol":"A\nB","status":"TRADING","quoteAsset":"A"}]})",
        R"({"symbols":[{"symbol":"AB","status":null,"quoteAsset":"A"}]})",
        R"({"symbols":[{"symbol":"AB","status":"TRADING"}]})",
        R"({"symbols":[{"symbol":"AB","status":"TRADING","quoteAsset":"A","isSpotTradingAllowed":"yes"}]})",
        R"({"code":-1121,"msg":"Invalid symbol."})", "<html>\n<body>403 Forbidden</body>"}) {
    const auto symbols = read_exchange_info(bad);
    ASSERT_FALSE(symbols.ok()) << bad;
    EXPECT_TRUE(symbols.error().message.starts_with("exchangeInfo ")) << symbols.error().message;
    EXPECT_EQ(symbols.error().message.find('\n'), std::string::npos) << symbols.error().message;
  }
}

class RecordedExchangeInfoTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string path = source_path("../shared/data/binance_exchange_info.json");
    std::ifstream in(path);
    if (!in) GTEST_SKIP() << "no recording here: " << path << " is absent";
    std::stringstream text;
    text << in.rdbuf();
    auto symbols = read_exchange_info(text.str());
    ASSERT_TRUE(symbols.ok()) << symbols.error().message;
    symbols_ = *symbols;
  }
  std::ptrdiff_t count(std::string_view status) const {
    return std::count_if(symbols_.begin(), symbols_.end(), [&](const SpotSymbol& s) { return s.status == status; });
  }

  std::vector<SpotSymbol> symbols_;
};

TEST_F(RecordedExchangeInfoTest, IsUnderstood) {
  EXPECT_EQ(symbols_.size(), 56u);
  EXPECT_EQ(count("TRADING"), 45);
  EXPECT_EQ(count("BREAK"), 11);
}

TEST_F(RecordedExchangeInfoTest, ThoseOnBreakAreLeftOut) {
  EXPECT_EQ(chosen(symbols_, all_of("")).size(), 45u);
  EXPECT_EQ(chosen(symbols_, all_of("USDT")).size(), 34u);
  EXPECT_EQ(chosen(symbols_, all_of("USDT", 4)), (Names{"BTCUSDT", "ETHUSDT", "BNBUSDT", "SOLUSDT"}));
  EXPECT_EQ(complaint(symbols_, named({"BCCUSDT"})),
            R"(symbol BCCUSDT is not traded now (status "BREAK"); leave out what is not traded)");
}

TEST_F(RecordedExchangeInfoTest, NamesAreChecked) {
  EXPECT_EQ(chosen(symbols_, named({"ETHUSDT", "BTCUSDT"})), (Names{"BTCUSDT", "ETHUSDT"}));
  EXPECT_NE(complaint(symbols_, named({"BTCUSD"})).find("(similar: BTCUSDT"), std::string::npos);
}

}  // namespace
}  // namespace streamd::feed
