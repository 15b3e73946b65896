#include <algorithm>
#include <filesystem>

#include "exchange/exchange_fixture.h"
#include "support/paths.h"

namespace streamd::exchange {
namespace {

class StreamFaultsTest : public ExchangeTest {
 protected:
  // What a subscriber gets while `fault` lasts, and the ledger after that.
  std::vector<std::uint64_t> ids_under(const std::string& fault, std::size_t count) {
    ExchangeOptions options = busy();
    options.wait_for = 1;
    start(options);
    exchange->fault(fault);
    auto client = stream_client();
    auto ids = ids_of(client->take(count));
    EXPECT_EQ(ids.size(), count);
    return ids;
  }
  static bool is_without_holes(std::vector<std::uint64_t> ids) {
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    return ids.back() - ids.front() + 1 == ids.size();
  }
};

TEST_F(StreamFaultsTest, SkippedMessagesNeverCome) {
  const auto ids = ids_under(R"({"skip":0.2})", 400);
  EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
  const double share = 1 - static_cast<double>(ids.size()) / static_cast<double>(ids.back() - ids.front() + 1);
  EXPECT_NEAR(share, 0.2, 0.08);
  EXPECT_GT(exchange->ledger().skipped, 50u);
}

TEST_F(StreamFaultsTest, RepeatedMessagesComeAgain) {
  const auto ids = ids_under(R"({"repeat":0.2})", 400);
  EXPECT_TRUE(is_without_holes(ids));
  const std::set<std::uint64_t> distinct(ids.begin(), ids.end());
  EXPECT_NEAR(static_cast<double>(ids.size() - distinct.size()), 67, 30);
  EXPECT_GT(exchange->ledger().repeated, 30u);
}

TEST_F(StreamFaultsTest, ReorderedMessagesComeLater) {
  auto ids = ids_under(R"({"reorder":0.2})", 400);
  EXPECT_FALSE(std::is_sorted(ids.begin(), ids.end()));
  const std::set<std::uint64_t> distinct(ids.begin(), ids.end());
  EXPECT_EQ(distinct.size(), ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    EXPECT_NEAR(static_cast<double>(ids[i] - exchange->trades("BTCUSDT").front().id), static_cast<double>(i), 4);
  }
}

TEST_F(StreamFaultsTest, DroppedConnectionsEndWithoutACloseFrame) {
  start();
  auto first = stream_client();
  auto second = stream_client();
  EXPECT_TRUE(first->next() && second->next());
  exchange->fault(R"({"drop_connections":1})");
  EXPECT_TRUE(comes_true([&] { return exchange->ledger().open_connections == 1; }));
  exchange->fault(R"({"drop_connections":true,"refuse_connections_ms":60000})");
  while (first->next()) {
  }
  EXPECT_TRUE(first->has_ended());
  EXPECT_EQ(first->close_code(), 0);
  StreamClient third(exchange->ports().streams, exchange->ca_file());
  EXPECT_FALSE(third.connect("/ws"));
  EXPECT_EQ(exchange->ledger().attempts, 3u);
}

TEST_F(StreamFaultsTest, WhatStallsComesLate) {
  start();
  auto client = stream_client();
  const std::uint64_t first = id_of(*client->next());
  exchange->fault(R"({"stall_ms":600})");
  std::uint64_t last = first;
  while (const auto message = client->next(200)) last = id_of(*message);
  const auto message = client->next();
  ASSERT_TRUE(message);
  EXPECT_EQ(id_of(*message), last + 1);
}

TEST_F(StreamFaultsTest, AFrozenConnectionSaysNothingMore) {
  start();
  auto client = stream_client();
  EXPECT_TRUE(client->next());
  exchange->fault(R"({"freeze":true})");
  while (client->next(300)) {
  }
  EXPECT_FALSE(client->has_ended());
  EXPECT_GT(exchange->ledger().lost_in_frozen, 0u);
  EXPECT_TRUE(stream_client()->next()) << "a new one is as any other";
}

TEST_F(StreamFaultsTest, RotationClosesInOrder) {
  start();
  auto client = stream_client();
  exchange->fault(R"({"rotate":true})");
  while (client->next()) {
  }
  EXPECT_EQ(client->close_code(), 1000);
}

TEST_F(StreamFaultsTest, AShutdownIsAnnounced) {
  start();
  auto combined = stream_client();
  auto raw = stream_client("/ws/btcusdt@aggTrade");
  EXPECT_TRUE(combined->next() && raw->next());
  exchange->fault(R"({"server_shutdown":true,"grace_ms":300})");
  const auto find = [](StreamClient& client) {
    for (auto message = client.next(); message; message = client.next()) {
      if (message->find("serverShutdown") != std::string::npos) return *message;
    }
    return std::string();
  };
  EXPECT_EQ(find(*combined).find(R"({"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1)"), 0u);
  EXPECT_EQ(find(*raw).find(R"({"e":"serverShutdown","E":1)"), 0u);
  EXPECT_TRUE(combined->next()) << "it goes on until then";
  while (combined->next()) {
  }
  EXPECT_EQ(combined->close_code(), 1001);
}

TEST_F(StreamFaultsTest, MisbehaviourIsAFunctionOfItsSeed) {
  Misbehaviour one(5);
  Misbehaviour same(5);
  std::set<std::string> seen;
  for (int i = 0; i < 500; ++i) {
    EXPECT_EQ(one.next_pause_ms(), same.next_pause_ms());
    const auto names = one.next().names();
    EXPECT_EQ(names, same.next().names());
    EXPECT_FALSE(names.empty());
    seen.insert(names.begin(), names.end());
  }
  for (const char* name : {"drop_connections", "freeze", "rotate", "server_shutdown", "stall", "refuse_connections",
                           "skip", "repeat", "reorder", "rest_cut", "rest_lag", "rest_delay", "rest_status_429",
                           "rest_status_418", "rest_status_403", "rest_status_503"}) {
    EXPECT_TRUE(seen.contains(name)) << name;
  }
}

TEST_F(StreamFaultsTest, RecordingsAreStreamedWhole) {
  ExchangeOptions options;
  options.recordings = source_path("../shared/data/binance_spot_2024-08-08");
  if (!std::filesystem::exists(options.recordings)) GTEST_SKIP() << "no recordings at " << options.recordings;
  options.speed = 400;
  options.wait_for = 2;
  start(options);
  auto client = stream_client("/stream?streams=btcusdt@aggTrade/ethusdt@aggTrade");
  const auto messages = client->take(9757 + 6106, 10'000);
  std::map<bool, std::vector<std::uint64_t>> ids;
  for (const std::string& message : messages)
    ids[message.find("BTCUSDT") != std::string::npos].push_back(id_of(message));
  for (const bool is_btc : {true, false}) {
    std::vector<std::uint64_t> expected;
    for (const AggTrade& trade : exchange->trades(is_btc ? "BTCUSDT" : "ETHUSDT")) expected.push_back(trade.id);
    EXPECT_EQ(ids[is_btc], expected);
    EXPECT_EQ(expected.size(), is_btc ? 9757u : 6106u);
  }
}

}  // namespace
}  // namespace streamd::exchange
