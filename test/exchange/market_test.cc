#include "exchange/market.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "exchange/generated_trades.h"
#include "exchange/recorded_trades.h"
#include "support/paths.h"

namespace streamd::exchange {
namespace {

constexpr std::int64_t kStart = 1'700'000'000'000;

std::vector<std::string> names(std::size_t count) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back("S" + std::to_string(i));
  return all;
}

TEST(AggTrade, TextsAreThoseOfTheExchange) {
  EXPECT_EQ(amount_text(150'000'000), "1.50000000");
  EXPECT_EQ(amount_text(1), "0.00000001");
  EXPECT_EQ(amount_of("61837.63000000"), 6'183'763'000'000);
  for (const char* wrong : {"", "1", "1.5", "01.50000000", "-1.50000000", "1.5000000x"})
    EXPECT_FALSE(amount_of(wrong)) << wrong;
}

TEST(Market, IsAFunctionOfTheSeed) {
  const auto truth = [](std::uint64_t seed) {
    Market market(names(20), std::make_unique<GeneratedTrades>(20, 500, seed));
    market.set_trading(true, kStart);
    for (std::int64_t now = kStart; now < kStart + 5000; now += 5)
      market.advance(now, [](std::size_t, const AggTrade&) {});
    return market.truth();
  };
  EXPECT_EQ(truth(1), truth(1));
  EXPECT_NE(truth(1), truth(2));
}

TEST(Market, TradesAtItsRateWithoutHolesInOrderSeveralAMillisecond) {
  Market market(names(20), std::make_unique<GeneratedTrades>(20, 500, 7));
  std::uint64_t told = 0;
  market.advance(kStart, [&](std::size_t, const AggTrade&) { ++told; });
  EXPECT_EQ(told, 0u) << "it does not trade yet";
  market.set_trading(true, kStart);
  for (std::int64_t now = kStart; now <= kStart + 20'000; now += 5) {
    market.advance(now, [&](std::size_t, const AggTrade& trade) {
      ++told;
      EXPECT_LE(trade.time_ms, now);
      EXPECT_GE(trade.time_ms, now - 5);
    });
  }
  EXPECT_EQ(told, market.trade_count());
  EXPECT_NEAR(static_cast<double>(told), 10'000, 1'000);
  EXPECT_LT(market.trades(9).size(), 20u) << "every tenth is quiet";
  bool has_two_in_one_ms = false;
  for (std::size_t symbol = 0; symbol < 20; ++symbol) {
    const auto& trades = market.trades(symbol);
    for (std::size_t i = 1; i < trades.size(); ++i) {
      EXPECT_EQ(trades[i].id, trades[i - 1].id + 1);
      EXPECT_EQ(trades[i].first, trades[i - 1].last + 1);
      EXPECT_GE(trades[i].time_ms, trades[i - 1].time_ms);
      EXPECT_GT(trades[i].price, 0);
      has_two_in_one_ms |= trades[i].time_ms == trades[i - 1].time_ms;
    }
  }
  EXPECT_TRUE(has_two_in_one_ms);
}

TEST(Market, MakesNothingForTheTimeInWhichItDoesNotTrade) {
  Market market(names(3), std::make_unique<GeneratedTrades>(3, 500, 7));
  market.set_trading(true, kStart);
  market.advance(kStart + 1000, [](std::size_t, const AggTrade&) {});
  market.set_trading(false, kStart + 1000);
  const std::uint64_t before = market.trade_count();
  market.advance(kStart + 50'000, [](std::size_t, const AggTrade&) {});
  EXPECT_EQ(market.trade_count(), before);
  market.set_trading(true, kStart + 60'000);
  market.advance(kStart + 61'000,
                 [](std::size_t, const AggTrade& trade) { EXPECT_GE(trade.time_ms, kStart + 60'000); });
  EXPECT_GT(market.trade_count(), before);
}

TEST(RecordedTrades, ArePlayedAtTheirPace) {
  std::vector<MadeTrade> recorded(3);
  for (std::size_t i = 0; i < 3; ++i) recorded[i].trade.time_ms = 5000 + static_cast<std::int64_t>(i) * 100;
  for (const auto times : {RecordedTimes::as_recorded, RecordedTimes::as_played}) {
    RecordedTrades maker(recorded, 2, times);
    maker.resume(kStart);
    std::vector<MadeTrade> out;
    maker.make(kStart + 60, out);
    ASSERT_EQ(out.size(), 2u);
    EXPECT_EQ(out[1].trade.time_ms, times == RecordedTimes::as_recorded ? 5100 : kStart + 50);
    maker.resume(kStart + 10'000);
    maker.make(kStart + 10'039, out);
    EXPECT_EQ(out.size(), 2u);
    EXPECT_FALSE(maker.is_over());
    maker.make(kStart + 10'041, out);
    ASSERT_EQ(out.size(), 3u);
    EXPECT_EQ(out[2].trade.time_ms, times == RecordedTimes::as_recorded ? 5200 : kStart + 10'040);
    EXPECT_TRUE(maker.is_over());
  }
}

TEST(RecordedTrades, OfARealDay) {
  const std::string folder = source_path("../shared/data/binance_spot_2024-08-08");
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no recordings at " << folder;
  auto recording = read_recordings(folder);
  ASSERT_TRUE(recording) << recording.error().message;
  EXPECT_EQ(recording->symbols, (std::vector<std::string>{"BTCUSDT", "ETHUSDT"}));
  EXPECT_EQ(recording->trades.size(), 9757u + 6106u);
  Market market(recording->symbols, std::make_unique<RecordedTrades>(recording->trades, 1, RecordedTimes::as_recorded));
  market.set_trading(true, kStart);
  market.advance(kStart + 3'600'000, [](std::size_t, const AggTrade&) {});
  EXPECT_TRUE(market.is_over());
  const AggTrade& first = market.trades(0).front();
  EXPECT_EQ(element_json(first), R"({"a":3735683259,"p":"61837.63000000","q":"0.02000000","f":3735683259,)"
                                 R"("l":3735683259,"T":1723161255342,"m":true,"M":true})");
  EXPECT_EQ(truth_line("BTCUSDT", first),
            "{\"symbol\":\"BTCUSDT\",\"a\":3735683259,\"p\":\"61837.63000000\",\"q\":\"0.02000000\","
            "\"T\":1723161255342}\n");
}

TEST(RecordedTrades, AreNotEverything) {
  EXPECT_FALSE(read_recordings("/nowhere"));
  const std::string folder = ::testing::TempDir() + "exchange_no_recording";
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "/x.ws.ndjson") << "nonsense\n";
  const auto read = read_recordings(folder);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message, folder + "/x.ws.ndjson:1: not a recorded trade");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace streamd::exchange
