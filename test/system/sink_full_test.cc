// A sink's spool is full: the producers wait and nothing is missing, or the sink misses lines and the log says exactly
// which.
#include <algorithm>
#include <iostream>
#include <map>
#include <regex>

#include "base/utc_text.h"
#include "system/sink_fixture.h"
#include "system/stored_bars.h"
#include "system/tcp_client.h"

namespace streamd {
namespace {

// What the log says that a sink has missed.
struct Missed {
  std::size_t lines = 0;
  std::string first;
  std::string last;
};

std::vector<Missed> missed_ranges(const std::string& log, const std::string& spec) {
  static const std::regex kRange("it has missed (\\d+) lines from (\\S+ \\S+) to (\\S+ [0-9:]+)");
  std::vector<Missed> ranges;
  for (const std::string& line : lines_of(log)) {
    std::smatch found;
    if (line.find("sink " + spec + ":") == std::string::npos || !std::regex_search(line, found, kRange)) continue;
    ranges.push_back({std::stoull(found[1]), found[2], found[3]});
  }
  return ranges;
}

std::vector<std::string> text_of(std::vector<std::size_t> numbers) {
  std::vector<std::string> texts;
  for (const std::size_t number : numbers) texts.push_back(DecisionFeed::key(number));
  return texts;
}

class SinkFullTest : public SinkTest {
 protected:
  const Arguments small_ = {"--sink-spool-bytes", "64KiB", "--sink-resend-bytes", "16KiB"};

  Arguments with(Arguments arguments, const Arguments& more) {
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  std::size_t stored() {
    try {
      return std::stoull(read_table(db_, "SELECT count(*) FROM stream_actions")[0][0]);
    } catch (const std::exception&) {
      return 0;
    }
  }
  bool wait_stored(std::size_t count) {
    return eventually([&] {
      if (stored() >= count) return true;
      pass(milliseconds(50));
      return false;
    });
  }
  // Numbers of the decisions that did not come.
  std::vector<std::size_t> missing(const DeliveredLines& lines) {
    std::vector<std::size_t> numbers;
    for (std::size_t number = 0; number < feed_.bars(); ++number) {
      if (!lines.has(DecisionFeed::key(number))) numbers.push_back(number);
    }
    return numbers;
  }
};

// Between the spool and the producer are queues of some MiB and the kernel's buffers; all of them fill.
TEST_F(SinkFullTest, BlockPushesTheProducerBackUntilTheSinkTakesLines) {
  Subscriber subscriber(Manner::acknowledges, DeliveredLines::Keep::keys);
  subscriber.die();
  const Arguments decide = {"--emit-decisions", "--no-decision-stdout", "--decision-sink", subscriber.spec()};
  DaemonProcess daemon(folder_, listening(with({"--sink-spool-bytes", "4MiB", "--sink-resend-bytes", "1MiB"}, decide)));
  TcpClient client(daemon.port());
  std::string text;
  const auto send_until_stuck = [&](milliseconds stuck) {
    auto last = steady_clock::now();
    while (steady_clock::now() - last < stuck) {
      if (text.size() < (1 << 20)) text += feed_.next_lines(5'000);
      const std::size_t sent = client.send_some(text);
      text.erase(0, sent);
      if (sent > 0) last = steady_clock::now();
      if (sent == 0) pass(milliseconds(2));
      ASSERT_LT(feed_.bars(), 5'000'000u) << "is never pushed back";
    }
  };
  ASSERT_NO_FATAL_FAILURE(send_until_stuck(milliseconds(2'000)));
  EXPECT_TRUE(daemon.wait_errors("its spool is full: nothing more is read"));
  EXPECT_TRUE(daemon.wait_errors("its spool is half full"));
  EXPECT_EQ(subscriber.distinct(), 0u);
  const std::size_t until_stuck = feed_.bars();
  subscriber.revive();
  client.send(text);
  client.send(feed_.next_lines(1'000));
  client.finish();
  EXPECT_TRUE(subscriber.wait_distinct(feed_.bars()));
  stop(daemon);
  std::cout << "pushed back after at most " << until_stuck << " decisions\n";
  expect_every_key(db_, subscriber.lines(), feed_.bars());
}

TEST_F(SinkFullTest, BlockGoesOnAfterAKill) {
  constexpr std::size_t kPart = 2'000;
  Subscriber subscriber(Manner::acknowledges);
  subscriber.die();
  const Arguments arguments = feed_.arguments(with(small_, {"--decision-sink", subscriber.spec()}));
  {
    DaemonProcess daemon(folder_, arguments);
    grow(kPart, 100);
    ASSERT_TRUE(daemon.wait_errors("its spool is full: nothing more is read"));
    kill(daemon);
  }
  DaemonProcess daemon(folder_, arguments);
  grow(kPart, 100);
  subscriber.revive();
  EXPECT_TRUE(subscriber.wait_distinct(2 * kPart));
  stop(daemon);
  expect_every_decision(db_, subscriber.lines(), 2 * kPart);
}

// What does not fit into the spool before the stop waits in the journal.
TEST_F(SinkFullTest, AStopWhileBlockedLeavesTheRestToTheNextStart) {
  constexpr std::size_t kPart = 2'000;
  Subscriber subscriber(Manner::acknowledges);
  subscriber.die();
  const Arguments arguments = feed_.arguments(with(small_, {"--decision-sink", subscriber.spec()}));
  {
    DaemonProcess daemon(folder_, arguments);
    grow(kPart, 100);
    ASSERT_TRUE(daemon.wait_errors("its spool is full: nothing more is read"));
    const auto start = steady_clock::now();
    stop(daemon);
    EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(kSanitized ? 25 : 11));
  }
  subscriber.revive();
  DaemonProcess daemon(folder_, arguments);
  EXPECT_TRUE(subscriber.wait_distinct(kPart));
  stop(daemon);
  expect_every_decision(db_, subscriber.lines(), kPart);
}

TEST_F(SinkFullTest, DetachGoesOnWithoutTheSinkAndSaysWhatItMisses) {
  constexpr std::size_t kPart = 3'000;
  Subscriber subscriber(Manner::acknowledges);
  subscriber.die();
  const Arguments arguments =
      feed_.arguments(with(small_, {"--sink-full", "detach", "--decision-sink", subscriber.spec()}));
  DaemonProcess daemon(folder_, arguments);
  grow(kPart, 100);
  EXPECT_TRUE(wait_stored(kPart)) << "ingest does not go on";
  EXPECT_TRUE(daemon.wait_errors("its spool is full: detached"));
  subscriber.revive();
  // It is attached with the next line that comes when a quarter is free.
  const auto end = steady_clock::now() + kPatience;
  while (daemon.errors().find("attached again") == std::string::npos && steady_clock::now() < end) {
    grow(1, 1);
    pass(milliseconds(50));
  }
  for (int i = 0; i < 10; ++i) {  // slowly, so that it stays so
    grow(20, 20);
    ASSERT_TRUE(eventually([&] { return subscriber.has(DecisionFeed::key(feed_.bars() - 1)); }));
  }
  stop(daemon);
  const DeliveredLines lines = subscriber.lines();
  const std::vector<std::size_t> gone = missing(lines);
  const std::vector<Missed> ranges = missed_ranges(daemon.errors(), subscriber.spec());
  ASSERT_EQ(ranges.size(), 1u) << daemon.errors();
  ASSERT_FALSE(gone.empty());
  EXPECT_GT(lines.distinct(), 200u);
  EXPECT_EQ(ranges[0].lines, gone.size());
  EXPECT_EQ(ranges[0].first, utc_text(DecisionFeed::second(gone.front())));
  EXPECT_EQ(ranges[0].last, utc_text(DecisionFeed::second(gone.back())));
  EXPECT_EQ(gone.back() - gone.front() + 1, gone.size()) << "more than one range";
  EXPECT_EQ(lines.distinct() + ranges[0].lines, feed_.bars());
  EXPECT_EQ(stored(), feed_.bars());
}

// All that waits has been sent: only the resend window holds it. The daemon leaves when the kernel has taken the last
// line, and the peer reads it later.
TEST_F(SinkFullTest, APeerThatReadsAndNeverAcknowledgesHoldsUpNothing) {
  constexpr std::size_t kBars = 100'000;
  std::string bars;
  for (std::size_t i = 0; i < kBars; ++i) {
    bars += R"({"type":"ohlc1s","symbol":"A","ts_ms":)" + std::to_string(1'700'000'000'000 + i * 1000) +
            R"(,"open":1,"high":2,"low":1,"close":1.5,"volume":3,"trades":4})" + "\n";
  }
  for (const std::string full : {"block", "detach"}) {
    TempFolder folder;
    write_file(folder / "day.ndjson", bars);
    Subscriber subscriber(Manner::silent, DeliveredLines::Keep::keys);
    const Arguments arguments =
        replaying({"--tail", "day.ndjson", "--ohlc-sink", subscriber.spec(), "--sink-full", full, "--sink-spool-bytes",
                   "1MiB", "--sink-resend-bytes", "131072"});
    std::string said_before;
    {
      DaemonProcess daemon(folder, arguments);
      EXPECT_TRUE(subscriber.wait_distinct(3'000)) << full;
      daemon.signal(SIGKILL);
      daemon.wait_exit();
      said_before = daemon.errors();
    }
    DaemonProcess daemon(folder, arguments);
    EXPECT_EQ(daemon.wait_exit(), 0) << full;
    const std::string said = daemon.errors();
    const auto times_in = [](const std::string& log, const std::string& words) {
      std::size_t count = 0;
      for (const std::string& line : lines_of(log)) count += line.find(words) != std::string::npos;
      return count;
    };
    const auto times = [&](const std::string& words) { return times_in(said, words); };
    // Once by each at most; one that had read everything before it was killed leaves the other nothing to say it of.
    const std::string too_small = "is too small for what was sent";
    EXPECT_LE(times_in(said_before, too_small), 1u) << full << said_before;
    EXPECT_LE(times(too_small), 1u) << full << said;
    EXPECT_GE(times_in(said_before, too_small) + times(too_small), 1u) << full << said_before << said;
    if (full == "block") {
      EXPECT_TRUE(subscriber.wait_distinct(kBars)) << subscriber.distinct() << " of " << kBars;
    } else {
      EXPECT_LE(times("full: detached"), times("attached again") + 1) << said;
      EXPECT_TRUE(subscriber.wait_distinct(10'001)) << subscriber.distinct();
    }
    DaemonProcess again(folder, arguments);
    EXPECT_EQ(again.wait_exit(), 0) << full;
  }
}

// The count is lost with the kill; the range is not, and nothing outside of it is missing.
TEST_F(SinkFullTest, ADetachedSinkIsAttachedAgainAfterAKill) {
  constexpr std::size_t kPart = 3'000;
  Subscriber subscriber(Manner::acknowledges);
  subscriber.die();
  const Arguments arguments =
      feed_.arguments(with(small_, {"--sink-full", "detach", "--decision-sink", subscriber.spec()}));
  {
    DaemonProcess daemon(folder_, arguments);
    grow(kPart, 100);
    EXPECT_TRUE(daemon.wait_errors("its spool is full: detached"));
    EXPECT_TRUE(wait_stored(kPart));
    kill(daemon);
  }
  subscriber.revive();
  DaemonProcess daemon(folder_, arguments);
  ASSERT_TRUE(daemon.wait_errors("storing in"));
  std::size_t in_second_run = 0;
  const auto end = steady_clock::now() + kPatience;
  while (daemon.errors().find("attached again") == std::string::npos && steady_clock::now() < end) {
    grow(1, 1);
    ++in_second_run;
    pass(milliseconds(50));
  }
  for (int i = 0; i < 5; ++i) {
    grow(20, 20);
    ASSERT_TRUE(eventually([&] { return subscriber.has(DecisionFeed::key(feed_.bars() - 1)); }));
  }
  stop(daemon);
  const DeliveredLines lines = subscriber.lines();
  const std::vector<std::size_t> gone = missing(lines);
  ASSERT_FALSE(gone.empty());
  EXPECT_EQ(gone.back() - gone.front() + 1, gone.size()) << testing::PrintToString(text_of(gone));
  EXPECT_LT(gone.back(), kPart + in_second_run) << "missing though it was attached again";
  EXPECT_EQ(stored(), feed_.bars());
}

}  // namespace
}  // namespace streamd
