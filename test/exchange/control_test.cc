#include <fmt/format.h>

#include "exchange/exchange_fixture.h"
#include "support/http_client.h"

namespace streamd::exchange {
namespace {

class ControlTest : public ExchangeTest {
 protected:
  HttpReply ask(const std::string& method, const std::string& target, const std::string& body = "") {
    HttpClient client(static_cast<std::uint16_t>(exchange->ports().control));
    client.send(fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{}", method, target,
                            body.size(), body));
    return client.read_reply().value_or(HttpReply{});
  }
};

TEST_F(ControlTest, FaultsReportMarketAndTruth) {
  start();
  wait_for_trades(10);
  EXPECT_EQ(ask("POST", "/market", R"({"trading":false})").status, 200u);
  EXPECT_EQ(ask("POST", "/fault", R"({"skip":0.5,"for_ms":1000})").status, 200u);
  const HttpReply wrong = ask("POST", "/fault", R"({"skipp":0.5})");
  EXPECT_EQ(wrong.status, 400u);
  EXPECT_EQ(wrong.body, "no fault is called skipp\n");
  EXPECT_EQ(ask("GET", "/").status, 404u);

  const auto trades = exchange->trades("BTCUSDT");
  std::string truth;
  for (const AggTrade& trade : trades) truth += truth_line("BTCUSDT", trade);
  EXPECT_EQ(ask("GET", "/truth").body, truth);
  EXPECT_EQ(
      ask("GET", "/market").body,
      fmt::format(R"({{"trading":false,"over":false,"symbols":{{"BTCUSDT":{{"trades":{},"first":{},"last":{}}}}}}})"
                  "\n",
                  trades.size(), trades.front().id, trades.back().id));
  simdjson::dom::parser parser;
  const simdjson::dom::element report = parser.parse(ask("GET", "/report").body).value();
  EXPECT_EQ(report["trades"].get_uint64().value(), trades.size());
  EXPECT_EQ(report["faults"]["skip"].get_uint64().value(), 1u);
  EXPECT_EQ(report["violation_count"].get_uint64().value(), 0u);
  EXPECT_EQ(report["violations"].get_array().value().size(), 0u);
}

TEST_F(ControlTest, MisbehaviourBeginsAndEnds) {
  start();
  EXPECT_EQ(ask("POST", "/fault", R"({"misbehave":3})").status, 200u);
  EXPECT_TRUE(comes_true([&] { return !exchange->ledger().faults.empty(); }, 10'000));
  EXPECT_EQ(ask("POST", "/fault", R"({"misbehave":0,"clear":true})").status, 200u);
}

TEST(ExchangeOptions, OfTheCommandLine) {
  const auto read = read_exchange_options({"--folder", "/tmp/x", "--symbols", "AUSDT,BUSDT", "--ping-s", "0.5",
                                           "--misbehave", "7", "--times", "now", "--certificate", "expired"});
  const auto* options = std::get_if<ExchangeOptions>(&read);
  ASSERT_NE(options, nullptr);
  EXPECT_EQ(options->symbols, (std::vector<std::string>{"AUSDT", "BUSDT"}));
  EXPECT_EQ(options->limits.ping_ms, 500);
  EXPECT_EQ(options->limits.pong_ms, 60'000);
  EXPECT_EQ(options->misbehave, 7u);
  EXPECT_EQ(options->times, RecordedTimes::as_played);
  EXPECT_EQ(options->certificate, CertificateFlaw::expired);
  const auto many = read_exchange_options({"--folder", "/tmp/x", "--symbols", "2000"});
  EXPECT_EQ(std::get<ExchangeOptions>(many).symbol_count, 2000u);
  const auto wrong = read_exchange_options({});
  EXPECT_EQ(std::get<EarlyEnd>(wrong).exit_code, 2);
}

TEST(ExchangeOptions, SymbolsMustBeListedAndOnTrading) {
  ExchangeOptions options;
  options.folder = ::testing::TempDir() + "exchange_options";
  options.exchange_info = options.folder + "/info.json";
  std::filesystem::create_directories(options.folder);
  std::ofstream(options.exchange_info)
      << R"({"symbols":[{"symbol":"AUSDT","status":"TRADING"},{"symbol":"BUSDT","status":"BREAK"}]})";
  options.symbols = {"CUSDT"};
  EXPECT_EQ(Exchange::make(options).error().message, "CUSDT is not listed");
  options.symbols = {"BUSDT"};
  EXPECT_EQ(Exchange::make(options).error().message, "BUSDT is on BREAK");
  options.symbols = {"AUSDT"};
  EXPECT_TRUE(Exchange::make(options));
  std::filesystem::remove_all(options.folder);
}

}  // namespace
}  // namespace streamd::exchange
