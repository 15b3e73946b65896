#include "wire/ndjson_writer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "wire/json_text.h"
#include "wire/ndjson_reader.h"

namespace streamd {
namespace {

std::string quoted(std::string_view text) {
  std::string json;
  append_json_string(json, text);
  return json;
}

Decision some_decision() {
  Decision decision;
  decision.second = 1'700'000'000;
  decision.close = 95473.29;
  decision.state = TriadicState::sell;
  decision.posture = Posture::trade_normal;
  decision.gate_open = true;
  decision.allowed.direction = -1;
  decision.allowed.target_exposure = 0.0024385287749643;
  decision.allowed.urgency = 0.4;
  decision.allowed.actionability = 1;
  decision.allowed.reason.ground = Ground::active;
  decision.allowed.reason.influence_sensor = true;
  decision.cost = 0.1862;
  return decision;
}

std::string decision_line(const DecisionContext& context, const Decision& decision, std::string_view symbol) {
  DecisionLineWriter writer;
  writer.set_context(context);
  std::string line = "before\n";
  writer.append(line, decision, quoted(symbol));
  EXPECT_TRUE(line.starts_with("before\n"));
  return line.substr(7);
}

TEST(NdjsonWriter, ADecisionHasItsKeysInTheContractsOrder) {
  const DecisionContext context = {"0123456789abcdef0123456789abcdef",
                                   {true, "capital_controls_7.jsonl", 12.5, R"("all \"clear\"")", "1700000000"}};
  EXPECT_EQ(decision_line(context, some_decision(), "BTCUSDT"),
            R"({"timestamp":1700000000000,"symbol":"BTCUSDT","close":95473.29,"state":-1,"direction":-1,)"
            R"("target_exposure":0.0024385287749643,"urgency":0.4,"hold":false,"actionability":1,)"
            R"("reason":"active_triadic + influence_sensor","gate_open":true,"posture":"TRADE_NORMAL",)"
            R"("phase6_gate":{"open":true,"source":"capital_controls_7.jsonl","allowed_slip_bps":12.5,)"
            R"("reason":"all \"clear\"","timestamp":1700000000},"cost":0.1862,)"
            R"("run_id":"0123456789abcdef0123456789abcdef","source":"stream_daemon"})"
            "\n");
}

TEST(NdjsonWriter, WhatIsUnknownOfTheGateIsNull) {
  Decision decision;
  decision.state = TriadicState::unknown;
  decision.allowed.hold = true;
  decision.allowed.reason.ground = Ground::systemic_collapse;
  DecisionContext context;
  context.run_id = "r";
  EXPECT_EQ(decision_line(context, decision, "\"\\é"),
            R"({"timestamp":0,"symbol":"\"\\é","close":0,"state":-2,"direction":0,"target_exposure":0,"urgency":0,)"
            R"x("hold":true,"actionability":0,"reason":"systemic_collapse_prohibit (⚡)","gate_open":false,)x"
            R"("posture":"OBSERVE","phase6_gate":{"open":false,"source":null,"allowed_slip_bps":null,"reason":null,)"
            R"("timestamp":null},"cost":0,"run_id":"r","source":"stream_daemon"})"
            "\n");
}

TEST(NdjsonWriter, ALaterContextTakesThePlaceOfTheFormer) {
  DecisionLineWriter writer;
  writer.set_context({"one", {true, "a", 1, "\"x\"", "2"}});
  writer.set_context({"two", {}});
  std::string line;
  writer.append(line, some_decision(), "\"S\"");
  EXPECT_NE(line.find(R"("phase6_gate":{"open":false,"source":null)"), std::string::npos);
  EXPECT_TRUE(line.ends_with("\"run_id\":\"two\",\"source\":\"stream_daemon\"}\n"));
}

TEST(NdjsonWriter, ABarIsAnOhlcLineWithRevision) {
  BarNotice bar;
  bar.values = {1, 2.5, 0.25, 2, 12, 4};
  bar.second = 1'700'000'000;
  bar.revision = 18'446'744'073'709'551'615u;
  std::string line;
  append_bar_line(line, bar, quoted("ES"));
  EXPECT_EQ(line,
            R"({"type":"ohlc1s","symbol":"ES","ts_ms":1700000000000,"open":1,"high":2.5,"low":0.25,"close":2,)"
            R"("volume":12,"trades":4,"revision":18446744073709551615})"
            "\n");
  line.clear();
  bar.is_partial = true;
  bar.revision = 7;
  append_bar_line(line, bar, quoted("ES"));
  EXPECT_TRUE(line.ends_with("\"trades\":4,\"revision\":7,\"partial\":true}\n"));
}

class BarRoundTrip : public testing::Test {
 protected:
  ParsedLine read_back(const BarNotice& bar, std::string_view symbol) {
    line_.clear();
    append_bar_line(line_, bar, quoted(symbol));
    const std::size_t length = line_.size() - 1;
    line_.append(kReadSlack, ' ');
    return reader_.read(std::string_view(line_).substr(0, length));
  }

  std::string line_;
  NdjsonReader reader_;
};

TEST_F(BarRoundTrip, AnotherDaemonReadsTheSameDoubles) {
  constexpr double kNumbers[] = {0.0, -0.0, 1e-300, -1e-300, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308,
                                 1e300, 123456789012345678.0, 0.1, 1.0 / 3, 100, 100000, 999999999999999.0, 1e15, 1e16,
                                 9007199254740993.0, 1e22, 1e-5, 0.0001, 95473.29, -37.63, 1234567.5};
  for (double number : kNumbers) {
    BarNotice bar;
    bar.values = {number, number, number, number, std::fabs(number), 9'223'372'036'854'775'807};
    bar.second = second_of(kMaxEventTimeMs);
    const ParsedLine parsed = read_back(bar, "S");
    ASSERT_EQ(parsed.kind, LineKind::bar) << line_;
    EXPECT_EQ(parsed.bar, bar.values) << line_;
    EXPECT_EQ(std::signbit(parsed.bar.open), std::signbit(number)) << line_;
    EXPECT_EQ(parsed.event_time_ms, start_ms(bar.second));
  }
}

TEST_F(BarRoundTrip, WholeNumbersHaveNoExponent) {
  BarNotice bar;
  bar.values = {100000, 100000, -100000, 20, 0, 0};
  read_back(bar, "S");
  EXPECT_NE(line_.find(R"("open":100000,"high":100000,"low":-100000,"close":20,"volume":0,)"), std::string::npos);
}

TEST_F(BarRoundTrip, SymbolsOfEveryKind) {
  for (std::string_view symbol : {"BTCUSDT", "a\"b", "back\\slash", "é€😀", "sp ace", "\\\"", "/"}) {
    BarNotice bar;
    bar.values = {1, 1, 1, 1, 1, 1};
    const ParsedLine parsed = read_back(bar, symbol);
    ASSERT_EQ(parsed.kind, LineKind::bar) << line_;
    EXPECT_EQ(parsed.symbol, symbol);
  }
}

TEST_F(BarRoundTrip, APartialOneIsRefused) {
  BarNotice bar;
  bar.values = {1, 1, 1, 1, 1, 1};
  bar.is_partial = true;
  const ParsedLine parsed = read_back(bar, "S");
  EXPECT_EQ(parsed.kind, LineKind::reject);
  EXPECT_EQ(parsed.reject, RejectReason::bad_partial);
}

}  // namespace
}  // namespace streamd
