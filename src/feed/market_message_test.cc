#include "feed/market_message.h"

#include <gtest/gtest.h>

#include <random>

namespace streamd::feed {
namespace {

using Texts = std::vector<std::string>;

const std::string kAggTrade =
    R"({"e":"aggTrade","E":1672515782137,"s":"BNBBTC","a":12345,"p":"0.00100000","q":"100","f":100,"l":105,)"
    R"("T":1672515782136,"m":true,"M":true})";
const std::string kTrade =
    R"({"e":"trade","E":1723161255343,"s":"BTCUSDT","t":3735683259,"p":"61837.63000000","q":"0.02000000","b":88,)"
    R"("a":50,"T":1723161255342,"m":true,"M":true})";

std::string combined(const std::string& stream, const std::string& data) {
  return R"({"stream":")" + stream + R"(","data":)" + data + "}";
}

std::string with(std::string text, const std::string& old_part, const std::string& new_part) {
  const std::size_t at = text.find(old_part);
  EXPECT_NE(at, std::string::npos) << old_part;
  return text.replace(at, old_part.size(), new_part);
}

Result<MarketMessage> read(std::string_view text) { return MarketMessageReader().read(text); }

template <typename Kind>
Kind read_as(std::string_view text) {
  auto message = read(text);
  if (!message) {
    ADD_FAILURE() << message.error().message;
    return {};
  }
  if (!std::holds_alternative<Kind>(*message)) {
    ADD_FAILURE() << "another kind, number " << message->index() << ": " << text;
    return {};
  }
  return std::get<Kind>(*message);
}

void expect_one_line(const std::string& message) {
  EXPECT_FALSE(message.empty());
  EXPECT_LT(message.size(), 1'200u) << message;
  const auto is_control = [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; };
  EXPECT_TRUE(std::none_of(message.begin(), message.end(), is_control)) << message;
}

// The field that it complains about.
std::string refused_field(const std::string& text) {
  const auto message = read(text);
  if (message.ok()) return "none";
  expect_one_line(message.error().message);
  const std::string begin = "without a usable \"";
  const std::size_t at = message.error().message.find(begin);
  if (at == std::string::npos) return "not understood";
  const std::string rest = message.error().message.substr(at + begin.size());
  return rest.substr(0, rest.find('"'));
}

TEST(MarketMessage, AnAggregateTrade) {
  for (const std::string& text : {kAggTrade, combined("bnbbtc@aggTrade", kAggTrade)}) {
    const auto live = read_as<LiveTrade>(text);
    EXPECT_EQ(live.symbol, "BNBBTC");
    EXPECT_EQ(live.trade, (AggTrade{12345, 1672515782136, "0.00100000", "100"}));
  }
}

TEST(MarketMessage, ASingleTradeHasItsOwnId) {
  for (const std::string& text : {kTrade, combined("btcusdt@trade", kTrade)}) {
    const auto live = read_as<LiveTrade>(text);
    EXPECT_EQ(live.symbol, "BTCUSDT");
    EXPECT_EQ(live.trade, (AggTrade{3735683259, 1723161255342, "61837.63000000", "0.02000000"}));
  }
}

TEST(MarketMessage, TheFirstTradeOfASymbolAndTheLastThatCanBe) {
  EXPECT_EQ(read_as<LiveTrade>(with(kAggTrade, "12345", "0")).trade.id, 0);
  EXPECT_EQ(read_as<LiveTrade>(with(kAggTrade, "12345", "9223372036854775807")).trade.id, 9223372036854775807u);
}

TEST(MarketMessage, NamesBeyondASCII) {
  EXPECT_EQ(read_as<LiveTrade>(with(kAggTrade, "BNBBTC", "币安人生USDT")).symbol, "币安人生USDT");
  EXPECT_EQ(read_as<LiveTrade>(with(kAggTrade, "BNBBTC", R"(\u5e01USDT)")).symbol, "币USDT");
}

TEST(MarketMessage, ASubscriptionIsMade) {
  const auto answer = read_as<SubscribeAnswer>(R"({"result":null,"id":1})");
  EXPECT_TRUE(answer.ok);
  EXPECT_EQ(answer.id, 1u);
  EXPECT_EQ(answer.error, "");
}

TEST(MarketMessage, ASubscriptionIsRefused) {
  const auto answer =
      read_as<SubscribeAnswer>(R"({"error":{"code":2,"msg":"Invalid request: too many parameters"},"id":7})");
  EXPECT_FALSE(answer.ok);
  EXPECT_EQ(answer.id, 7u);
  EXPECT_EQ(answer.error, R"("Invalid request: too many parameters" (code 2))");

  const auto flat = read_as<SubscribeAnswer>(R"({"code": 0, "msg": "Unknown property","id": 5})");
  EXPECT_FALSE(flat.ok);
  EXPECT_EQ(flat.id, 5u);
  EXPECT_EQ(flat.error, R"("Unknown property" (code 0))");
}

TEST(MarketMessage, ARefusalMayNotKnowOfWhat) {
  for (const std::string id : {R"(,"id":null)", R"(,"id":"x")", R"(,"id":-1)", ""}) {
    const auto answer = read_as<SubscribeAnswer>(R"({"code":3,"msg":"Invalid JSON:\nexpected value")" + id + "}");
    EXPECT_FALSE(answer.ok);
    EXPECT_EQ(answer.id, std::nullopt);
    expect_one_line(answer.error);
  }
}

TEST(MarketMessage, TheServerIsAboutToShutDown) {
  const std::string event = R"({"e":"serverShutdown","E":1770123456789})";
  read_as<Shutdown>(event);
  read_as<Shutdown>(combined("!serverShutdown", event));
  read_as<Shutdown>(combined("!serverShutdown", "null"));
}

TEST(MarketMessage, EventsThatNobodyAskedFor) {
  EXPECT_EQ(read_as<OtherEvent>(R"({"e":"kline","E":1672515782136,"s":"BNBBTC","k":{}})").kind, R"("kline")");
  EXPECT_EQ(read_as<OtherEvent>(combined("!ticker@arr", R"([{"e":"24hrTicker"}])")).kind, R"("!ticker@arr")");
  expect_one_line(read_as<OtherEvent>(R"({"e":"a\nb"})").kind);
}

TEST(MarketMessage, AFieldThatIsAbsent) {
  EXPECT_EQ(refused_field(with(kAggTrade, R"("e":"aggTrade",)", "")), "e");
  EXPECT_EQ(refused_field(with(kAggTrade, R"("s":"BNBBTC",)", "")), "s");
  EXPECT_EQ(refused_field(with(kAggTrade, R"("a":12345,)", "")), "a");
  EXPECT_EQ(refused_field(with(kAggTrade, R"("p":"0.00100000",)", "")), "p");
  EXPECT_EQ(refused_field(with(kAggTrade, R"("q":"100",)", "")), "q");
  EXPECT_EQ(refused_field(with(kAggTrade, R"("T":1672515782136,)", "")), "T");
  EXPECT_EQ(refused_field(with(kTrade, R"("t":3735683259,)", "")), "t") << "its \"a\" is the seller's order";
}

TEST(MarketMessage, AFieldOfAWrongType) {
  for (const char* wrong : {"null", "true", "{}", "[]", R"({"a":1})", R"(["1"])", "1.5", "-1", "1e3", "\"\""}) {
    SCOPED_TRACE(wrong);
    const std::string colon_wrong = std::string(":") + wrong;
    EXPECT_EQ(refused_field(with(kAggTrade, ":12345", colon_wrong)), "a");
    EXPECT_EQ(refused_field(with(kAggTrade, ":1672515782136", colon_wrong)), "T");
    EXPECT_EQ(refused_field(with(kAggTrade, ":\"0.00100000\"", colon_wrong)), "p");
    EXPECT_EQ(refused_field(with(kAggTrade, ":\"100\"", colon_wrong)), "q");
    EXPECT_EQ(refused_field(with(kAggTrade, ":\"BNBBTC\"", colon_wrong)), "s");
  }
  for (const char* wrong : {"null", "1", "{}", "[]"}) {
    EXPECT_EQ(refused_field(with(kAggTrade, "\"aggTrade\"", wrong)), "e") << wrong;
  }
  EXPECT_EQ(refused_field(with(kAggTrade, "12345", "\"12345\"")), "a");
  EXPECT_EQ(refused_field(with(kAggTrade, "\"100\"", "100")), "q");
}

TEST(MarketMessage, NumbersOutOfRange) {
  EXPECT_EQ(refused_field(with(kAggTrade, "12345", "9223372036854775808")), "a");
  EXPECT_EQ(refused_field(with(kAggTrade, "12345", "99999999999999999999999")), "not understood");
  EXPECT_EQ(refused_field(with(kAggTrade, "1672515782136", "253402300800000")), "T");
  EXPECT_EQ(refused_field(with(kAggTrade, "1672515782136", "1672515782136000")), "T") << "microseconds";
}

TEST(MarketMessage, PricesThatAreNoPlainDecimalNumbers) {
  const std::string huge(400, '9');
  for (const std::string& bad :
       Texts{"", "1e5", "1E5", "NaN", "Infinity", "inf", "-1", "+1", "-0", ".", "1.", ".5", "01", "00.1", "0x10", "1,5",
             "1.2.3", " 1", "1 ", "1_000", "١", R"(1\u0000)", R"(1\n)", R"(1,\"seq\":7)", "null", huge, "0." + huge}) {
    SCOPED_TRACE(bad);
    EXPECT_EQ(refused_field(with(kAggTrade, "0.00100000", bad)), "p");
    EXPECT_EQ(refused_field(with(kAggTrade, "\"100\"", '"' + bad + '"')), "q");
  }
  for (const char* good : {"0", "0.0", "10", "0.00000001", "92141578.00000000", "123456789012345678901234567890.5"}) {
    EXPECT_EQ(read_as<LiveTrade>(with(kAggTrade, "0.00100000", good)).trade.price, good);
  }
}

TEST(MarketMessage, NamesThatAreNoSymbols) {
  for (const std::string& bad :
       Texts{"", std::string(65, 'B'), R"(A\nB)", R"(A\u007f)", R"(A\u0085)", R"(\u0000)"}) {
    EXPECT_EQ(refused_field(with(kAggTrade, "BNBBTC", bad)), "s") << bad;
  }
}

TEST(MarketMessage, WhatIsNoMessage) {
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  for (const std::string& text :
       Texts{"", " ", "null", "1", "[]", "\"x\"", "{", "{} {}", "<html>\n502 Bad Gateway\n</html>", "\xff\xfe",
             std::string(1, '\0'), kAggTrade + ",", kAggTrade.substr(0, kAggTrade.size() - 1), deep,
             with(kAggTrade, "BNB", "\xff")}) {
    EXPECT_EQ(refused_field(text), "not understood") << text.substr(0, 100);
  }
  for (const std::string& text :
       Texts{"{}", R"({"result":true,"id":2})", R"({"error":{},"id":2})", R"({"error":1})", R"({"code":"1","msg":"x"})",
             R"({"stream":"x"})", R"({"stream":1,"data":{}})", combined("x", "{}")}) {
    EXPECT_EQ(refused_field(text), "e") << text;
  }
}

TEST(MarketMessage, EmptyTextsMayBeAtNoAddress) {
  EXPECT_FALSE(read(std::string_view()).ok());
  EXPECT_FALSE(read_agg_trades(std::string_view()).ok());
  EXPECT_EQ(read_refusal(std::string_view()), std::nullopt);
}

TEST(MarketMessage, AnythingIsSurvived) {
  MarketMessageReader reader;
  const std::vector<std::string> seeds = {
      kAggTrade, combined("bnbbtc@aggTrade", kAggTrade), combined("btcusdt@trade", kTrade),
      R"({"error":{"code":2,"msg":"Invalid request"},"id":1})", R"({"result":null,"id":1})"};
  const std::string_view bytes = "\"\\{}[]:,.-+eE019aptT\n\x01\x7f\xc2\xff";
  std::mt19937 random(8);
  std::size_t understood = 0;
  for (int i = 0; i < 50'000; ++i) {
    std::string text = seeds[random() % seeds.size()];
    for (auto changes = random() % 4; changes > 0; --changes) {
      const std::size_t at = random() % text.size();
      switch (random() % 3) {
        case 0: text[at] = bytes[random() % bytes.size()]; break;
        case 1: text.insert(at, 1, bytes[random() % bytes.size()]); break;
        default: text.erase(at, 1 + random() % 3);
      }
    }
    auto message = reader.read(text);
    understood += message.ok();
    if (!message) expect_one_line(message.error().message);
    if (!message || !std::holds_alternative<LiveTrade>(*message)) continue;
    const AggTrade& trade = std::get<LiveTrade>(*message).trade;
    EXPECT_EQ((trade.price + trade.quantity).find_first_not_of("0123456789."), std::string::npos) << text;
  }
  EXPECT_GT(understood, 10'000u);
}

TEST(AggTrades, AreReadInOrder) {
  const auto trades = read_agg_trades(
      R"([{"a":26129,"p":"0.01633102","q":"4.70443515","f":27781,"l":27781,"T":1498793709153,"m":true,"M":true},)"
      R"({"a":26130,"p":"0.01633103","q":"1","f":27782,"l":27790,"T":1498793709153,"m":false,"M":true}])");
  ASSERT_TRUE(trades.ok()) << trades.error().message;
  EXPECT_EQ(trades.value(), (std::vector<AggTrade>{{26129, 1498793709153, "0.01633102", "4.70443515"},
                                                   {26130, 1498793709153, "0.01633103", "1"}}));
}

TEST(AggTrades, MayBeNone) {
  const auto trades = read_agg_trades("[]");
  ASSERT_TRUE(trades.ok());
  EXPECT_TRUE(trades.value().empty());
}

TEST(AggTrades, OneBadElementSpoilsTheAnswer) {
  const std::string good = R"({"a":7,"p":"1.5","q":"2","f":1,"l":1,"T":3,"m":true,"M":true})";
  ASSERT_TRUE(read_agg_trades("[" + good + "]").ok());
  for (const std::string& bad :
       Texts{"[" + good + "," + good + "]", "[" + good + "," + with(good, ":7", ":6") + "]", "[" + good + ",1]",
             "[" + good + ",null]", "[" + with(good, "\"1.5\"", "\"1e5\"") + "]", "[" + with(good, ":7", ":-7") + "]",
             "[" + with(good, "\"q\"", "\"Q\"") + "]", "[" + with(good, ":3", ":-3") + "]", "[" + good, good, "", "{}",
             R"({"code":-1121,"msg":"Invalid symbol."})", "<html>\n"}) {
    const auto trades = read_agg_trades(bad);
    ASSERT_FALSE(trades.ok()) << bad;
    expect_one_line(trades.error().message);
  }
}

TEST(Refusal, IsTheExchangesReason) {
  EXPECT_EQ(read_refusal(R"({"code":-1121,"msg":"Invalid symbol."})"), R"("Invalid symbol." (code -1121))");
  for (const char* other : {"", "[]", "{}", R"({"code":-1121})", R"({"code":"a","msg":"b"})", "<html>"}) {
    EXPECT_EQ(read_refusal(other), std::nullopt) << other;
  }
}

}  // namespace
}  // namespace streamd::feed
