#include "exchange/exchange_fixture.h"

namespace streamd::exchange {
namespace {

class RestTest : public ExchangeTest {};

std::string page(std::uint64_t from, int limit) {
  return "/api/v3/aggTrades?symbol=BTCUSDT&fromId=" + std::to_string(from) + "&limit=" + std::to_string(limit);
}

TEST_F(RestTest, PagesGiveExactlyTheList) {
  start();
  wait_for_trades(300);
  exchange->set_trading(false);
  const auto trades = exchange->trades("BTCUSDT");
  RestClient client = rest_client();
  std::string all;
  std::uint64_t next = trades.front().id;
  for (;;) {
    const RestReply reply = client.get(page(next, 70));
    const auto ids = ids_of(reply);
    if (ids.empty()) break;
    EXPECT_EQ(ids.front(), next);
    EXPECT_LE(ids.size(), 70u);
    next = ids.back() + 1;
    if (!all.empty()) all += ',';
    all += reply.body.substr(1, reply.body.size() - 2);
  }
  std::string expected;
  for (const AggTrade& trade : trades) expected += (expected.empty() ? "" : ",") + element_json(trade);
  EXPECT_EQ(all, expected);
  EXPECT_EQ(client.connections(), 1) << "keep-alive";
  EXPECT_EQ(violations(), std::set<std::string>{});
}

TEST_F(RestTest, TimesAndTheNewest) {
  start();
  wait_for_trades(600);
  exchange->set_trading(false);
  const auto trades = exchange->trades("BTCUSDT");
  RestClient client = rest_client();
  const std::string base = "/api/v3/aggTrades?symbol=BTCUSDT";
  auto ids = ids_of(client.get(base));
  EXPECT_EQ(ids.size(), 500u);
  EXPECT_EQ(ids.back(), trades.back().id);
  ids = ids_of(client.get(base + "&limit=3"));
  EXPECT_EQ(ids.front(), trades.back().id - 2);
  const std::int64_t from = trades[100].time_ms;
  const std::int64_t to = trades[200].time_ms;
  ids = ids_of(client.get(base + "&startTime=" + std::to_string(from) + "&endTime=" + std::to_string(to)));
  std::vector<std::uint64_t> expected;
  for (const AggTrade& trade : trades) {
    if (trade.time_ms >= from && trade.time_ms <= to) expected.push_back(trade.id);
  }
  EXPECT_EQ(ids, expected);
  EXPECT_TRUE(ids_of(client.get(page(trades.back().id + 1, 10))).empty());
}

TEST_F(RestTest, WhatIsWrongIsSaidAsTheExchangeDoes) {
  ExchangeOptions options;
  options.symbol_count = 3;
  start(options);
  RestClient client = rest_client();
  const std::pair<const char*, const char*> wrong[] = {
      {"symbol=NOSUCH", R"({"code":-1121,"msg":"Invalid symbol."})"},
      {"limit=5", R"("code":-1102)"},
      {"symbol=BTCUSDT&limit=1001", R"("code":-1130)"},
      {"symbol=BTCUSDT&fromId=x", R"("code":-1100)"},
      {"symbol=BTCUSDT&fromId=1&startTime=1", R"("code":-1128)"},
      {"symbol=BTCUSDT&limits=1", R"("code":-1104)"},
  };
  for (const auto& [query, expected] : wrong) {
    const RestReply reply = client.get(std::string("/api/v3/aggTrades?") + query);
    EXPECT_EQ(reply.status, 400) << query;
    EXPECT_NE(reply.body.find(expected), std::string::npos) << reply.body;
  }
  EXPECT_EQ(client.get("/api/v3/aggTrades?symbol=OLDETHUSDT").body, "[]") << "on BREAK";
  EXPECT_EQ(client.get("/api/v3/nothing").status, 404);
  EXPECT_EQ(client.get("/api/v3/ping").body, "{}");
  EXPECT_EQ(client.get("/api/v3/time").body.find(R"({"serverTime":1)"), 0u);
  const RestReply info =
      client.get("/api/v3/exchangeInfo?symbolStatus=TRADING&permissions=SPOT&showPermissionSets=false");
  EXPECT_NE(info.body.find("ETHBTC"), std::string::npos);
  EXPECT_EQ(info.body.find("OLDETHUSDT"), std::string::npos);
  EXPECT_EQ(violations(), (std::set<std::string>{"refused_request", "unknown_path"}));
}

TEST_F(RestTest, CountsWeightAndRefusesWhatIsBeyond) {
  ExchangeOptions options = busy();
  options.weight_limit = 30;
  options.ban_ms = 2000;
  start(options);
  RestClient client = rest_client();
  // Not across the end of a minute.
  comes_true([] { return SystemClock().wall_ms() % 60'000 < 55'000; }, 6000);
  EXPECT_EQ(client.get("/api/v3/exchangeInfo").used_weight, "20");
  EXPECT_EQ(client.get(page(1, 1)).used_weight, "24");
  EXPECT_EQ(client.get("/api/v3/ping").used_weight, "25");
  EXPECT_EQ(client.get(page(1, 1)).status, 200);
  EXPECT_EQ(violations(), std::set<std::string>{});
  const RestReply beyond = client.get(page(1, 1));
  EXPECT_EQ(beyond.status, 429);
  EXPECT_NE(beyond.body.find(R"("code":-1003)"), std::string::npos);
  EXPECT_GE(std::stoi(beyond.retry_after), 1);
  EXPECT_EQ(violations(), std::set<std::string>{"weight"});
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  RestReply last;
  for (int i = 0; i < 4; ++i) last = client.get("/api/v3/ping");
  EXPECT_EQ(last.status, 418);
  EXPECT_EQ(last.retry_after, "2");
  EXPECT_EQ(violations(), (std::set<std::string>{"weight", "went_on_after_retry_after"}));
}

TEST_F(RestTest, FaultsOfRest) {
  start();
  wait_for_trades(50);
  RestClient client = rest_client();
  for (const int status : {403, 500, 503}) {
    exchange->fault(R"({"rest_status":)" + std::to_string(status) + "}");
    EXPECT_EQ(client.get("/api/v3/ping").status, status);
  }
  exchange->fault(R"({"rest_status":429,"retry_after_s":5,"for_ms":500})");
  EXPECT_EQ(client.get("/api/v3/ping").retry_after, "5");
  std::this_thread::sleep_for(std::chrono::milliseconds(700));
  EXPECT_EQ(violations(), std::set<std::string>{});
  EXPECT_EQ(client.get("/api/v3/ping").status, 200) << "the fault is over";
  EXPECT_EQ(violations(), std::set<std::string>{"went_on_after_retry_after"});

  exchange->fault(R"({"rest_cut":1})");
  EXPECT_EQ(client.get("/api/v3/ping").status, 0);
  exchange->fault(R"({"clear":true,"rest_delay_ms":200})");
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(client.get("/api/v3/ping").status, 200);
  EXPECT_GE(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(190));
  exchange->fault(R"({"clear":true,"rest_lag_ms":60000})");
  EXPECT_TRUE(ids_of(client.get("/api/v3/aggTrades?symbol=BTCUSDT")).empty());
  exchange->fault(R"({"rest_lag_ms":0})");
  EXPECT_FALSE(ids_of(client.get("/api/v3/aggTrades?symbol=BTCUSDT")).empty());
}

TEST_F(RestTest, RefusedIds) {
  start();
  wait_for_trades(50);
  const std::uint64_t first = exchange->trades("BTCUSDT").front().id;
  RestClient client = rest_client();
  const auto refuse = [&](const char* how) {
    exchange->fault(R"({"clear":true,"refuse_ids":{"symbol":"BTCUSDT","from":)" + std::to_string(first + 10) +
                    R"(,"to":)" + std::to_string(first + 12) + R"(,"how":")" + how + "\"}}");
  };
  refuse("error");
  EXPECT_EQ(ids_of(client.get(page(first, 20))).size(), 10u) << "up to them";
  EXPECT_EQ(client.get(page(first + 10, 20)).status, 400);
  EXPECT_EQ(client.get(page(first + 12, 20)).status, 400);
  EXPECT_EQ(ids_of(client.get(page(first + 13, 20))).size(), 20u);
  refuse("empty");
  EXPECT_TRUE(ids_of(client.get(page(first + 10, 20))).empty());
  refuse("omit");
  EXPECT_EQ(ids_of(client.get(page(first + 10, 20))).front(), first + 13);
}

TEST(FaultCommand, SaysWhatIsWrong) {
  EXPECT_EQ(read_fault(R"({"skipp":1})").error().message, "no fault is called skipp");
  EXPECT_EQ(read_fault(R"({"skip":2})").error().message, "wrong value of skip");
  EXPECT_EQ(read_fault(R"({"refuse_ids":{"symbol":"A"}})").error().message, "wrong value of refuse_ids");
  EXPECT_EQ(read_fault("[]").error().message, "a fault is a JSON object");
}

}  // namespace
}  // namespace streamd::exchange
