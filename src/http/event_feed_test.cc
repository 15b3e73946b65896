#include "http/event_feed.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace streamd {
namespace {

struct FakeStream final : HttpStream {
  bool send(std::shared_ptr<const std::string> piece) override {
    if (open) text += *piece;
    return open;
  }
  void end() override { open = false; }
  bool is_open() const override { return open; }
  std::string take() { return std::exchange(text, {}); }
  bool open = true;
  std::string text;
};

class EventFeedTest : public testing::Test {
 protected:
  EventFeedTest() {
    feed.add_symbol("A");
    feed.add_symbol("B");
  }
  std::shared_ptr<FakeStream> listen(const std::string& symbol = "", const std::string& last_event_id = "") {
    HttpRequest request;
    if (!symbol.empty()) request.query["symbol"] = symbol;
    request.last_event_id = last_event_id;
    auto stream = std::make_shared<FakeStream>();
    EXPECT_EQ(feed.open(request, stream).status, 200u);
    return stream;
  }
  static std::string bar(std::uint64_t number, const std::string& line) {
    return "id: run-" + std::to_string(number) + "\nevent: bar\ndata: " + line + "\n\n";
  }
  void publish(std::uint32_t symbol, const std::string& line) {
    feed.publish({{FeedEvent::Kind::bar, symbol, line}});
  }

  const std::string hello = "retry: 1000\n\n";
  ManualClock clock{1000};
  EventFeed feed{"run", clock, 2000};
};

TEST_F(EventFeedTest, AListenerGetsWhatHappensFromThenOn) {
  EXPECT_FALSE(feed.is_wanted());
  publish(0, "{\"n\":0}");
  const auto stream = listen();
  EXPECT_TRUE(feed.is_wanted());
  EXPECT_EQ(stream->take(), hello);
  feed.publish({{FeedEvent::Kind::bar, 0, "{\"n\":1}"}, {FeedEvent::Kind::decision, 1, "{\"n\":2}"}});
  EXPECT_EQ(stream->take(),
            "id: run-2\nevent: bar\ndata: {\"n\":1}\n\nid: run-3\nevent: decision\ndata: {\"n\":2}\n\n");
}

TEST_F(EventFeedTest, OneSymbolAlone) {
  const auto of_b = listen("B");
  const auto of_c = listen("C");  // not there yet
  of_b->take();
  of_c->take();
  feed.publish({{FeedEvent::Kind::bar, 0, "a"}, {FeedEvent::Kind::bar, 1, "b"}});
  EXPECT_EQ(of_b->take(), bar(3, "b"));
  EXPECT_EQ(of_c->take(), "");
  feed.add_symbol("C");
  publish(2, "c");
  EXPECT_EQ(of_b->take(), "");
  EXPECT_EQ(of_c->take(), bar(4, "c"));
}

TEST_F(EventFeedTest, OneThatWasCutOffGoesOn) {
  const auto first = listen();
  publish(0, "a");
  publish(1, "b");
  first->end();
  publish(0, "c");
  publish(1, "d");
  EXPECT_EQ(listen("", "run-2")->take(), hello + bar(3, "b") + bar(4, "c") + bar(5, "d"));
  EXPECT_EQ(listen("A", "run-2")->take(), hello + bar(4, "c"));
  EXPECT_EQ(listen("", "run-5")->take(), hello);
}

TEST_F(EventFeedTest, WhereNothingCanBeGoneOnFromThePageIsTold) {
  const auto first = listen();
  for (int i = 0; i < 100; ++i) publish(0, "a line that takes its room");
  const std::string reset = hello + "id: run-101\nevent: reset\ndata: {}\n\n";
  for (const char* id : {"run-2", "other-5", "run-", "run-x", "run-102", "run-99999999999999999999999", "run-5-", "-5"}) {
    EXPECT_EQ(listen("", id)->take(), reset) << id;
  }
  EXPECT_EQ(listen("", "run-100")->take(), hello + bar(101, "a line that takes its room"));
}

TEST_F(EventFeedTest, WhenNobodyHasListenedForAWhileNothingIsKept) {
  const auto stream = listen();
  publish(0, "a");
  stream->end();
  clock.advance(EventFeed::kForgetMs - 1);
  publish(0, "b");
  EXPECT_TRUE(feed.is_wanted());
  EXPECT_FALSE(feed.has_listeners());
  clock.advance(1);
  publish(0, "c");
  EXPECT_FALSE(feed.is_wanted());
  EXPECT_EQ(listen("", "run-3")->take(), hello + "id: run-5\nevent: reset\ndata: {}\n\n") << "some may be missing";
}

TEST_F(EventFeedTest, HealthGoesToAllAndIsNotKept) {
  const auto all = listen();
  const auto of_a = listen("A");
  all->take();
  of_a->take();
  publish(0, "a");
  feed.health("{\"lines\":1}");
  const std::string health = "id: run-2\nevent: health\ndata: {\"lines\":1}\n\n";
  EXPECT_EQ(all->take(), bar(2, "a") + health);
  EXPECT_EQ(of_a->take(), bar(2, "a") + health);
  EXPECT_EQ(listen("", "run-1")->take(), hello + bar(2, "a"));
}

TEST_F(EventFeedTest, AWrongSymbolIsRefused) {
  HttpRequest request;
  request.query["symbol"] = "";
  EXPECT_EQ(feed.open(request, std::make_shared<FakeStream>()).status, 400u);
  EXPECT_FALSE(feed.is_wanted());
}

TEST(EventFeedKept, WhoMissedTooMuchBeginsAnew) {
  ManualClock clock{1000};
  EventFeed feed("run", clock);
  feed.add_symbol("A");
  feed.add_symbol("B");
  const auto listen = [&](const std::string& symbol, const std::string& last_event_id) {
    HttpRequest request;
    if (!symbol.empty()) request.query["symbol"] = symbol;
    request.last_event_id = last_event_id;
    auto stream = std::make_shared<FakeStream>();
    feed.open(request, stream);
    return stream;
  };
  const auto first = listen("", "");
  const std::string line(EventFeed::kMaxMissedBytes / 4, 'x');
  for (int i = 0; i < 5; ++i) {
    feed.publish({{FeedEvent::Kind::bar, 0, line}, {FeedEvent::Kind::bar, 1, "{}"}});
    clock.advance(1000);
  }
  EXPECT_LT(first->text.find("id: run-2\n"), 100u);
  const std::string all = listen("", "run-2")->take();
  EXPECT_NE(all.find("event: reset"), std::string::npos);
  EXPECT_LT(all.size(), 200u);
  const std::string some = listen("", "run-6")->take();
  EXPECT_EQ(some.find("event: reset"), std::string::npos);
  EXPECT_GT(some.size(), 2 * line.size());
  const std::string of_one = listen("B", "run-2")->take();
  EXPECT_EQ(of_one.find("event: reset"), std::string::npos);
  EXPECT_NE(of_one.find("{}"), std::string::npos);
}

// A replay at full speed: events are left out, then everybody loads anew.
TEST_F(EventFeedTest, AFloodIsLeftOutAndEndsWithAReset) {
  const auto stream = listen();
  const std::string line(EventFeed::kMaxBytesPerSecond / 4, 'x');
  for (int i = 0; i < 3; ++i) publish(0, line);
  EXPECT_TRUE(feed.is_wanted());
  stream->take();
  publish(0, line);
  EXPECT_FALSE(feed.is_wanted());
  EXPECT_EQ(feed.floods(), 1u);
  EXPECT_EQ(stream->take(), "");
  publish(0, "{\"n\":1}");
  clock.advance(EventFeed::kFloodMs - 1);
  feed.health("{}");
  EXPECT_EQ(stream->take().find("reset"), std::string::npos);
  EXPECT_FALSE(feed.is_wanted());
  clock.advance(1);
  feed.health("{}");
  const std::string text = stream->take();
  EXPECT_LT(text.find("event: reset"), text.find("event: health")) << text;
  EXPECT_TRUE(feed.is_wanted());
  publish(0, "{\"n\":2}");
  const std::string after = stream->take();
  EXPECT_NE(after.find("{\"n\":2}"), std::string::npos);
  // Who was away meanwhile cannot go on.
  EXPECT_NE(listen("", "run-1")->take().find("event: reset"), std::string::npos);
  const std::string id = after.substr(4, after.find('\n') - 4);
  EXPECT_EQ(listen("", id)->take(), hello);
}

// The same amount, second by second, is no flood.
TEST_F(EventFeedTest, ManySymbolsEachSecondAreNoFlood) {
  const auto stream = listen();
  const std::string line(EventFeed::kMaxBytesPerSecond - 200, 'x');
  for (int second = 0; second < 20; ++second) {
    publish(0, line);
    EXPECT_GT(stream->take().size(), line.size()) << second;
    clock.advance(1000);
  }
}

}  // namespace
}  // namespace streamd
