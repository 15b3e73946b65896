// Subscribers that acknowledge, never do, hang, reset and die, while the daemon is killed too: each has every decision
// in the end, and none holds up the others.
#include <algorithm>
#include <iostream>
#include <map>

#include "system/bar_oracle.h"
#include "system/sink_fixture.h"
#include "system/stored_bars.h"
#include "system/tcp_client.h"

namespace streamd {
namespace {

// One that acknowledges goes through all that can happen to it; a silent one and a file have an easy life beside it.
TEST_F(SinkTest, AnAcknowledgingSubscriberHasEveryDecision) {
  constexpr std::size_t kDecisions = kSanitized ? 20'000 : 100'000;
  constexpr std::size_t kPart = kDecisions / 10;
  Subscriber tried(Manner::acknowledges);
  Subscriber easy(Manner::silent);
  const Arguments arguments = feed_.arguments({"--decision-sink", tried.spec(), "--decision-sink", easy.spec(),
                                               "--decision-sink", "file:decisions.ndjson"});
  {
    DaemonProcess daemon(folder_, arguments);
    grow(kPart);
    ASSERT_TRUE(tried.wait_distinct(kPart / 2));
    tried.reset();  // killed and started again, in mid-stream
    grow(kPart);
    ASSERT_TRUE(tried.wait_distinct(2 * kPart));
    tried.behave(Manner::hangs);
    grow(kPart);
    EXPECT_TRUE(easy.wait_distinct(3 * kPart)) << "a hanging sink holds up another one";
    EXPECT_TRUE(file_has(file_, 3 * kPart)) << "a hanging sink holds up a file";
    EXPECT_LT(tried.distinct(), 3 * kPart);
    tried.reset();
    tried.behave(Manner::acknowledges);
    ASSERT_TRUE(tried.wait_connections(3));
    grow(kPart);
    kill(daemon);
  }
  {
    DaemonProcess daemon(folder_, arguments);
    ASSERT_TRUE(tried.wait_connections(4));
    grow(kPart);
    tried.die();
    grow(kPart);
    tried.revive();
    ASSERT_TRUE(tried.wait_connections(5));
    grow(kPart);
    kill(daemon);
    grow(kPart);  // nobody reads it yet
  }
  DaemonProcess daemon(folder_, arguments);
  ASSERT_TRUE(tried.wait_connections(6));
  grow(kPart);
  tried.reset();
  grow(kPart);
  EXPECT_TRUE(tried.wait_distinct(kDecisions));
  EXPECT_TRUE(easy.wait_distinct(kDecisions));
  EXPECT_TRUE(file_has(file_, kDecisions));
  stop(daemon);
  EXPECT_GE(tried.connections(), 7u);
  std::cout << tried.all() - tried.distinct() << " lines came again over " << tried.connections() << " connections\n";
  expect_every_decision(db_, tried.lines(), kDecisions);
  expect_every_decision(db_, easy.lines(), kDecisions);
  expect_every_decision(db_, lines_of_file(file_, 2), kDecisions);
}

// More than all the kernel's buffers hold waits while it hangs, and what is in them is lost with the connection.
TEST_F(SinkTest, ASubscriberThatNeverAcknowledgesHasEveryDecision) {
  const auto hangs_for = is_long() ? milliseconds(60'000) : milliseconds(3'000);
  const std::size_t decisions = kSanitized ? 20'000 : is_long() ? 400'000 : 60'000;  // of over 400 bytes
  const std::size_t part = decisions / 5;
  Subscriber subscriber(Manner::silent);
  const Arguments arguments =
      feed_.arguments({"--decision-sink", subscriber.spec(), "--decision-sink", "file:decisions.ndjson"});
  DaemonProcess daemon(folder_, arguments);
  grow(part);
  ASSERT_TRUE(subscriber.wait_distinct(part / 2));
  subscriber.behave(Manner::hangs);
  const auto since = steady_clock::now();
  grow(3 * part);
  EXPECT_TRUE(file_has(file_, 4 * part)) << "a hanging sink holds up a file";
  while (steady_clock::now() - since < hangs_for) pass(milliseconds(20));
  subscriber.reset();
  subscriber.behave(Manner::silent);
  pass(milliseconds(100));
  subscriber.reset();  // in mid-stream
  grow(part);
  EXPECT_TRUE(subscriber.wait_distinct(decisions));
  stop(daemon);
  EXPECT_EQ(daemon.errors().find("the peer acknowledges"), std::string::npos);
  expect_every_decision(db_, subscriber.lines(), decisions);
}

TEST_F(SinkTest, ASilentSubscriberHasEveryDecisionThoughTheDaemonIsKilled) {
  constexpr std::size_t kPart = 4'000;
  Subscriber subscriber(Manner::silent);
  const Arguments arguments = feed_.arguments({"--decision-sink", subscriber.spec()});
  for (int i = 0; i < 3; ++i) {
    DaemonProcess daemon(folder_, arguments);
    grow(kPart, 200);
    kill(daemon);
  }
  DaemonProcess daemon(folder_, arguments);
  EXPECT_TRUE(subscriber.wait_distinct(3 * kPart));
  stop(daemon);
  expect_every_decision(db_, subscriber.lines(), 3 * kPart);
}

TEST_F(SinkTest, AStopWithAnUnreachablePeerLeavesTheBacklogToTheNextStart) {
  constexpr std::size_t kPart = 3'000;
  Subscriber away(Manner::acknowledges);
  away.die();
  const Arguments arguments =
      feed_.arguments({"--decision-sink", away.spec(), "--decision-sink", "file:decisions.ndjson"});
  {
    DaemonProcess daemon(folder_, arguments);
    grow(kPart);
    ASSERT_TRUE(file_has(file_, kPart));
    const auto start = steady_clock::now();
    stop(daemon);
    EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(kSanitized ? 20 : 10));
    EXPECT_NE(daemon.errors().find("sink " + away.spec() + ": "), std::string::npos);
    EXPECT_NE(daemon.errors().find(" bytes wait in its spool for the next start"), std::string::npos);
  }
  away.revive();
  DaemonProcess daemon(folder_, arguments);
  EXPECT_TRUE(away.wait_distinct(kPart));
  stop(daemon);
  EXPECT_EQ(daemon.errors().find("wait in its spool"), std::string::npos);
  expect_every_decision(db_, away.lines(), kPart);
}

// One that hangs is connected; a stop does not wait for it longer than it may, either.
TEST_F(SinkTest, AStopWithAHangingPeerEndsInTime) {
  constexpr std::size_t kPart = kSanitized ? 20'000 : 40'000;
  Subscriber hanging(Manner::hangs);
  const Arguments arguments =
      feed_.arguments({"--decision-sink", hanging.spec(), "--decision-sink", "file:decisions.ndjson"});
  {
    DaemonProcess daemon(folder_, arguments);
    grow(kPart);
    ASSERT_TRUE(file_has(file_, kPart));
    const auto start = steady_clock::now();
    stop(daemon);
    EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(kSanitized ? 20 : 10));
    hanging.reset();
  }
  hanging.behave(Manner::silent);
  DaemonProcess daemon(folder_, arguments);
  EXPECT_TRUE(hanging.wait_distinct(kPart));
  stop(daemon);
  expect_every_decision(db_, hanging.lines(), kPart);
}

// Bars whole, and again with each amendment: the last revision of each is what the table has.
TEST_F(SinkTest, ABarSinkGetsEveryBarAndWhatAmendsIt) {
  constexpr int kSeconds = 400;
  Subscriber subscriber(Manner::acknowledges);
  write_file(folder_ / "trades.ndjson", "");
  const Arguments arguments = following("trades.ndjson", {"--ohlc-sink", subscriber.spec()});
  std::size_t late = 0;
  const auto trade = [&](std::int64_t ts_ms) {
    const std::string symbol = "T" + std::to_string(random_() % 2);
    const double price = 100 + static_cast<double>(random_() % 1000) / 8;
    append_file(folder_ / "trades.ndjson", trade_line(symbol, ts_ms, price, 0.25));
  };
  const auto trades = [&](int first, int end) {
    for (int second = first; second < end; ++second) {
      const std::int64_t at_ms = (DecisionFeed::kFirstSecond + second) * 1000;
      for (int i = 0; i < 4; ++i) trade(at_ms + 200 * i);
      if (second > 50 && random_() % 4 == 0) {
        trade(at_ms - 1000 * static_cast<std::int64_t>(3 + random_() % 40));
        ++late;
      }
      if (second % 10 == 0) pass(milliseconds(2));
    }
  };
  {
    DaemonProcess daemon(folder_, arguments);
    trades(0, kSeconds / 4);
    ASSERT_TRUE(subscriber.wait_distinct(50));
    subscriber.reset();
    trades(kSeconds / 4, kSeconds / 2);
    EXPECT_TRUE(subscriber.wait_distinct(kSeconds / 4));
    EXPECT_TRUE(daemon.wait_errors("the peer acknowledges"));
    kill(daemon);
  }
  trades(kSeconds / 2, kSeconds);
  DaemonProcess daemon(folder_, arguments);
  const std::string newest = std::to_string((DecisionFeed::kFirstSecond + kSeconds - 3) * 1000);
  EXPECT_TRUE(eventually([&] { return subscriber.has(newest + " T0 0") || subscriber.has(newest + " T1 0"); }));
  stop(daemon);
  const DeliveredLines lines = subscriber.lines();
  EXPECT_TRUE(lines.conflicts().empty());
  EXPECT_TRUE(lines.torn().empty());
  // "<ts_ms> <symbol>" → the line with the highest revision.
  std::map<std::string, std::pair<std::uint64_t, std::string>> newest_of;
  std::size_t amendments = 0;
  for (const auto& [key, line] : lines.by_key()) {
    const std::size_t space = key.rfind(' ');
    const std::uint64_t revision = std::stoull(key.substr(space + 1));
    if (revision > 0) ++amendments;
    auto& kept = newest_of[key.substr(0, space)];
    if (kept.second.empty() || revision > kept.first) kept = {revision, line};
  }
  EXPECT_GT(late, 0u);
  EXPECT_GT(amendments, late / 2);
  std::size_t compared = 0;
  const TextTable rows = read_table(
      db_, "SELECT epoch_ms(timestamp) || ' ' || symbol, open, high, low, close, volume, trades FROM ohlc_1s");
  for (const auto& row : rows) {
    const auto found = newest_of.find(row[0]);
    if (found == newest_of.end()) {  // seconds that are open still are stored as far as they are
      EXPECT_GE(std::stoll(row[0]), (DecisionFeed::kFirstSecond + kSeconds - 2) * 1000) << row[0] << " is missing";
      continue;
    }
    ++compared;
    const std::string& line = found->second.second;
    const char* names[] = {"open", "high", "low", "close", "volume", "trades"};
    for (std::size_t i = 0; i < 6; ++i) {
      EXPECT_DOUBLE_EQ(std::stod(std::string(field_of(line, names[i]))), std::stod(row[i + 1])) << line;
    }
  }
  EXPECT_EQ(compared, newest_of.size());
}

// From the start until the file and the subscriber that reads have all decisions, beside another subscriber.
// Nothing: that one is not there.
double seconds_beside(std::optional<Manner> manner, std::size_t decisions, std::uint64_t seed) {
  TempFolder folder;
  DecisionFeed feed(folder, seed);
  feed.grow(decisions);
  Subscriber beside(manner.value_or(Manner::silent), DeliveredLines::Keep::keys);
  if (!manner) beside.die();
  Subscriber other(Manner::silent, DeliveredLines::Keep::keys);
  const auto start = steady_clock::now();
  DaemonProcess daemon(folder, feed.to_the_end({"--decision-sink", beside.spec(), "--decision-sink", other.spec(),
                                                "--decision-sink", "file:decisions.ndjson"}));
  EXPECT_TRUE(other.wait_distinct(decisions));
  const std::chrono::duration<double> taken = steady_clock::now() - start;
  EXPECT_EQ(daemon.wait_exit(), 0);
  DeliveredLines in_file(DeliveredLines::Keep::keys);
  in_file.add_file(folder / "decisions.ndjson");
  EXPECT_EQ(in_file.distinct(), decisions);
  return taken.count();
}

TEST_F(SinkTest, AHangingSubscriberCostsTheOthersNothing) {
  if (!is_long()) GTEST_SKIP() << "takes over a minute and a quiet machine; STREAMD_LONG=1 runs it";
  constexpr std::size_t kDecisions = 200'000;
  const std::vector<std::pair<const char*, std::optional<Manner>>> kinds = {
      {"one that hangs", Manner::hangs}, {"one that is not there", std::nullopt}, {"one that reads", Manner::silent}};
  std::vector<std::vector<double>> seconds(kinds.size());
  for (int round = 0; round < 5; ++round) {
    for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
      seconds[kind].push_back(seconds_beside(kinds[kind].second, kDecisions, seed_));
    }
  }
  for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
    std::sort(seconds[kind].begin(), seconds[kind].end());
    std::cout << kDecisions / seconds[kind][2] << " decisions/s beside " << kinds[kind].first << '\n';
  }
  EXPECT_GE(seconds[1][2] / seconds[0][2], 0.95);
  EXPECT_GE(seconds[2][2] / seconds[0][2], 0.95);
}

// The journal moves on, with nothing for the sink: its spool has marks alone.
TEST_F(SinkTest, ASinkThatHadNoLineHasNothingWaiting) {
  Subscriber subscriber(Manner::silent);
  subscriber.die();
  const auto run = [&](const Arguments& arguments, const std::string& lines) {
    DaemonProcess daemon(folder_, listening(arguments));
    TcpClient client(daemon.port());
    client.send(lines);
    client.finish();
    stop(daemon);
    return daemon.errors();
  };
  run({"--emit-decisions"}, trade_line("A", 1'700'000'000'000, 10, 1) + trade_line("A", 1'700'000'001'000, 10, 1));
  const Arguments sink = {"--emit-decisions", "--decision-sink", subscriber.spec()};
  const std::string late = run(sink, trade_line("A", 1'700'000'000'500, 11, 1));
  EXPECT_EQ(late.find("wait in its spool"), std::string::npos) << late;
  EXPECT_NE(late.find("cannot"), std::string::npos) << late;
  const std::string next = run(sink, trade_line("A", 1'700'000'002'000, 11, 1));
  EXPECT_NE(next.find("wait in its spool"), std::string::npos) << next;
}

}  // namespace
}  // namespace streamd
