// Kills inside the writing of a spool: what was delivered before comes again byte for byte or not at all, and nothing
// is missing.
#include <iostream>

#include "system/sink_fixture.h"
#include "system/stored_bars.h"

namespace streamd {
namespace {

class SinkCrashTest : public SinkTest {
 protected:
  // Until it dies at that pass of the point.
  void die_at(const std::string& crash_at, const Arguments& arguments, std::size_t bars_at_a_time) {
    DaemonProcess daemon(folder_, arguments, crash_at);
    const auto end = steady_clock::now() + kPatience;
    while (daemon.is_running() && steady_clock::now() < end) {
      feed_.grow(bars_at_a_time);
      pass(milliseconds(2));
    }
    ASSERT_EQ(daemon.wait_exit(), 128 + SIGKILL) << "never died at " << crash_at;
  }
  void finish(const Arguments& arguments, const Subscriber& subscriber) {
    DaemonProcess daemon(folder_, arguments);
    EXPECT_TRUE(subscriber.wait_distinct(feed_.bars()));
    EXPECT_TRUE(file_has(file_, feed_.bars()));
    stop(daemon);
  }
};

TEST_F(SinkCrashTest, KillsInsideASpoolsWriteLoseNothing) {
  Subscriber subscriber(Manner::acknowledges);
  const Arguments arguments = feed_.arguments({"--snapshot-interval", "0.2", "--decision-sink", subscriber.spec(),
                                               "--decision-sink", "file:decisions.ndjson"});
  // Odd passes and even ones hit different sinks.
  std::vector<int> passes = {1, 2, 3, 6, 11, 20, 37};
  for (int i = is_long() ? 60 : 0; i > 0; --i) passes.push_back(1 + static_cast<int>(random_() % 100));
  std::shuffle(passes.begin(), passes.end(), random_);
  DeliveredLines seen;
  for (const int number : passes) {
    ASSERT_NO_FATAL_FAILURE(die_at("spool append:" + std::to_string(number), arguments, 1 + random_() % 30));
    for (const std::string& line : lines_of(read_file(file_))) seen.add(line);
  }
  const std::size_t before = seen.distinct();
  finish(arguments, subscriber);
  seen.add_file(file_);
  std::cout << passes.size() << " kills, " << feed_.bars() << " decisions, " << before
            << " in the file before the last start, " << subscriber.all() - subscriber.distinct() << " came again\n";
  expect_every_decision(db_, seen, feed_.bars());
  expect_every_decision(db_, subscriber.lines(), feed_.bars());
  expect_every_decision(db_, lines_of_file(file_, passes.size()), feed_.bars());
  EXPECT_GE(seen.run_ids().size(), 2u);
}

// To a silent peer, what the kernel had taken may come again: the same bytes.
TEST_F(SinkCrashTest, ToAPeerThatNeverAcknowledgesTheSameLinesComeAgain) {
  Subscriber subscriber(Manner::silent);
  const Arguments arguments =
      feed_.arguments({"--decision-sink", subscriber.spec(), "--decision-sink", "file:decisions.ndjson"});
  for (const int number : {9, 30, 51}) {
    ASSERT_NO_FATAL_FAILURE(die_at("spool append:" + std::to_string(number), arguments, 10));
  }
  finish(arguments, subscriber);
  EXPECT_GT(subscriber.all(), subscriber.distinct());
  expect_every_decision(db_, subscriber.lines(), feed_.bars());
}

// The record that was torn is of a batch that was journalled: it is decided again under its own run.
TEST_F(SinkCrashTest, DecisionsKeepTheRunThatTheyWereMadeIn) {
  Subscriber subscriber(Manner::acknowledges);
  const Arguments arguments =
      feed_.arguments({"--decision-sink", subscriber.spec(), "--decision-sink", "file:decisions.ndjson"});
  ASSERT_NO_FATAL_FAILURE(die_at("spool append:15", arguments, 20));
  DeliveredLines before;
  before.add_file(file_);
  ASSERT_EQ(before.run_ids().size(), 1u);
  const std::string first = *before.run_ids().begin();
  feed_.grow(500);
  finish(arguments, subscriber);
  const DeliveredLines lines = subscriber.lines();
  expect_every_decision(db_, lines, feed_.bars());
  EXPECT_EQ(lines.run_ids().size(), 2u);
  // The first run's come first, and more of them than had left.
  std::size_t of_first = 0;
  bool second_has_begun = false;
  for (std::size_t number = 0; number < feed_.bars(); ++number) {
    const auto found = lines.by_key().find(DecisionFeed::key(number));
    ASSERT_NE(found, lines.by_key().end());
    const bool is_first = field_of(found->second, "run_id") == first;
    EXPECT_FALSE(is_first && second_has_begun) << found->second;
    second_has_begun |= !is_first;
    if (is_first) ++of_first;
  }
  EXPECT_GT(of_first, before.distinct());
  EXPECT_LE(of_first, feed_.bars() - 500);
}

}  // namespace
}  // namespace streamd
