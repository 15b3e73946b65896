#include "feed/stream_plan.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <set>

namespace streamd::feed {
namespace {

using Names = std::vector<std::string>;

Names many_symbols(std::size_t count) {
  Names symbols;
  for (std::size_t i = 0; i < count; ++i) symbols.push_back("COIN" + std::to_string(i) + "USDT");
  return symbols;
}

// The streams that all messages of a connection ask for, as the exchange reads them.
Names asked_for(const PlannedConnection& connection) {
  Names streams;
  std::uint64_t id = 0;
  simdjson::dom::parser parser;
  for (const SubscribeMessage& message : connection.messages) {
    const simdjson::dom::element json = parser.parse(message.text);
    EXPECT_EQ(std::string_view(json["method"]), "SUBSCRIBE");
    EXPECT_EQ(std::uint64_t(json["id"]), ++id);
    EXPECT_EQ(message.id, id);
    EXPECT_GT(json["params"].get_array().size(), 0u);
    for (const std::string_view stream : json["params"]) streams.emplace_back(stream);
  }
  return streams;
}

Names streams_of(const Names& symbols) {
  Names streams;
  for (const std::string& symbol : symbols) streams.push_back(stream_name(symbol));
  return streams;
}

TEST(StreamPlan, NamesOfStreamsAreInLowerCase) {
  EXPECT_EQ(stream_name("BTCUSDT"), "btcusdt@aggTrade");
  EXPECT_EQ(stream_name("1000SATSUSDT"), "1000satsusdt@aggTrade");
  EXPECT_EQ(stream_name("币安人生USDT"), "币安人生usdt@aggTrade") << "ASCII letters have two cases, no others";
}

TEST(StreamPlan, FewSymbolsAreOneMessage) {
  const auto plan = plan_streams({"BTCUSDT", "ETHUSDT"});
  ASSERT_EQ(plan.size(), 1u);
  EXPECT_EQ(plan[0].symbols, (Names{"BTCUSDT", "ETHUSDT"}));
  ASSERT_EQ(plan[0].messages.size(), 1u);
  EXPECT_EQ(plan[0].messages[0].text,
            R"({"method":"SUBSCRIBE","params":["btcusdt@aggTrade","ethusdt@aggTrade"],"id":1})");
  EXPECT_EQ(plan[0].messages[0].at_ms, 0);
}

TEST(StreamPlan, NoSymbolsNoConnections) { EXPECT_TRUE(plan_streams({}).empty()); }

TEST(StreamPlan, ConnectionsAreFewAndEven) {
  EXPECT_EQ(plan_streams(many_symbols(1'024)).size(), 1u);
  const auto two = plan_streams(many_symbols(1'025));
  ASSERT_EQ(two.size(), 2u);
  EXPECT_EQ(two[0].symbols.size(), 513u);
  EXPECT_EQ(two[1].symbols.size(), 512u);
  EXPECT_EQ(two[0].symbols.front(), "COIN0USDT");
  EXPECT_EQ(two[1].symbols.front(), "COIN1USDT") << "neighbours are spread";
}

TEST(StreamPlan, EachSymbolIsAskedForOnceAndWithinTheLimits) {
  for (const std::size_t count : {1u, 3u, 7u, 150u, 2'000u}) {
    for (const PlanLimits& limits : {PlanLimits(), PlanLimits{3, 100}, PlanLimits{40, 200}, PlanLimits{1, 3'500}}) {
      const Names symbols = many_symbols(count);
      const auto plan = plan_streams(symbols, limits);
      EXPECT_EQ(plan.size(), (count + limits.max_streams - 1) / limits.max_streams);
      std::multiset<std::string> planned;
      for (const PlannedConnection& connection : plan) {
        EXPECT_LE(connection.symbols.size(), limits.max_streams);
        EXPECT_EQ(asked_for(connection), streams_of(connection.symbols));
        planned.insert(connection.symbols.begin(), connection.symbols.end());
        for (const SubscribeMessage& message : connection.messages) {
          EXPECT_LE(message.text.size(), limits.max_message_bytes);
        }
      }
      EXPECT_EQ(planned, std::multiset<std::string>(symbols.begin(), symbols.end()));
    }
  }
}

TEST(StreamPlan, MessagesAreFull) {
  const auto plan = plan_streams(many_symbols(1'000));
  ASSERT_EQ(plan.size(), 1u);
  const auto& messages = plan[0].messages;
  for (std::size_t i = 0; i + 1 < messages.size(); ++i) EXPECT_GT(messages[i].text.size(), 3'400u);
  EXPECT_LE(messages.size(), 8u);
}

TEST(StreamPlan, ANameThatIsLongerThanAMessageStandsAlone) {
  const auto plan = plan_streams({std::string(64, 'A'), "B", "C"}, {10, 70});
  ASSERT_EQ(plan.size(), 1u);
  ASSERT_EQ(plan[0].messages.size(), 3u);
  EXPECT_EQ(asked_for(plan[0]), streams_of(plan[0].symbols));
}

TEST(StreamPlan, NoSecondHasMoreThanThreeMessages) {
  const auto plan = plan_streams(many_symbols(1'000), {1'024, 300});
  const auto& messages = plan[0].messages;
  ASSERT_GT(messages.size(), 50u);
  for (std::size_t i = 3; i < messages.size(); ++i) EXPECT_GT(messages[i].at_ms - messages[i - 3].at_ms, 1'000);
}

TEST(StreamPlan, NamesAreEscaped) {
  const auto plan = plan_streams({"A\"B"});
  EXPECT_EQ(asked_for(plan[0]), (Names{"a\"b@aggTrade"}));
}

}  // namespace
}  // namespace streamd::feed
