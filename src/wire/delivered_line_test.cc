#include "wire/delivered_line.h"

#include <gtest/gtest.h>

#include <set>

#include "wire/json_text.h"
#include "wire/ndjson_writer.h"

namespace streamd {
namespace {

constexpr std::string_view kSymbols[] = {
    "BTCUSDT", "a\"b", "a\\", "\\\"", "é€😀", "x", "a symbol of more than eight bytes",
    "{\"timestamp\":1", ",\"revision\":3}"};

std::string quoted(std::string_view text) {
  std::string json;
  append_json_string(json, text);
  return json;
}

std::string decision_line(Second second, std::string_view symbol) {
  DecisionLineWriter writer;
  writer.set_context({"r", {true, "f", 1, R"("x,\"revision\":9}")", "2"}});
  Decision decision;
  decision.second = second;
  std::string line;
  writer.append(line, decision, quoted(symbol));
  return line;
}

std::string bar_line(Second second, std::string_view symbol, std::uint64_t revision, bool partial = false) {
  BarNotice bar;
  bar.second = second;
  bar.revision = revision;
  bar.is_partial = partial;
  std::string line;
  append_bar_line(line, bar, quoted(symbol));
  return line;
}

std::string ack(std::string_view symbol, std::string_view timestamp, std::string_view more = "") {
  return "{\"type\":\"ack\",\"timestamp\":" + std::string(timestamp) + ",\"symbol\":" + quoted(symbol) +
         std::string(more) + "}";
}

TEST(DeliveredLine, AnAckGivesTheKeyOfTheLineThatItNames) {
  for (std::string_view symbol : kSymbols) {
    const std::string line = decision_line(1'700'000'000, symbol);
    ASSERT_TRUE(delivered_line_key(line)) << line;
    EXPECT_EQ(delivered_line_key(line), ack_key(ack(symbol, "1700000000000"))) << line;
    for (bool partial : {false, true}) {
      const std::string bar = bar_line(1'700'000'000, symbol, 18'446'744'073'709'551'615u, partial);
      ASSERT_TRUE(delivered_line_key(bar)) << bar;
      EXPECT_EQ(delivered_line_key(bar), ack_key(ack(symbol, "1700000000000", R"(,"revision":18446744073709551615)")));
    }
  }
}

TEST(DeliveredLine, TheNewlineDoesNotMatter) {
  for (std::string line : {decision_line(5, "S"), bar_line(5, "S", 7), bar_line(5, "S", 7, true)}) {
    const auto key = delivered_line_key(line);
    line.pop_back();
    EXPECT_EQ(delivered_line_key(line), key);
  }
}

TEST(DeliveredLine, DifferentLinesGiveDifferentKeys) {
  std::set<std::uint64_t> keys;
  std::size_t lines = 0;
  for (Second second = 0; second < 200; ++second) {
    for (std::string_view symbol : kSymbols) {
      for (std::uint64_t revision = 0; revision < 5; ++revision, ++lines) {
        keys.insert(*delivered_line_key(bar_line(second, symbol, revision)));
      }
    }
  }
  EXPECT_EQ(keys.size(), lines);
}

TEST(DeliveredLine, AcksInAnyFormThatJsonAllows) {
  const auto key = delivered_line_key(decision_line(1'700'000'000, "aé/"));
  for (std::string_view line : {
           R"({"type":"ack","timestamp":1700000000000,"symbol":"aé/"})",
           R"( { "symbol" : "\u0061\u00e9\/" , "timestamp" : 1700000000000 , "type" : "\u0061ck" } )",
           R"({"type":"ack","x":{"timestamp":1,"symbol":["b"]},"timestamp":1700000000000.0,"symbol":"aé/","y":null})",
           R"({"type":"ack","timestamp":1.7e12,"symbol":"aé/","revision":0})",
           R"({"type":"ack","timestamp":1,"timestamp":1700000000000,"symbol":"b","symbol":"aé/"})",
           "{\"type\":\"ack\",\"timestamp\":1700000000000,\"symbol\":\"aé/\"}\r",
           R"({"type":"ack","timestamp":1700000000000,"symbol":"aé/","big":123456789012345678901234567890})",
       }) {
    EXPECT_EQ(ack_key(line), key) << line;
  }
}

TEST(DeliveredLine, WhatIsNoAckGivesNothing) {
  for (std::string_view line : {
           "", " ", "ack", "[]", "1", "{}", "{", "\xff",
           R"({"type":"ack"})",
           R"({"type":"ack","timestamp":1})",
           R"({"type":"ack","symbol":"S"})",
           R"({"type":"nack","timestamp":1,"symbol":"S"})",
           R"({"timestamp":1,"symbol":"S"})",
           R"({"type":"ack","timestamp":"1","symbol":"S"})",
           R"({"type":"ack","timestamp":-1,"symbol":"S"})",
           R"({"type":"ack","timestamp":1.5,"symbol":"S"})",
           R"({"type":"ack","timestamp":1e300,"symbol":"S"})",
           R"({"type":"ack","timestamp":1,"symbol":7})",
           R"({"type":"ack","timestamp":1,"symbol":"\ud800"})",
           R"({"type":"ack","timestamp":1,"symbol":"S","revision":null})",
           R"({"type":"ack","timestamp":1,"symbol":"S"} x)",
           R"({"type":"ack","timestamp":1,"symbol":"S")",
           "{\"type\":\"ack\",\"timestamp\":1,\"symbol\":\"\xff\"}",
       }) {
    EXPECT_FALSE(ack_key(line)) << line;
  }
}

TEST(DeliveredLine, WhatIsNoLineOfOursGivesNothing) {
  for (std::string_view line : {
           "", "{", R"({"timestamp":)", R"({"timestamp":1)", R"({"timestamp":1,"symbol":"S)",
           R"({"timestamp":1,"symbol":"S\)", R"({"timestamp":1,"symbol":"S\")", R"({"timestamp":x,"symbol":"S"})",
           R"({"symbol":"S","timestamp":1})", R"({"type":"ohlc1s","symbol":"S","ts_ms":1000})",
           R"({"type":"ohlc1s","symbol":"S","ts_ms":1000,"revision":1)",
           R"({"type":"ohlc1s","symbol":"S","ts_ms":1000,"revision":})",
           R"({"type":"trade","symbol":"S","ts_ms":1000})",
       }) {
    EXPECT_FALSE(delivered_line_key(line)) << line;
  }
}

}  // namespace
}  // namespace streamd
