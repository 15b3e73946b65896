// What a page is told of a file that grows.
#include "plot/file_follower.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <fstream>

#include "support/plot_lines.h"

namespace streamd::plot {
namespace {

class CapturedStream final : public HttpStream {
 public:
  bool send(std::shared_ptr<const std::string> text) override {
    text_ += *text;
    return true;
  }
  void end() override {}
  bool is_open() const override { return true; }
  std::string take() { return std::exchange(text_, {}); }

 private:
  std::string text_;
};

class FileFollowerTest : public testing::Test {
 protected:
  FileFollowerTest() { options_.ndjson = folder_.path + "/d.ndjson"; }
  FileFollower& follower() {
    if (!follower_) follower_.emplace(options_, feed_, clock_);
    return *follower_;
  }
  void append(const std::string& text) { std::ofstream(options_.ndjson, std::ios::app) << text; }
  void look() {
    const auto more = follower().look();
    ASSERT_TRUE(more.ok()) << more.error().message;
    EXPECT_FALSE(more.value());
  }
  HttpResponse answer(std::map<std::string, std::string> query) {
    HttpRequest request;
    request.query = std::move(query);
    return follower().history(request);
  }
  // A value of the answer, as minified JSON.
  std::string told(std::map<std::string, std::string> query, const std::string& pointer) {
    const HttpResponse response = answer(std::move(query));
    EXPECT_EQ(response.status, 200U) << response.body;
    return at(response.body, pointer);
  }
  std::string at(const std::string& text, const std::string& pointer) {
    simdjson::dom::element whole, part;
    EXPECT_EQ(parser_.parse(text).get(whole), simdjson::SUCCESS) << text;
    EXPECT_EQ(whole.at_pointer(pointer).get(part), simdjson::SUCCESS) << pointer << " in " << text;
    return simdjson::minify(part);
  }

  PlotFolder folder_;
  PlotOptions options_;
  ManualClock clock_{1'800'000'000'000};
  EventFeed feed_{"run", clock_};
  std::optional<FileFollower> follower_;
  simdjson::dom::parser parser_;
};

TEST_F(FileFollowerTest, NothingYet) {
  look();
  EXPECT_FALSE(follower().is_there());
  EXPECT_EQ(told({}, "/symbols"), "[]");
  EXPECT_EQ(told({{"symbol", "ES"}}, "/bars/close"), "[]");
  EXPECT_EQ(at(follower().health_json(), "/file_state"), "\"waiting\"");
}

TEST_F(FileFollowerTest, TheNewestOfEachSymbol) {
  append(DecisionText{.second = 0, .close = 90, .symbol = "NQ"}.line());
  append(DecisionText{.second = 5, .close = 99.5, .direction = -1, .exposure = 0.25, .state = -1}.line());
  append(DecisionText{.second = 90'000, .close = 95, .hold = true, .symbol = "NQ", .posture = "OBSERVE"}.line());
  append(DecisionText{.second = 89'000, .close = 94, .symbol = "NQ"}.line());
  look();
  EXPECT_EQ(told({}, "/symbols"),
            R"([{"symbol":"ES","ts_ms":1700000005000,"close":99.5,"open_close":99.5,"state":-1,"direction":-1,)"
            R"("target_exposure":0.25,"hold":false,"posture":"TRADE_NORMAL","gate_open":true},)"
            R"({"symbol":"NQ","ts_ms":1700090000000,"close":95,"open_close":94,"state":0,"direction":0,)"
            R"("target_exposure":0,"hold":true,"posture":"OBSERVE","gate_open":true}])");
  EXPECT_EQ(told({}, "/costs"), R"({"fee_rate":0.0005,"slippage":0.0003,"min_trade":0})");
  EXPECT_EQ(told({}, "/decisions"), "true");
  EXPECT_EQ(told({}, "/file"), '"' + options_.ndjson + '"');
  EXPECT_EQ(told({}, "/now_ms"), "1800000000000");
}

TEST_F(FileFollowerTest, TheHistoryOfOneSymbol) {
  for (int i = 0; i < 10; ++i) {
    append(DecisionText{.second = i, .close = 100.0 + i, .direction = i < 5 ? 1 : -1, .exposure = 0.5, .hold = i == 6}
               .line());
  }
  append(DecisionText{.second = 7, .close = 1070, .direction = 1, .exposure = 1, .run = "run2"}.line());
  look();
  const std::map<std::string, std::string> wish = {
      {"symbol", "ES"}, {"from", "1700000002000"}, {"to", "1700000009000"}, {"limit", "3"}};
  EXPECT_EQ(told(wish, "/bars/ts_ms"), "[1700000006000,1700000007000,1700000008000]");
  EXPECT_EQ(told(wish, "/bars/high"), "[106,1070,108]") << "of two runs the last one's";
  EXPECT_EQ(told(wish, "/decisions/close"), "[106,1070,108]");
  EXPECT_EQ(told(wish, "/decisions/hold"), "[true,false,false]");
  EXPECT_EQ(told(wish, "/decisions/direction"), "[-1,1,-1]");
  EXPECT_EQ(told(wish, "/held"), "-0.5") << "before the hold";
  EXPECT_EQ(told({{"symbol", "ES"}}, "/held"), "0");
  EXPECT_EQ(told({{"symbol", "ES"}, {"limit", "1"}}, "/decisions/reason"), R"(["active_triadic"])");
  for (const char* wrong : {"from", "to", "limit"}) {
    EXPECT_EQ(answer({{"symbol", "ES"}, {wrong, "x"}}).status, 400U) << wrong;
  }
}

TEST_F(FileFollowerTest, WhatComesIsAnEventOnce) {
  append(DecisionText{.second = 1}.line());
  look();
  const auto stream = std::make_shared<CapturedStream>();
  ASSERT_EQ(feed_.open({}, stream).status, 200U);
  stream->take();
  append(DecisionText{.second = 2, .close = 99.5, .direction = 1, .exposure = 0.5, .urgency = 0.3, .state = 1}.line());
  append(DecisionText{.second = 1}.line());
  append(R"({"timestamp":17)");
  look();
  EXPECT_EQ(stream->take(),
            "id: run-2\nevent: bar\n"
            R"(data: {"symbol":"ES","ts_ms":1700000002000,"open":99.5,"high":99.5,"low":99.5,"close":99.5,"volume":0,)"
            "\"trades\":0,\"revision\":0}\n\nid: run-3\nevent: decision\n"
            R"(data: {"timestamp":1700000002000,"symbol":"ES","close":99.5,"state":1,"direction":1,)"
            R"("target_exposure":0.5,"urgency":0.3,"hold":false,"actionability":1,"reason":"active_triadic",)"
            "\"gate_open\":true,\"posture\":\"TRADE_NORMAL\"}\n\n");
  look();
  EXPECT_EQ(stream->take(), "");
  EXPECT_EQ(at(follower().health_json(), "/duplicates"), "1");
  EXPECT_EQ(at(follower().health_json(), "/lines"), "3") << "the unfinished one is none yet";
}

TEST_F(FileFollowerTest, AFileThatBeginsAnewGoesOn) {
  append(DecisionText{.second = 1}.line() + DecisionText{.second = 2}.line() + R"({"timestamp":17)");
  look();
  std::ofstream(options_.ndjson) << DecisionText{.second = 3}.line() << "nonsense\n";
  look();
  EXPECT_EQ(told({{"symbol", "ES"}}, "/bars/ts_ms"), "[1700000001000,1700000002000,1700000003000]");
  EXPECT_EQ(at(follower().health_json(), "/rejected_by_reason"), R"({"invalid_json":1,"unfinished_line":1})");
  EXPECT_EQ(follower().complaint(), "5 lines: 2 bad (invalid_json 1, unfinished_line 1)");
  ASSERT_EQ(follower().series().size(), 1U);
  EXPECT_EQ(follower().series()[0].points.size(), 3U);
}

TEST_F(FileFollowerTest, FiltersAndAWindow) {
  options_.filter.symbols = {"ES"};
  options_.filter.run_ids = {"run1", "run3"};
  options_.window_seconds = 10;
  for (int i = 0; i < 40; ++i) {
    append(DecisionText{.second = i}.line() + DecisionText{.second = i, .symbol = "NQ"}.line());
    append(DecisionText{.second = i, .close = 7, .run = "run2"}.line());
  }
  look();
  EXPECT_EQ(told({}, "/symbols/0/symbol"), "\"ES\"");
  EXPECT_EQ(told({{"symbol", "ES"}, {"to", "1700000031000"}}, "/bars/ts_ms"), "[1700000029000,1700000030000]");
  EXPECT_EQ(told({{"symbol", "ES"}, {"limit", "1"}}, "/bars/close"), "[100]");
}

}  // namespace
}  // namespace streamd::plot
