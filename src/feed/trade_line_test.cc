#include "feed/trade_line.h"

#include <gtest/gtest.h>

#include <fstream>

#include "feed/market_message.h"
#include "support/paths.h"
#include "wire/contract_fast_path.h"
#include "wire/json_text.h"
#include "wire/ndjson_reader.h"

namespace streamd::feed {
namespace {

std::string line_of(const std::string& symbol, const AggTrade& trade, std::uint64_t seq) {
  std::string symbol_json;
  append_json_string(symbol_json, symbol);
  std::string line;
  append_trade_line(line, symbol_json, trade, seq);
  return line;
}

// As the daemon reads it; `line` ends with its newline.
ParsedLine parse(NdjsonReader& reader, std::string& line) {
  const std::size_t size = line.size() - 1;
  line.resize(line.size() + kReadSlack);
  ParsedLine parsed = reader.read(std::string_view(line).substr(0, size));
  line.resize(size + 1);
  return parsed;
}

TEST(TradeLine, IsOfTheContractsOwnForm) {
  std::string line = line_of("BTCUSDT", {3735683259, 1723161255342, "61837.63000000", "0.02000000"}, 12);
  EXPECT_EQ(line,
            "{\"type\":\"trade\",\"symbol\":\"BTCUSDT\",\"ts_ms\":1723161255342,\"price\":61837.63000000,"
            "\"qty\":0.02000000,\"seq\":12}\n");
  const std::size_t size = line.size();
  line.resize(size + kReadSlack);
  ParsedLine parsed;
  EXPECT_EQ(read_contract_line(line.data(), size, parsed), line.data() + size) << "the daemon's fast path takes it";
  EXPECT_EQ(parsed.seq, 12u);
}

TEST(TradeLine, IsAppended) {
  std::string out = "before\n";
  append_trade_line(out, "\"A\"", {0, 0, "0", "1"}, 9223372036854775807);
  EXPECT_EQ(out,
            "before\n{\"type\":\"trade\",\"symbol\":\"A\",\"ts_ms\":0,\"price\":0,\"qty\":1,"
            "\"seq\":9223372036854775807}\n");
}

TEST(TradeLine, NamesAreEscaped) {
  NdjsonReader reader;
  for (const std::string name : {"币安人生USDT", "A\"B\\C"}) {
    std::string line = line_of(name, {1, 2, "3", "4"}, 5);
    const ParsedLine parsed = parse(reader, line);
    EXPECT_EQ(parsed.kind, LineKind::trade);
    EXPECT_EQ(parsed.symbol, name);
  }
}

// What was recorded from the exchange's stream, and the lines that another program made of it.
class RecordingTest : public testing::TestWithParam<const char*> {};

TEST_P(RecordingTest, GivesTheRecordedLines) {
  const std::string stem = source_path("../shared/data/binance_spot_2024-08-08/") + GetParam();
  std::ifstream messages(stem + ".ws.ndjson");
  std::ifstream lines(stem + ".trades.ndjson");
  if (!messages || !lines) GTEST_SKIP() << "no recording here: " << stem << ".ws.ndjson is absent";
  MarketMessageReader message_reader;
  NdjsonReader line_reader;
  std::string message;
  std::string expected_line;
  std::uint64_t count = 0;
  std::uint64_t last_id = 0;
  while (std::getline(messages, message)) {
    ASSERT_TRUE(std::getline(lines, expected_line)) << "after " << count;
    ++count;
    SCOPED_TRACE(message);
    const auto read = message_reader.read(std::string_view(message).substr(message.find(' ') + 1));
    ASSERT_TRUE(read.ok()) << read.error().message;
    ASSERT_TRUE(std::holds_alternative<LiveTrade>(read.value()));
    const auto& live = std::get<LiveTrade>(read.value());
    EXPECT_GT(live.trade.id, last_id);
    last_id = live.trade.id;

    expected_line += "\n";
    const ParsedLine expected = parse(line_reader, expected_line);
    ASSERT_EQ(expected.kind, LineKind::trade);
    const std::string expected_symbol(expected.symbol);
    std::string line = line_of(live.symbol, live.trade, count);
    const ParsedLine parsed = parse(line_reader, line);
    ASSERT_EQ(parsed.kind, LineKind::trade) << line;
    EXPECT_EQ(parsed.symbol, expected_symbol);
    EXPECT_EQ(parsed.event_time_ms, expected.event_time_ms);
    EXPECT_EQ(parsed.price, expected.price);
    EXPECT_EQ(parsed.quantity, expected.quantity);
    EXPECT_EQ(parsed.seq, count);
  }
  EXPECT_FALSE(std::getline(lines, expected_line)) << "a line without its message";
  EXPECT_GT(count, 6'000u);
}

INSTANTIATE_TEST_SUITE_P(OfBinance, RecordingTest, testing::Values("btcusdt", "ethusdt"),
                         [](const auto& symbol) { return std::string(symbol.param); });

}  // namespace
}  // namespace streamd::feed
