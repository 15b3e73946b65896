#include "wire/reply_reader.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "wire/reply_writer.h"

namespace streamd {
namespace {

constexpr std::uint64_t kLargest = std::numeric_limits<std::uint64_t>::max();

TEST(ReplyReader, ReadsWhatTheDaemonWrites) {
  std::string line;
  append_welcome(line, "r-1", kLargest);
  EXPECT_EQ(read_reply(line).type, "welcome");
  EXPECT_EQ(read_reply(line).run_id, "r-1");
  EXPECT_EQ(read_reply(line).seq, kLargest);
  line.clear();
  append_welcome(line, "r-1", std::nullopt);
  EXPECT_EQ(read_reply(line).seq, 0);
  line.clear();
  append_ack(line, 42);
  EXPECT_EQ(read_reply(line).type, "ack");
  EXPECT_EQ(read_reply(line).seq, 42);
  line.clear();
  append_reject(line, 7, 8, "no \"seq\":9 there");
  EXPECT_EQ(read_reply(line).type, "reject");
  EXPECT_EQ(read_reply(line).seq, 7);
  line.clear();
  append_reject(line, std::nullopt, 8, "no \"seq\":9 there");
  EXPECT_EQ(read_reply(line).seq, 0);
  line.clear();
  append_unauthorized(line);
  EXPECT_EQ(read_reply(line).type, "error");
}

TEST(ReplyReader, WhatIsNoAnswerHasNoType) {
  for (const char* line : {"", "HTTP/1.1 400 Bad Request", "{}", "{\"type\":", "{\"type\":\""}) {
    EXPECT_EQ(read_reply(line).type, "") << line;
    EXPECT_EQ(read_reply(line).seq, 0) << line;
  }
}

}  // namespace
}  // namespace streamd
