#include <fmt/format.h>

#include "exchange/exchange_fixture.h"

namespace streamd::exchange {
namespace {

class StreamTest : public ExchangeTest {
 protected:
  // Messages until there is one that contains `text`; the others are dropped.
  static std::string answer(StreamClient& client, const std::string& text) {
    for (auto message = client.next(); message; message = client.next()) {
      if (message->find(text) != std::string::npos) return *message;
    }
    return "nothing";
  }
};

TEST_F(StreamTest, ASubscriberGetsExactlyTheMarket) {
  ExchangeOptions options = busy();
  options.symbols = {"BTCUSDT", "ETHUSDT"};
  options.wait_for = 2;
  start(options);
  auto client = stream_client("/stream?streams=btcusdt@aggTrade/ethusdt@aggTrade");
  const auto messages = client->take(500);
  ASSERT_EQ(messages.size(), 500u);
  std::map<std::string, std::vector<std::string>> by_symbol;
  for (const std::string& message : messages) {
    by_symbol[message.find("btcusdt@") != std::string::npos ? "BTCUSDT" : "ETHUSDT"].push_back(message);
  }
  for (const auto& [symbol, received] : by_symbol) {
    const auto trades = exchange->trades(symbol);
    const std::string stream = symbol == "BTCUSDT" ? "btcusdt@aggTrade" : "ethusdt@aggTrade";
    for (std::size_t i = 0; i < received.size(); ++i) {
      EXPECT_EQ(received[i], R"({"stream":")" + stream + R"(","data":)" + event_json(symbol, trades[i]) + "}");
    }
  }
  EXPECT_EQ(violations(), std::set<std::string>{});
}

TEST_F(StreamTest, RequestsAreAnswered) {
  start();
  auto client = stream_client("/ws");
  client->say(R"({"method":"SUBSCRIBE","params":["btcusdt@aggTrade"],"id":7})");
  EXPECT_EQ(client->next(), R"({"result":null,"id":7})");
  EXPECT_EQ(client->next()->find(R"({"e":"aggTrade","E":)"), 0u) << "raw";
  client->say(R"({"method":"LIST_SUBSCRIPTIONS","id":"x"})");
  EXPECT_EQ(answer(*client, "result"), R"({"result":["btcusdt@aggTrade"],"id":"x"})");
  client->say(R"({"method":"UNSUBSCRIBE","params":["btcusdt@aggTrade"],"id":null})");
  EXPECT_EQ(answer(*client, "result"), R"({"result":null,"id":null})");
  EXPECT_FALSE(client->next(100));
  EXPECT_EQ(violations(), std::set<std::string>{});
  client->say("{]");
  EXPECT_EQ(answer(*client, "error").find(R"({"error":{"code":2,"msg":"Invalid JSON)"), 0u);
  EXPECT_EQ(violations(), std::set<std::string>{"refused_request"});
}

TEST_F(StreamTest, WhatIsUnknownIsTakenInSilenceAndNoted) {
  start();
  auto client = stream_client("/stream?streams=BTCUSDT@aggTrade/nosuch@aggTrade");
  EXPECT_FALSE(client->next(100));
  EXPECT_EQ(violations(), std::set<std::string>{"unknown_stream"});
  StreamClient lost(exchange->ports().streams, exchange->ca_file());
  EXPECT_FALSE(lost.connect("/streams"));
  EXPECT_EQ(lost.status(), 404);
}

TEST_F(StreamTest, LimitOfStreams) {
  ExchangeOptions options;
  options.symbol_count = 1100;
  options.limits.message_bytes = 1 << 20;
  start(options);
  auto client = stream_client("/stream");
  std::string params;
  for (int i = 8; i < 8 + 1025; ++i) params += fmt::format("{}\"coin{}usdt@aggTrade\"", i == 8 ? "" : ",", i);
  client->say(R"({"method":"SUBSCRIBE","params":[)" + params + R"(],"id":1})");
  EXPECT_NE(answer(*client, "error").find("too many streams"), std::string::npos);
  EXPECT_EQ(violations(), std::set<std::string>{"streams_per_connection"});
  params.resize(params.rfind(','));
  client->say(R"({"method":"SUBSCRIBE","params":[)" + params + R"(],"id":2})");
  EXPECT_EQ(answer(*client, "result"), R"({"result":null,"id":2})");
  EXPECT_EQ(exchange->ledger().most_streams, 1025u);
}

TEST_F(StreamTest, LimitsOfLength) {
  start();
  auto client = stream_client("/stream");
  client->say(R"({"method":"SUBSCRIBE","params":["btcusdt@aggTrade"],"id":1})" + std::string(4000, ' '));
  EXPECT_FALSE(client->next(100)) << "silence";
  EXPECT_EQ(violations(), std::set<std::string>{"message_too_long"});
  StreamClient other(exchange->ports().streams, exchange->ca_file());
  EXPECT_FALSE(other.connect("/stream?streams=" + std::string(8000, 'a')));
  EXPECT_EQ(other.status(), 414);
  EXPECT_EQ(violations(), (std::set<std::string>{"message_too_long", "url_too_long"}));
}

TEST_F(StreamTest, LimitOfMessagesASecond) {
  start();
  auto client = stream_client("/ws");
  for (int i = 0; i < 5; ++i) client->say(R"({"method":"LIST_SUBSCRIPTIONS","id":1})");
  EXPECT_EQ(client->take(5).size(), 5u);
  EXPECT_EQ(violations(), std::set<std::string>{});
  for (int i = 0; i < 6; ++i) client->say(R"({"method":"LIST_SUBSCRIPTIONS","id":1})");
  while (client->next()) {
  }
  EXPECT_TRUE(client->has_ended());
  EXPECT_EQ(violations(), std::set<std::string>{"messages_per_second"});
  EXPECT_EQ(exchange->ledger().most_messages_a_second, 6u) << "then it is dropped";
}

TEST_F(StreamTest, LimitOfAttempts) {
  start();
  boost::asio::io_context context;
  const boost::asio::ip::tcp::endpoint endpoint(boost::asio::ip::address_v4::loopback(),
                                                static_cast<unsigned short>(exchange->ports().streams));
  for (int i = 0; i < 300; ++i) boost::asio::ip::tcp::socket(context).connect(endpoint);
  EXPECT_TRUE(comes_true([&] { return exchange->ledger().attempts == 300; }));
  EXPECT_EQ(violations(), std::set<std::string>{});
  StreamClient client(exchange->ports().streams, exchange->ca_file());
  EXPECT_FALSE(client.connect("/ws"));
  EXPECT_EQ(violations(), std::set<std::string>{"connection_attempts"});
}

TEST_F(StreamTest, PingsWantAnswers) {
  ExchangeOptions options = busy();
  options.rate = 0.001;
  options.limits.ping_ms = 300;
  options.limits.pong_ms = 400;
  start(options);
  auto client = stream_client();
  EXPECT_FALSE(client->next(1000));
  EXPECT_FALSE(client->has_ended());
  EXPECT_GE(client->pings(), 2);
  EXPECT_GE(exchange->ledger().pongs, 2u);
  EXPECT_EQ(violations(), std::set<std::string>{});
  std::this_thread::sleep_for(std::chrono::milliseconds(900));  // reads nothing
  EXPECT_EQ(violations(), std::set<std::string>{"no_pong"});
  EXPECT_FALSE(client->next(1000));
  EXPECT_TRUE(client->has_ended());
}

TEST_F(StreamTest, AConnectionHasItsLife) {
  ExchangeOptions options = busy();
  options.limits.life_ms = 300;
  start(options);
  auto client = stream_client();
  while (client->next()) {
  }
  EXPECT_TRUE(client->has_ended());
  EXPECT_EQ(client->close_code(), 1000);
  EXPECT_TRUE(comes_true([&] { return exchange->ledger().open_connections == 0; }));
}

}  // namespace
}  // namespace streamd::exchange
