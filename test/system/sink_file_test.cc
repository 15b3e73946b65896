// File sinks through kills and rotation, and sinks that come and go with the flags.
#include <stdio.h>

#include <filesystem>

#include "system/sink_fixture.h"
#include "system/stored_bars.h"

namespace streamd {
namespace {

class SinkFileTest : public SinkTest {
 protected:
  bool log_has(const DaemonProcess& daemon, const std::string& text) {
    return daemon.errors().find(text) != std::string::npos;
  }
};

TEST_F(SinkFileTest, RotationAndKillsLoseNoLine) {
  const std::size_t part = is_long() ? 20'000 : 1'500;
  const Arguments arguments = feed_.arguments({"--decision-sink", "file:decisions.ndjson"});
  std::vector<std::string> files;
  std::size_t planted = 0;
  for (int i = 0; i < 4; ++i) {
    DaemonProcess daemon(folder_, arguments);
    for (int rotation = 0; rotation < 3; ++rotation) {
      const std::size_t known = files.size();
      grow(part / 2, 100);
      if (!std::filesystem::exists(file_)) continue;  // the start is not that far
      files.push_back(file_ + "." + std::to_string(known));
      ASSERT_EQ(::rename(file_.c_str(), files.back().c_str()), 0);
      daemon.signal(SIGHUP);
      grow(part / 2, 100);
      ASSERT_TRUE(eventually([&] { return std::filesystem::exists(file_); }));
    }
    grow(part, 100);
    kill(daemon);
    // As a kill in mid-write leaves it.
    if (read_file(file_).ends_with('\n') || read_file(file_).empty()) {
      append_file(file_, "{\"timestamp\":17");
      ++planted;
    }
  }
  {
    DaemonProcess daemon(folder_, arguments);
    const std::string newest = DecisionFeed::key(feed_.bars() - 1);
    EXPECT_TRUE(eventually([&] {
      DeliveredLines lines(DeliveredLines::Keep::keys);
      lines.add_file(file_);
      return lines.has(newest);
    }));
    stop(daemon);
  }
  DeliveredLines lines;
  for (const std::string& path : files) lines.add_file(path);
  lines.add_file(file_);
  EXPECT_GE(files.size(), 6u);
  EXPECT_GE(planted, 1u);
  EXPECT_LE(lines.torn().size(), 4u);  // one for each kill
  EXPECT_GE(lines.torn().size(), planted);
  for (const std::string& torn : lines.torn()) EXPECT_EQ(torn.find("stream_daemon\"}"), std::string::npos) << torn;
  EXPECT_TRUE(read_file(file_).ends_with('\n'));
  expect_every_decision(db_, lines, feed_.bars());
}

TEST_F(SinkFileTest, ASpoolThatNoFlagNamesWaitsForItsSink) {
  constexpr std::size_t kPart = 1'000;
  Subscriber away(Manner::acknowledges);
  away.die();
  const std::string waits = "bytes of lines wait for sink " + away.spec() + ", which no flag names";
  const Arguments with =
      feed_.arguments({"--decision-sink", away.spec(), "--decision-sink", "file:decisions.ndjson"});
  {
    DaemonProcess daemon(folder_, with);
    grow(kPart);
    ASSERT_TRUE(file_has(file_, kPart));
    EXPECT_FALSE(log_has(daemon, waits));
    kill(daemon);
  }
  {
    DaemonProcess daemon(folder_, feed_.arguments({"--decision-sink", "file:decisions.ndjson"}));
    grow(kPart);
    EXPECT_TRUE(file_has(file_, 2 * kPart));
    EXPECT_TRUE(log_has(daemon, waits)) << daemon.errors();
    stop(daemon);
  }
  away.revive();
  DaemonProcess daemon(folder_, with);
  EXPECT_FALSE(log_has(daemon, waits));
  grow(kPart);
  // What came meanwhile is in the journal still.
  EXPECT_TRUE(away.wait_distinct(3 * kPart));
  stop(daemon);
  expect_every_decision(db_, away.lines(), 3 * kPart);
  expect_every_decision(db_, lines_of_file(file_, 1), 3 * kPart);
}

}  // namespace
}  // namespace streamd
