// stream_daemon_live before the test exchange: every trade of the exchange's own list is stored once, whatever the
// exchange, the feed and the daemon go through.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <random>

#include "support/paths.h"
#include "system/bar_oracle.h"
#include "system/live_trades.h"
#include "system/stored_bars.h"
#include "system/test_seed.h"

namespace streamd {
namespace {

bool is_long() { return std::getenv("STREAMD_LONG") != nullptr; }

class LiveTest : public LiveTradesFixture {};

TEST_F(LiveTest, AShortRunHasEveryTradeOnceAndASummary) {
  start_exchange({"--symbols", "BTCUSDT,ETHUSDT,SOLUSDT", "--rate", "300"});
  const auto live = start_live({"--symbols", "BTCUSDT,ethusdt", "--runtime", "4"});
  EXPECT_EQ(live->wait(), 0) << live->errors();
  const auto ids = ids_in(live->output());
  EXPECT_EQ(ids.size(), 2) << live->output();
  expect_stored(truth(), ids);
  EXPECT_NE(live->output().find("symbols=2 "), std::string::npos) << live->output();
  EXPECT_NE(live->output().find(" lost=0 reconnects=0 renewals=0 daemon_starts=1 rows_stored="), std::string::npos);
  EXPECT_NE(asked("/report").find("\"violations\":[]"), std::string::npos) << asked("/report");
}

TEST_F(LiveTest, CtrlCEndsItCleanlyAndALaterRunGoesOnWhereItEnded) {
  start_exchange({"--symbols", "BTCUSDT,ETHUSDT", "--rate", "200", "--wait-for", "2"});
  for (int run = 0; run < 3; ++run) {
    const auto live = start_live({"--symbols", "BTCUSDT,ETHUSDT"});
    std::this_thread::sleep_for(milliseconds(2500));
    if (run == 2) {
      post("/market", "{\"trading\":false}");
      std::this_thread::sleep_for(milliseconds(1500));
    }
    live->signal(SIGINT);
    EXPECT_EQ(live->wait(), 0) << live->errors();
    EXPECT_NE(live->output().find(" lost=0 "), std::string::npos) << live->output() << live->errors();
  }
  expect_stored(truth());
}

TEST_F(LiveTest, WhateverGoesWrongEveryTradeIsThereOnce) {
  const auto seed = test_seed();
  std::mt19937_64 random(seed);
  start_exchange({"--symbols", "8", "--rate", "400", "--wait-for", "8", "--misbehave", std::to_string(seed % 1'000'000)});
  const std::vector<std::string> arguments = {"--all-symbols"};
  auto live = start_live(arguments);
  const auto end = steady_clock::now() + std::chrono::seconds(is_long() ? 600 : 25);
  while (steady_clock::now() < end) {
    std::this_thread::sleep_for(milliseconds(2000 + random() % 6000));
    if (random() % 2 == 0) {
      for (const pid_t child : live->children()) ::kill(child, SIGKILL);  // the daemon
      continue;
    }
    live->signal(SIGKILL);
    live->wait();
    live = start_live(arguments);
  }
  post("/fault", "{\"misbehave\":0,\"clear\":true}");
  post("/market", "{\"trading\":false}");
  std::vector<ExchangeTrade> all = truth();
  std::erase_if(all, [](const ExchangeTrade& trade) { return !trade.symbol.ends_with("USDT"); });
  eventually([&] { return stored_trades() >= static_cast<std::int64_t>(all.size()); }, kPatience * 2);
  live->signal(SIGINT);
  EXPECT_EQ(live->wait(kPatience * 2), 0) << live->errors();
  expect_stored(all);
  EXPECT_NE(asked("/report").find("\"violations\":[]"), std::string::npos) << asked("/report");
}

// What the exchange does not give is told, and is all that is missing.
TEST_F(LiveTest, TradesThatTheExchangeRefusesAreReported) {
  start_exchange({"--symbols", "BTCUSDT", "--rate", "100", "--wait-for", "1"});
  const auto live = start_live({"--symbols", "BTCUSDT"});
  ASSERT_TRUE(eventually([&] { return truth().size() > 200; }));
  post("/fault", "{\"skip\":1,\"for_ms\":1500}");
  std::this_thread::sleep_for(milliseconds(500));
  const std::vector<ExchangeTrade> before = truth();
  const std::uint64_t from = before[before.size() - 20].id;
  const std::uint64_t to = before.back().id;
  post("/fault", fmt::format("{{\"refuse_ids\":{{\"symbol\":\"BTCUSDT\",\"from\":{},\"to\":{}}}}}", from, to));
  EXPECT_TRUE(live->wait_errors(" are lost (", milliseconds(90'000))) << live->errors();
  live->signal(SIGINT);
  EXPECT_EQ(live->wait(), 0) << live->errors();
  unsigned long first_lost = 0, last_lost = 0;
  const std::string log = live->errors();
  const std::size_t line = log.rfind('\n', log.find(" are lost ("));
  const std::size_t at = log.find("BTCUSDT: trades ", line);
  ASSERT_EQ(std::sscanf(log.c_str() + at, "BTCUSDT: trades %lu to %lu are lost (", &first_lost, &last_lost), 2) << log;
  EXPECT_LE(first_lost, from);
  EXPECT_GE(last_lost, to);
  EXPECT_LT(last_lost - first_lost, 200);
  unsigned long trades = 0, first = 0, last = 0;
  ASSERT_EQ(std::sscanf(live->output().c_str(), "BTCUSDT: %lu trades, ids %lu to %lu", &trades, &first, &last), 3);
  EXPECT_EQ(trades + (last_lost - first_lost + 1), last - first + 1);
  BarOracle oracle;
  for (const ExchangeTrade& trade : truth()) {
    const bool lost = trade.id >= first_lost && trade.id <= last_lost;
    if (lost || trade.id > last) continue;
    oracle.add_trade(trade.symbol, trade.ts_ms, trade.price, trade.quantity, "live:BTCUSDT");
  }
  expect_same_bars(oracle.bars(), read_bars(folder_ / "live.duckdb"));
}

TEST_F(LiveTest, TheRecordingsGiveTheBarsOfTheirTrades) {
  const std::string recordings = source_path("../shared/data/binance_spot_2024-08-08");
  if (!std::filesystem::exists(recordings)) GTEST_SKIP() << "no recordings beside the checkout";
  start_exchange({"--recordings", recordings, "--speed", "60", "--times", "recorded", "--wait-for", "2"});
  const auto live = start_live({"--symbols", "BTCUSDT,ETHUSDT"});
  ASSERT_TRUE(eventually([&] { return asked("/market").find("\"over\":true") != std::string::npos; }, kPatience * 2));
  std::this_thread::sleep_for(milliseconds(1500));
  live->signal(SIGINT);
  EXPECT_EQ(live->wait(), 0) << live->errors();
  Process replay({program_path("stream_daemon"), "--tail", recordings + "/btcusdt.trades.ndjson", "--tail",
                  recordings + "/ethusdt.trades.ndjson", "--exit-at-eof", "--no-listen", "--db", "replayed.duckdb"},
                 folder_.path());
  ASSERT_EQ(replay.wait(), 0) << replay.errors();
  std::vector<StoredBar> expected = read_bars(folder_ / "replayed.duckdb");
  for (StoredBar& bar : expected) bar.source_file = "live:" + bar.symbol;
  EXPECT_GT(expected.size(), 100u);
  expect_same_bars(expected, read_bars(folder_ / "live.duckdb"));
}

TEST_F(LiveTest, TheExchangesOwnListIsUnderstoodAndWhatIsOnABreakIsLeftOut) {
  const std::string info = source_path("../shared/data/binance_exchange_info.json");
  if (!std::filesystem::exists(info)) GTEST_SKIP() << "no recordings beside the checkout";
  start_exchange({"--exchange-info", info});
  const auto list = start_live({"--list-symbols", "--quote-asset", "USDT"});
  EXPECT_EQ(list->wait(), 0) << list->errors();
  EXPECT_EQ(lines_of(list->output()).size(), 34u) << list->output();
  const auto live = start_live({"--all-symbols", "--max-symbols", "10", "--runtime", "3"});
  EXPECT_EQ(live->wait(), 0) << live->errors();
  EXPECT_NE(live->output().find("symbols=10 "), std::string::npos) << live->output();
}

TEST_F(LiveTest, TwoThousandSymbolsStartWithinAMinuteAndWithinTheLimits) {
  start_exchange({"--symbols", "2000", "--rate", "2000", "--wait-for", "2000"});
  const auto live = start_live({"--all-symbols"});
  EXPECT_TRUE(eventually([&] { return asked("/market").find("\"trading\":true") != std::string::npos; },
                         milliseconds(60'000)))
      << live->errors();
  std::this_thread::sleep_for(milliseconds(3000));
  post("/market", "{\"trading\":false}");
  std::this_thread::sleep_for(milliseconds(1000));
  live->signal(SIGINT);
  EXPECT_EQ(live->wait(), 0) << live->errors();
  expect_stored(truth());
  EXPECT_NE(asked("/report").find("\"violations\":[]"), std::string::npos) << asked("/report");
}

TEST_F(LiveTest, ACertificateThatIsNotRightIsRefused) {
  for (const char* certificate : {"expired", "other_host", "unknown_ca"}) {
    start_exchange({"--certificate", certificate});
    const auto live = start_live({"--symbols", "BTCUSDT", "--runtime", "2"});
    EXPECT_EQ(live->wait(), 3) << certificate << live->errors();
    EXPECT_NE(live->errors().find("its certificate is refused: "), std::string::npos) << live->errors();
    EXPECT_EQ(lines_of(live->errors()).size(), 1) << live->errors();
  }
}

TEST_F(LiveTest, WhileAnotherDaemonHasThePortNothingGoesToIt) {
  start_exchange({"--symbols", "BTCUSDT"});
  Process other({program_path("stream_daemon"), "--host", "127.0.0.1", "--port", std::to_string(port_), "--db", "other.duckdb"},
                folder_.path());
  ASSERT_TRUE(other.wait_errors("listening on ", kPatience)) << other.errors();
  const auto live = start_live({"--symbols", "BTCUSDT", "--runtime", "2"});
  EXPECT_EQ(live->wait(), 3) << live->errors();
  EXPECT_NE(live->errors().find("another program listens on 127.0.0.1:"), std::string::npos) << live->errors();
  other.signal(SIGINT);
  EXPECT_EQ(other.wait(), 0) << other.errors();
  EXPECT_NE(other.errors().find("done: lines=0 "), std::string::npos) << other.errors();
}

TEST_F(LiveTest, CtrlCEndsTheWaitingForAnAnswer) {
  start_exchange({"--symbols", "BTCUSDT"});
  post("/fault", "{\"rest_delay_ms\":14000,\"for_ms\":60000}");
  const auto live = start_live({"--symbols", "BTCUSDT"});
  std::this_thread::sleep_for(milliseconds(1000));
  live->signal(SIGINT);
  EXPECT_EQ(live->wait(milliseconds(5000)), 0) << live->errors();
}

TEST_F(LiveTest, WhatTheDaemonRefusesIsTold) {
  start_exchange({"--symbols", "BTCUSDT,ETHUSDT", "--rate", "100", "--wait-for", "2"});
  const auto live = start_live({"--symbols", "BTCUSDT,ETHUSDT", "--daemon-max-symbols", "1", "--runtime", "3"});
  EXPECT_EQ(live->wait(), 1) << live->errors();
  EXPECT_NE(live->errors().find("the daemon has refused "), std::string::npos) << live->errors();
  EXPECT_EQ(live->output().find(" refused=0 "), std::string::npos) << live->output();
}

TEST_F(LiveTest, ANewConnectionHasAllStreamsBeforeTheOldOneIsClosed) {
  start_exchange({"--symbols", "600", "--rate", "3000", "--wait-for", "600"});
  const auto live = start_live({"--all-symbols"});
  ASSERT_TRUE(eventually([&] { return asked("/market").find("\"trading\":true") != std::string::npos; }));
  for (int renewal = 0; renewal < 3; ++renewal) {
    post("/fault", "{\"server_shutdown\":true,\"grace_ms\":15000}");
    std::this_thread::sleep_for(milliseconds(3500));
  }
  live->signal(SIGINT);
  EXPECT_EQ(live->wait(), 0) << live->errors();
  EXPECT_NE(live->output().find(" fetched=0 gaps_found=0 "), std::string::npos) << live->output();
  EXPECT_NE(live->output().find(" reconnects=0 renewals=3 "), std::string::npos) << live->output();
}

TEST_F(LiveTest, WhatCannotBeIsSaidInOneLine) {
  start_exchange({"--symbols", "BTCUSDT,ETHUSDT"});
  const auto said = [&](const std::vector<std::string>& more, int code, const std::string& part) {
    const auto live = start_live(more);
    EXPECT_EQ(live->wait(), code) << live->errors();
    EXPECT_NE(live->errors().find(part), std::string::npos) << live->errors();
    EXPECT_EQ(lines_of(live->errors()).size(), 1) << live->errors();
  };
  said({}, 2, "--symbols");
  said({"--symbols", "BTCUSD"}, 2, "BTCUSDT");
  said({"--symbols", "BTCUSDT", "--all-symbols"}, 2, "one of both");
  said({"--symbols", "BTCUSDT", "--exit-at-eof"}, 2, "--exit-at-eof");
  places_["rest"] = "http" + places_["rest"].substr(std::string("https").size());
  said({"--symbols", "BTCUSDT"}, 2, "https://");
  places_["rest"] = "https" + places_["rest"].substr(std::string("http").size());
  const auto list = start_live({"--list-symbols"});
  EXPECT_EQ(list->wait(), 0);
  EXPECT_EQ(list->output(), "BTCUSDT\nETHUSDT\n");
}

}  // namespace
}  // namespace streamd
