#include "probe/unacked_lines.h"

#include <gtest/gtest.h>

#include <vector>

namespace streamd::probe {
namespace {

std::string line(int seq) { return "{\"symbol\":\"A,\\\"seq\\\":9\",\"price\":1,\"seq\":" + std::to_string(seq) + "}\n"; }

TEST(UnackedLines, WhatIsNotAcknowledgedIsSentAgainOnce) {
  UnackedLines lines;
  lines.add(line(1) + "bad\n" + line(2), 2, 100);
  lines.add(line(3) + line(4), 4, 200);
  std::vector<std::pair<std::uint64_t, std::int64_t>> acked;
  const auto note = [&](std::uint64_t count, std::int64_t sent_ns) { acked.emplace_back(count, sent_ns); };
  EXPECT_EQ(lines.beyond(0).lines, line(1) + line(2) + line(3) + line(4)) << "bad lines have no number";
  EXPECT_EQ(lines.beyond(1).lines, line(2) + line(3) + line(4));
  EXPECT_EQ(lines.beyond(3).count, 1);
  lines.acknowledge(1, note);
  EXPECT_TRUE(acked.empty()) << "not the whole piece";
  EXPECT_EQ(lines.acknowledged(), 1);
  lines.acknowledge(3, note);
  EXPECT_EQ(lines.bytes(), 2 * line(3).size());
  lines.acknowledge(4, note);
  EXPECT_EQ(lines.bytes(), 0);
  ASSERT_EQ(acked.size(), 2);
  EXPECT_EQ(acked[0].second, 100);
  EXPECT_EQ(acked[1].second, 200);
  EXPECT_EQ(acked[0].first + acked[1].first, 4);
  EXPECT_EQ(lines.beyond(lines.acknowledged()).count, 0);
}

TEST(UnackedLines, NoAckIsAwaitedOfLinesWithoutANumber) {
  UnackedLines lines;
  lines.add("bad\n", 0, 100);
  EXPECT_EQ(lines.bytes(), 0);
  lines.add(line(1), 1, 200);
  lines.acknowledge(1, [](std::uint64_t, std::int64_t) {});
  lines.add("bad\n", 1, 300);
  EXPECT_EQ(lines.bytes(), 0) << "the ack of 1 has come already, and no other will";
}

}  // namespace
}  // namespace streamd::probe
